//! Rows of SECURITY about refresh tokens.

use std::{collections::HashSet, sync::Arc, time::Duration};

use oauth_types::{Scope, TokenErrorCode};

use crate::{EndCause, Liveness, Refusal, RotateCheck, testing::*};

#[tokio::test]
async fn g14_a_refresh_gives_new_tokens_and_spends_the_old() {
    let world = World::new().await;
    let first = world.live().await;
    let second = world.rotate(&first).await.unwrap();
    assert_ne!(refresh_token(&first), refresh_token(&second));
    assert_ne!(first.access_token, second.access_token);
    assert_eq!(
        (second.grant, &second.scope, second.expires_in),
        (first.grant, &first.scope, first.expires_in)
    );
    world.advance(60);
    assert_eq!(refused(world.rotate(&first).await), Refusal::Ended(EndCause::RefreshReuse));
}

#[tokio::test]
async fn g15_an_older_generation_ends_the_grant_before_the_answer() {
    let world = World::new().await;
    let first = world.live().await;
    let second = world.rotate(&first).await.unwrap();
    let third = world.rotate(&second).await.unwrap();
    // Within the window, but the successor has been used.
    assert_eq!(refused(world.rotate(&first).await), Refusal::Ended(EndCause::RefreshReuse));
    assert_eq!(world.grants.is_live(&first.grant), Liveness::Ended);
    assert_eq!(refused(world.rotate(&third).await), Refusal::Ended(EndCause::RefreshReuse));
    assert_eq!(world.events.causes(), [EndCause::RefreshReuse]);
}

#[tokio::test]
async fn g16_g29_a_lost_response_is_answered_again_with_the_same_successor() {
    for (window, age, repeated) in
        [(60, 0, true), (60, 59, true), (60, 60, false), (0, 0, false), (300, 299, true)]
    {
        let world = World::with(|it| it.retry_window = Duration::from_secs(window)).await;
        let first = world.live().await;
        let second = world.rotate(&first).await.unwrap();
        world.advance(age);
        let again = world.rotate(&first).await;
        assert_eq!(again.is_ok(), repeated, "window {window}, {age} s later");
        if let Ok(again) = again {
            assert_eq!(refresh_token(&again), refresh_token(&second));
            assert!(world.rotate(&again).await.is_ok());
        } else {
            assert_eq!(world.grants.is_live(&first.grant), Liveness::Ended);
        }
    }
}

#[tokio::test]
async fn g16_the_answer_is_the_same_after_a_change_of_the_master_key() {
    let world = World::new().await;
    let first = world.live().await;
    let second = world.rotate(&first).await.unwrap();
    let world = World::on(world.store.clone(), master(2), [master(1)], NOW, |_| {}).await;
    let again = world.rotate(&first).await.unwrap();
    assert_eq!(refresh_token(&again), refresh_token(&second));
    let third = world.rotate(&second).await.unwrap();
    // The new key made the third; the old one may leave now.
    let world = World::on(world.store.clone(), master(2), [master(1)], NOW, |_| {}).await;
    assert!(world.rotate(&third).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn g18_a_hundred_parallel_refreshes_leave_one_successor() {
    let world = Arc::new(World::new().await);
    let mut tokens = world.live().await;
    for _ in 0..10 {
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (world, tokens) = (Arc::clone(&world), tokens.clone());
            attempts.spawn(async move { world.rotate(&tokens).await });
        }
        let outcomes = attempts.join_all().await;
        let successors: HashSet<_> =
            outcomes.iter().map(|it| refresh_token(it.as_ref().unwrap()).to_owned()).collect();
        assert_eq!(successors.len(), 1);
        tokens = outcomes.into_iter().next().unwrap().unwrap();
    }
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);
    assert_eq!(world.events.causes(), []);
}

#[tokio::test]
async fn g19_g20_generations_decide_with_a_clock_that_stands_still_and_after_a_restart() {
    let (mut rotations, mut reuses) = (0, 0);
    for generations in 2..12 {
        let world = World::new().await;
        let mut tokens = vec![world.live().await];
        for present in 0..generations {
            tokens.push(world.rotate(&tokens[present]).await.unwrap());
            rotations += 1;
        }
        let world = world.restarted().await;
        let oldest = &tokens[0];
        assert_eq!(world.grants.is_live(&oldest.grant), Liveness::Live);
        assert_eq!(refused(world.rotate(oldest).await), Refusal::Ended(EndCause::RefreshReuse));
        reuses += 1;
        let world = world.restarted().await;
        assert_eq!(world.grants.is_live(&oldest.grant), Liveness::Ended);
    }
    println!(
        "FI-25: {rotations} rotations by a clock that stands still; {reuses} reuses, each of which ended its grant"
    );
}

