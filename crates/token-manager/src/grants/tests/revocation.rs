//! Rows of SECURITY about ending grants.

use std::sync::Arc;

use crate::{EndCause, GrantSummary, Liveness, NewGrant, Refusal, RevokeSelector, SessionKey, testing::*};

async fn live(world: &World, change: impl Fn(&mut NewGrant)) -> crate::IssuedTokens {
    let mut new = new_grant();
    change(&mut new);
    let check_client = new.client_id.clone();
    let (_, code) = world.grants.issue_code(new).await.unwrap();
    world.grants.redeem(code.expose(), redeem_check(&check_client)).await.unwrap()
}

/// Revokes among grants that differ in one thing each, and sees which are left.
async fn check(selector: impl Fn(&[crate::IssuedTokens]) -> RevokeSelector, left: [bool; 4]) {
    let world = World::new().await;
    let grants = [
        live(&world, |_| {}).await,
        live(&world, |it| it.principal = person("2")).await,
        live(&world, |it| it.client_id = "client-b".parse().unwrap()).await,
        live(&world, |it| it.session = Some(SessionKey::new([8; 32]).unwrap())).await,
    ];
    let selector = selector(&grants);
    let ended = world.grants.revoke(&selector, EndCause::OperatorRevoked).await.unwrap();
    let alive: Vec<_> = grants.iter().map(|it| world.grants.is_live(&it.grant) == Liveness::Live).collect();
    assert_eq!(alive, left, "{selector:?}");
    assert_eq!(ended, left.iter().filter(|it| !**it).count());
    assert_eq!(world.events.causes(), vec![EndCause::OperatorRevoked; ended]);
    assert_eq!(world.grants.revoke(&selector, EndCause::SignedOut).await.unwrap(), 0, "only once");
    let again = world.restarted().await;
    let alive: Vec<_> = grants.iter().map(|it| again.grants.is_live(&it.grant) == Liveness::Live).collect();
    assert_eq!(alive, left, "after a restart, {selector:?}");
}

#[tokio::test]
async fn k08_k12_each_selector_ends_what_it_names() {
    check(|it| RevokeSelector::Grant(it[1].grant), [true, false, true, true]).await;
    check(|it| RevokeSelector::GrantOf(it[1].grant, person("2")), [true, false, true, true]).await;
    check(|it| RevokeSelector::GrantOf(it[1].grant, person("1")), [true; 4]).await;
    check(|_| RevokeSelector::Principal(person("1")), [false, true, false, false]).await;
    check(|_| RevokeSelector::Client(client()), [false, false, true, false]).await;
    check(|_| RevokeSelector::Connection(person("1"), client()), [false, true, true, false]).await;
    check(|_| RevokeSelector::Session(session()), [false, false, false, true]).await;
    check(|_| RevokeSelector::All, [false; 4]).await;
}

#[tokio::test]
async fn g21_g38_a_code_that_waits_is_revoked_too() {
    let world = World::new().await;
    let code = world.code().await;
    let person = RevokeSelector::Principal(person("1"));
    assert_eq!(world.grants.revoke(&person, EndCause::NotAllowed).await.unwrap(), 1);
    assert_eq!(refused(world.redeem(&code).await), Refusal::Ended(EndCause::NotAllowed));
}

#[tokio::test(flavor = "multi_thread")]
async fn g21_a_refresh_that_races_a_revocation_ends_revoked() {
    for round in 0..50 {
        let world = Arc::new(World::new().await);
        let code = world.code().await;
        let tokens = if round % 2 == 0 { Some(world.redeem(&code).await.unwrap()) } else { None };
        let mut racers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (world, tokens, code) = (Arc::clone(&world), tokens.clone(), code.clone());
            racers.spawn(async move {
                let outcome = match &tokens {
                    Some(tokens) => world.rotate(tokens).await,
                    None => world.redeem(&code).await,
                };
                outcome.ok()
            });
        }
        world.grants.revoke(&RevokeSelector::Principal(person("1")), EndCause::SignedOut).await.unwrap();
        let won = racers.join_all().await.into_iter().flatten();
        for tokens in won.chain(tokens) {
            assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Ended);
            assert!(matches!(refused(world.rotate(&tokens).await), Refusal::Ended(_)));
        }
        assert_eq!(world.events.causes().len(), 1);
        assert_eq!(world.grants.count(), (0, 0));
    }
}

