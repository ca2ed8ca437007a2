//! Rows of SECURITY about how long grants last.

use std::time::Duration;

use oauth_types::Clock;
use storage::RecordStore;

use super::super::record;
use crate::{EndCause, GrantSettings, Liveness, Refusal, Unavailable, testing::*};

#[tokio::test]
async fn g25_k06_a_grant_ends_at_its_absolute_age_however_often_it_rotates() {
    let world = World::with(|it| it.absolute_timeout = Duration::from_secs(10 * 3600)).await;
    let mut tokens = world.live().await;
    for _ in 0..9 {
        world.advance(3600);
        tokens = world.rotate(&tokens).await.unwrap();
        assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);
    }
    world.advance(3600);
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Ended);
    assert_eq!(refused(world.rotate(&tokens).await), Refusal::Ended(EndCause::AbsoluteTimeout));
    assert_eq!(world.events.causes(), [EndCause::AbsoluteTimeout]);
}

#[tokio::test]
async fn g25_k06_an_unused_grant_ends_and_a_used_one_does_not() {
    for (used, cause) in [(true, None), (false, Some(EndCause::IdleTimeout))] {
        let world = World::with(|it| it.idle_timeout = Duration::from_secs(7200)).await;
        let tokens = world.live().await;
        for _ in 0..3 {
            world.advance(3600);
            if used {
                assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);
            }
            world.grants.upkeep().once().await.unwrap();
        }
        assert_eq!(world.events.causes(), Vec::from_iter(cause));
        assert_eq!(world.rotate(&tokens).await.is_ok(), used);
    }
}

#[tokio::test]
async fn k06_use_is_remembered_across_a_restart() {
    let world = World::with(|it| it.idle_timeout = Duration::from_secs(7200)).await;
    let tokens = world.live().await;
    world.advance(6000);
    assert_eq!(world.grants.is_live(&tokens.grant), Liveness::Live);
    world.grants.upkeep().once().await.unwrap();
    let again =
        World::on(world.store.clone(), master(1), [], world.clock.now() + Duration::from_secs(6000), |it| {
            it.idle_timeout = Duration::from_secs(7200);
        })
        .await;
    assert_eq!(again.grants.is_live(&tokens.grant), Liveness::Live);
}

#[tokio::test]
async fn g30_a_grant_in_its_last_minute_is_refused_cleanly() {
    for (left, expected) in [(60, None), (59, Some(Refusal::Expired))] {
        let world = World::with(|it| it.absolute_timeout = Duration::from_secs(3600)).await;
        let tokens = world.live().await;
        world.advance(3600 - left);
        match world.rotate(&tokens).await {
            Ok(issued) => assert_eq!((issued.expires_in.as_secs(), expected), (left, None)),
            outcome => assert_eq!(Some(refused(outcome)), expected),
        }
    }
}

#[tokio::test]
async fn l21_a_tombstone_stays_until_the_absolute_end_and_then_goes() {
    let world = World::with(|it| it.absolute_timeout = Duration::from_secs(24 * 3600)).await;
    let first = world.live().await;
    let second = world.rotate(&first).await.unwrap();
    world.advance(120);
    assert_eq!(refused(world.rotate(&first).await), Refusal::Ended(EndCause::RefreshReuse));
    let (key, upkeep) = (record::key(&first.grant), world.grants.upkeep());

    world.advance(24 * 3600 - 121);
    upkeep.once().await.unwrap();
    assert!(world.store.get(record::TABLE, &key).await.unwrap().is_some());
    assert_eq!(refused(world.rotate(&second).await), Refusal::Ended(EndCause::RefreshReuse));

    world.advance(3601);
    upkeep.once().await.unwrap();
    assert!(world.store.get(record::TABLE, &key).await.unwrap().is_none());
    assert_eq!(refused(world.rotate(&second).await), Refusal::Unknown);
}

#[tokio::test]
async fn l21_l22_codes_that_nobody_redeemed_go() {
    let world = World::new().await;
    for _ in 0..1000 {
        world.code().await;
    }
    assert_eq!(world.grants.count(), (0, 1000));
    world.advance(3600);
    world.grants.upkeep().once().await.unwrap();
    assert_eq!(world.grants.count(), (0, 0));
    assert_eq!(world.store.scan(record::TABLE, None, 10).await.unwrap(), []);
    assert_eq!(world.events.causes(), []);
}

#[tokio::test]
async fn l06_l21_a_grant_that_cannot_be_read_stops_neither_notes_of_use_nor_the_sweep() {
    for readable in [true, false] {
        let world = World::with(|it| it.idle_timeout = Duration::from_secs(7200)).await;
        let (overdue, used) = (world.live().await, world.live().await);
        let (passing, _) = world.grants.issue_code(new_grant()).await.unwrap();
        let stored = async |id| world.store.get(record::TABLE, &record::key(&id)).await.unwrap();
        if !readable {
            let mut broken = stored(overdue.grant).await.unwrap().record;
            broken.body[0] = 9;
            world.store.put(record::TABLE, &record::key(&overdue.grant), broken).await.unwrap();
        }
        world.advance(3600);
        assert_eq!(world.grants.is_live(&used.grant), Liveness::Live);
        world.advance(3600);
        let before = stored(used.grant).await;
        let outcome = world.grants.upkeep().once().await;
        match outcome {
            Ok(()) => assert!(readable),
            Err(Unavailable::Record(id)) => assert!(!readable && id == overdue.grant),
            Err(other) => panic!("{other}"),
        }
        assert_ne!(stored(used.grant).await, before, "its use was noted");
        assert_eq!(stored(passing).await, None, "the code was swept");
        assert_eq!(world.events.causes(), Vec::from_iter(readable.then_some(EndCause::IdleTimeout)));
    }
}

#[test]
fn settings_have_ranges() {
    #[track_caller]
    fn check(change: impl Fn(&mut GrantSettings), expected: Option<&str>) {
        let mut settings = GrantSettings::new(ISSUER.parse().unwrap());
        change(&mut settings);
        assert_eq!(settings.check().err().map(|it| it.name), expected);
    }
    check(|_| {}, None);
    check(|it| it.retry_window = Duration::ZERO, None);
    check(|it| it.retry_window = Duration::from_secs(300), None);
    check(|it| it.retry_window = Duration::from_secs(301), Some("retry_window"));
    check(|it| it.code_lifetime = Duration::from_secs(9), Some("code_lifetime"));
    check(|it| it.access_token_lifetime = Duration::from_secs(59), Some("access_token_lifetime"));
    check(|it| it.access_token_lifetime = Duration::from_secs(86_401), Some("access_token_lifetime"));
    check(|it| it.idle_timeout = Duration::from_secs(299), Some("idle_timeout"));
    check(|it| it.absolute_timeout = Duration::from_secs(299), Some("absolute_timeout"));
}