#[tokio::test]
async fn fi25_a_clock_that_is_set_back_does_not_stretch_the_window() {
    for (back, repeated) in [(30, true), (3600, false)] {
        let world = World::new().await;
        let first = world.live().await;
        world.advance(7200);
        world.rotate(&first).await.unwrap();
        world.clock.set(NOW + Duration::from_secs(7200 - back));
        assert_eq!(world.rotate(&first).await.is_ok(), repeated, "{back} s back");
    }
}

#[tokio::test]
async fn l09_a_token_from_after_the_backup_ends_the_grant() {
    let world = World::new().await;
    let first = world.live().await;
    let key = super::super::record::key(&first.grant);
    let backup =
        storage::RecordStore::get(&*world.store, super::super::record::TABLE, &key).await.unwrap().unwrap();
    let second = world.rotate(&first).await.unwrap();
    storage::RecordStore::put(&*world.store, super::super::record::TABLE, &key, backup.record).await.unwrap();
    assert_eq!(refused(world.rotate(&second).await), Refusal::Ended(EndCause::StoreRolledBack));
    assert_eq!(refused(world.rotate(&first).await), Refusal::Ended(EndCause::StoreRolledBack));
}

#[tokio::test]
async fn g22_another_client_changes_nothing_with_a_refresh_token() {
    let world = World::new().await;
    let first = world.live().await;
    let second = world.rotate(&first).await.unwrap();
    world.advance(120);
    let other = "client-b".parse().unwrap();
    for tokens in [&first, &second] {
        let outcome = world.grants.rotate(refresh_token(tokens), rotate_check(&other)).await;
        assert_eq!(refused(outcome), Refusal::WrongClient);
    }
    assert!(world.rotate(&second).await.is_ok());
}

#[tokio::test]
async fn g23_scope_is_narrowed_to_what_was_granted() {
    let world = World::new().await;
    let mut tokens = world.live().await;
    let client = client();
    for (asked, granted) in [
        ("mcp", Some("mcp")),
        ("mcp files:read files:write", Some("files:read mcp")),
        ("mcp offline_access", Some("mcp")),
        ("offline_access", Some("files:read mcp")),
        ("", Some("files:read mcp")),
        ("files:write", None),
        ("files:write offline_access", None),
    ] {
        let scope: Scope = asked.parse().unwrap();
        let check = RotateCheck { scope: Some(&scope), ..rotate_check(&client) };
        match world.grants.rotate(refresh_token(&tokens), check).await {
            Ok(issued) => {
                assert_eq!(Some(&*issued.scope.to_string()), granted, "{asked}");
                tokens = issued;
            }
            outcome => {
                let refusal = refused(outcome);
                assert_eq!((refusal.error_code(), granted), (TokenErrorCode::InvalidScope, None), "{asked}");
            }
        }
    }
    // Narrowing holds for one access token, not for the grant.
    assert_eq!(world.rotate(&tokens).await.unwrap().scope.to_string(), "files:read mcp");
}

#[tokio::test]
async fn g24_a_resource_outside_the_grant_is_refused_before_anything_changes() {
    let world = World::new().await;
    let tokens = world.live().await;
    let (client, other) = (client(), ["https://mcp.example/other".parse().unwrap()]);
    let before = world.store.operations();
    let outcome = world
        .grants
        .rotate(refresh_token(&tokens), RotateCheck { resources: &other, ..rotate_check(&client) })
        .await;
    assert_eq!(refused(outcome).error_code(), TokenErrorCode::InvalidTarget);
    assert_eq!(world.store.operations() - before, 1, "one read");
    let own = [resource()];
    let check = RotateCheck { resources: &own, ..rotate_check(&client) };
    assert!(world.grants.rotate(refresh_token(&tokens), check).await.is_ok());
}

#[tokio::test]
async fn g26_g34_what_is_not_authentic_is_not_even_looked_up() {
    let world = World::new().await;
    let tokens = world.live().await;
    let text = refresh_token(&tokens).to_owned();
    let code = world.code().await;
    let elsewhere = World::on(Arc::new(storage::MemoryStore::new()), master(9), [], NOW, |_| {}).await;
    let foreign = elsewhere.live().await;
    let mut bad: Vec<String> = (4..text.len())
        .map(|index| {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        })
        .collect();
    bad.extend((0..text.len()).map(|length| text[..length].to_owned()));
    bad.extend([
        format!("{text}A"),
        "a".repeat(1 << 20),
        code.expose().to_owned(),
        tokens.access_token.expose().to_owned(),
        refresh_token(&foreign).to_owned(),
    ]);
    let (before, client) = (world.store.operations(), client());
    for text in bad {
        let outcome = world.grants.rotate(&text, rotate_check(&client)).await;
        assert_eq!(refused(outcome), Refusal::Unknown, "{text:.90}");
    }
    assert_eq!(world.store.operations(), before, "no lookup");
    assert!(world.rotate(&tokens).await.is_ok());
}