#[tokio::test]
async fn g33_a_client_can_give_back_its_own_tokens_only() {
    let world = World::new().await;
    let first = world.live().await;
    let second = world.rotate(&first).await.unwrap();
    let other = "client-b".parse().unwrap();
    assert!(!world.grants.revoke_refresh_token("rt1.unknown", &client()).await.unwrap());
    assert!(!world.grants.revoke_refresh_token(refresh_token(&second), &other).await.unwrap());
    assert!(!world.grants.revoke_for_client(second.grant, &other).await.unwrap());
    assert_eq!(world.grants.is_live(&first.grant), Liveness::Live);

    world.store.set_down(true);
    assert!(world.grants.revoke_refresh_token(refresh_token(&second), &client()).await.is_err());
    world.store.set_down(false);
    assert_eq!(world.grants.is_live(&first.grant), Liveness::Live);

    assert!(
        world.grants.revoke_refresh_token(refresh_token(&first), &client()).await.unwrap(),
        "any generation"
    );
    assert_eq!(refused(world.rotate(&second).await), Refusal::Ended(EndCause::ClientRevoked));
    let third = world.live().await;
    assert!(world.grants.revoke_for_client(third.grant, &client()).await.unwrap());
    assert_eq!(world.grants.is_live(&third.grant), Liveness::Ended);
}

#[tokio::test]
async fn k08_open_streams_learn_of_the_end() {
    let world = World::new().await;
    let (tokens, other) = (world.live().await, world.live().await);
    let watches =
        [world.grants.watch_end(&tokens.grant).unwrap(), world.grants.watch_end(&tokens.grant).unwrap()];
    let unconcerned = world.grants.watch_end(&other.grant).unwrap();
    drop(world.grants.watch_end(&tokens.grant));
    assert!(!watches[0].token().is_cancelled());
    world.grants.revoke(&RevokeSelector::Grant(tokens.grant), EndCause::PersonRevoked).await.unwrap();
    for watch in &watches {
        watch.ended().await;
    }
    assert!(!unconcerned.token().is_cancelled());
    assert!(world.grants.watch_end(&tokens.grant).is_none());
}

#[tokio::test]
async fn k10_k12_a_person_sees_their_own_live_grants() {
    let world = World::new().await;
    let tokens = world.live().await;
    live(&world, |it| it.principal = person("2")).await;
    world.code().await;
    world.advance(600);
    let _ = world.grants.is_live(&tokens.grant);
    world.advance(600);
    let expected = GrantSummary {
        id: tokens.grant,
        client_id: client(),
        principal: person("1"),
        scope: "files:read mcp".parse().unwrap(),
        resource: resource(),
        session: Some(session()),
        created_at: NOW,
        last_used_at: NOW + std::time::Duration::from_secs(600),
        expires_at: NOW + std::time::Duration::from_secs(180 * 24 * 3600),
    };
    let listed = world.grants.list(&RevokeSelector::Principal(person("1"))).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&expected));
    assert_eq!(world.grants.find(tokens.grant).await.unwrap(), Some(expected.clone()));
    assert_eq!(world.grants.inspect_refresh_token(refresh_token(&tokens)).await.unwrap(), Some(expected));
    world.grants.revoke(&RevokeSelector::Grant(tokens.grant), EndCause::PersonRevoked).await.unwrap();
    assert_eq!(world.grants.list(&RevokeSelector::Principal(person("1"))).await.unwrap(), []);
    assert_eq!(world.grants.inspect_refresh_token(refresh_token(&tokens)).await.unwrap(), None);
}

#[tokio::test]
async fn a_client_has_grants_as_long_as_one_lives_or_may() {
    let world = World::new().await;
    assert!(!world.grants.has_live_grants(&client()).await.unwrap());
    let code = world.code().await;
    assert!(world.grants.has_live_grants(&client()).await.unwrap());
    assert!(!world.grants.has_live_grants(&"client-b".parse().unwrap()).await.unwrap());
    let tokens = world.redeem(&code).await.unwrap();
    world.advance(120);
    assert!(world.grants.has_live_grants(&client()).await.unwrap());
    world.grants.revoke(&RevokeSelector::Grant(tokens.grant), EndCause::PersonRevoked).await.unwrap();
    assert!(!world.grants.has_live_grants(&client()).await.unwrap());
    world.code().await;
    world.advance(60);
    assert!(!world.grants.has_live_grants(&client()).await.unwrap(), "the code is over");
}
