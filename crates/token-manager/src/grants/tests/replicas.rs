//! Several processes on one store.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use futures_util::FutureExt;
use oauth_types::{Principal, UnixTime};
use storage::MemoryStore;

use crate::{
    DirectGrant, EndCause, GrantSettings, Liveness, Refusal, RevokeSelector, liveness::Doubt, testing::*,
};

/// Two processes, and what each hears of the other.
struct Scene {
    ours: World,
    theirs: World,
    feed: Arc<TestFeed>,
}

impl Scene {
    async fn new() -> Self {
        Self::stale_after(Duration::from_secs(3600)).await
    }

    async fn stale_after(stale_after: Duration) -> Self {
        Self::with(|_| {}, |it| it.stale_after = stale_after).await
    }

    async fn with(ours: impl FnOnce(&mut GrantSettings), theirs: impl FnOnce(&mut GrantSettings)) -> Self {
        let store = Arc::new(MemoryStore::new());
        let feed = TestFeed::of(&store);
        let ours = World::replica(store.clone(), TestFeed::of(&store), ours).await;
        let theirs = World::replica(store, feed.clone(), theirs).await;
        Self { ours, theirs, feed }
    }

    /// What the other process does every second.
    async fn look(&self) {
        self.theirs.grants.shared.catch_up().await.unwrap();
    }
}

#[tokio::test]
async fn a_grant_is_good_everywhere_as_soon_as_its_tokens_are_out() {
    let scene = Scene::new().await;
    let tokens = scene.ours.live().await;
    assert_eq!(scene.theirs.grants.is_live(&tokens.grant), Liveness::Ended, "memory does not know it yet");
    assert_eq!(scene.theirs.grants.ask(&tokens.grant).await, Liveness::Live);
    assert_eq!(scene.theirs.grants.is_live(&tokens.grant), Liveness::Live);
}

#[tokio::test]
async fn k08_fi14_an_end_counts_at_the_other_process_with_its_next_look() {
    let scene = Scene::new().await;
    let tokens = scene.ours.live().await;
    scene.look().await;
    let watch = scene.theirs.grants.watch_end(&tokens.grant).unwrap();
    scene.look().await;
    assert!(!watch.token().is_cancelled(), "nothing has ended");
    let selector = RevokeSelector::Principal(person("1"));
    assert_eq!(scene.ours.grants.revoke(&selector, EndCause::OperatorRevoked).await.unwrap(), 1);
    scene.look().await;
    assert_eq!(scene.theirs.grants.is_live(&tokens.grant), Liveness::Ended);
    assert_eq!(scene.theirs.grants.ask(&tokens.grant).await, Liveness::Ended);
    assert!(watch.token().is_cancelled(), "what was open has ended");
    assert_eq!(scene.ours.events.causes(), [EndCause::OperatorRevoked], "told of once");
    assert_eq!(scene.theirs.events.causes(), [], "by whoever ended it");
}

#[tokio::test]
async fn a_code_of_one_process_is_redeemed_once_at_any() {
    let scene = Scene::new().await;
    let code = scene.ours.code().await;
    let tokens = scene.theirs.redeem(&code).await.unwrap();
    assert_eq!(scene.ours.grants.ask(&tokens.grant).await, Liveness::Live);
    assert_eq!(
        refused(scene.ours.redeem(&code).await),
        Refusal::Ended(EndCause::CodeReuse),
        "a second use ends it"
    );
    scene.look().await;
    assert_eq!(scene.theirs.grants.ask(&tokens.grant).await, Liveness::Ended);
}

#[tokio::test]
async fn g15_fi05_a_stolen_refresh_token_ends_the_grant_at_every_process() {
    let scene = Scene::new().await;
    let first = scene.ours.live().await;
    let second = scene.theirs.rotate(&first).await.unwrap();
    let third = scene.ours.rotate(&second).await.unwrap();
    refused(scene.theirs.rotate(&first).await);
    assert_eq!(scene.theirs.grants.ask(&third.grant).await, Liveness::Ended);
    refused(scene.ours.rotate(&third).await);
    assert_eq!(scene.ours.grants.ask(&third.grant).await, Liveness::Ended);
    let told = [scene.ours.events.causes(), scene.theirs.events.causes()].concat();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn whoever_ends_all_of_a_person_ends_what_was_given_elsewhere_a_moment_ago() {
    let scene = Scene::new().await;
    let tokens = scene.ours.live().await;
    let code = scene.ours.code().await;
    let selector = RevokeSelector::Principal(person("1"));
    assert_eq!(scene.theirs.grants.revoke(&selector, EndCause::OperatorRevoked).await.unwrap(), 2);
    refused(scene.ours.redeem(&code).await);
    refused(scene.ours.rotate(&tokens).await);
    assert_eq!(scene.theirs.events.causes(), [EndCause::OperatorRevoked; 2]);
}

#[tokio::test]
async fn whoever_looks_at_grants_sees_what_was_given_elsewhere_a_moment_ago() {
    for way in ["list", "find", "inspect"] {
        let scene = Scene::new().await;
        let tokens = scene.ours.live().await;
        let theirs = &scene.theirs.grants;
        let seen = match way {
            "list" => theirs.list(&RevokeSelector::All).await.unwrap().len(),
            "find" => theirs.find(tokens.grant).await.unwrap().iter().len(),
            _ => theirs.inspect_refresh_token(refresh_token(&tokens)).await.unwrap().iter().len(),
        };
        assert_eq!(seen, 1, "{way}");
    }
}

#[tokio::test]
async fn however_many_ask_at_once_the_store_is_asked_once_or_twice() {
    let scene = Scene::new().await;
    let tokens = scene.ours.live().await;
    let before = scene.feed.looks.load(Relaxed);
    let held = scene.feed.holds.acquire().await.unwrap();
    let mut asking: Vec<_> = (0..50).map(|_| Box::pin(scene.theirs.grants.ask(&tokens.grant))).collect();
    for it in &mut asking {
        assert!(it.as_mut().now_or_never().is_none());
    }
    drop(held);
    for it in asking {
        assert_eq!(it.await, Liveness::Live);
    }
    let looks = scene.feed.looks.load(Relaxed) - before;
    assert!((1..=2).contains(&looks), "{looks} looks for 50 who asked");
}

#[tokio::test]
async fn g21_an_end_is_not_undone_by_a_look_that_read_the_store_before() {
    let scene = Scene::new().await;
    let tokens = scene.ours.live().await;
    let held = scene.feed.holds.acquire().await.unwrap();
    let mut look = Box::pin(scene.theirs.grants.shared.catch_up());
    assert!(look.as_mut().now_or_never().is_none(), "it has read that the grant lives");
    let id = tokens.grant;
    scene.theirs.grants.revoke_for_client(id, &client()).await.unwrap();
    drop(held);
    look.await.unwrap();
    assert_eq!(scene.theirs.grants.is_live(&id), Liveness::Ended);
    assert_eq!(scene.theirs.events.causes(), [EndCause::ClientRevoked]);
}

#[tokio::test]
async fn l18_who_does_not_hear_of_others_for_too_long_takes_no_token() {
    let scene = Scene::stale_after(Duration::from_millis(50)).await;
    let tokens = scene.ours.live().await;
    let heard = |expected: Liveness| {
        let grants = scene.theirs.grants.clone();
        async move {
            while grants.ask(&tokens.grant).await != expected {
                tokio::task::yield_now().await;
            }
        }
    };
    scene.look().await;
    assert_eq!(scene.theirs.grants.ask(&tokens.grant).await, Liveness::Live);
    scene.feed.is_cut.store(true, Relaxed);
    heard(Liveness::Unknown).await;
    assert_eq!(scene.theirs.grants.is_live(&tokens.grant), Liveness::Unknown);
    assert!(!scene.theirs.grants.is_up_to_date() && scene.ours.grants.is_up_to_date());
    scene.feed.is_cut.store(false, Relaxed);
    scene.look().await;
    assert_eq!(scene.theirs.grants.ask(&tokens.grant).await, Liveness::Live, "heard of them again");
}

#[tokio::test]
async fn who_asks_for_an_unknown_grant_while_the_store_is_gone_is_told_so() {
    let scene = Scene::new().await;
    let tokens = scene.ours.live().await;
    scene.feed.is_cut.store(true, Relaxed);
    assert_eq!(scene.theirs.grants.ask(&tokens.grant).await, Liveness::Unknown);
    scene.feed.is_cut.store(false, Relaxed);
    assert_eq!(scene.theirs.grants.ask(&tokens.grant).await, Liveness::Live);
}

#[tokio::test]
async fn a_look_that_was_given_up_harms_nobody_who_waits() {
    let scene = Scene::new().await;
    let tokens = scene.ours.live().await;
    let held = scene.feed.holds.acquire().await.unwrap();
    let mut given_up = Box::pin(scene.theirs.grants.ask(&tokens.grant));
    assert!(given_up.as_mut().now_or_never().is_none());
    let mut waiting = Box::pin(scene.theirs.grants.ask(&tokens.grant));
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(given_up);
    drop(held);
    assert_eq!(waiting.await, Liveness::Live);
}

#[tokio::test]
async fn a_session_does_not_forget_a_grant_that_another_process_is_about_to_make() {
    let scene = Scene::new().await;
    let fresh = scene.ours.grants.draw_id();
    let id = fresh.id();
    assert_eq!(scene.theirs.grants.seen_at(&id), Some(UnixTime::EPOCH));
    drop(fresh);
    assert_eq!(scene.ours.grants.seen_at(&id), Some(UnixTime::EPOCH), "nor can the own process tell yet");
    scene.theirs.advance(600);
    assert_eq!(scene.theirs.grants.seen_at(&id), None);
}

#[tokio::test]
async fn a_process_that_starts_knows_what_lives() {
    let scene = Scene::new().await;
    let (live, ended) = (scene.ours.live().await, scene.ours.live().await);
    scene.ours.grants.revoke_for_client(ended.grant, &client()).await.unwrap();
    let third = World::replica(scene.ours.store.clone(), scene.feed.clone(), |_| {}).await;
    assert_eq!(third.grants.is_live(&live.grant), Liveness::Live);
    assert_eq!(third.grants.is_live(&ended.grant), Liveness::Ended);
}

#[tokio::test]
async fn a_session_forgets_no_grant_while_nothing_is_heard_of_other_processes() {
    let scene = Scene::stale_after(Duration::from_millis(50)).await;
    scene.look().await;
    scene.feed.is_cut.store(true, Relaxed);
    let grant = scene.ours.live().await.grant;
    assert_eq!(scene.theirs.grants.seen_at(&grant), Some(UnixTime::EPOCH));
    scene.theirs.advance(3600);
    while scene.theirs.grants.is_live(&grant) != Liveness::Unknown {
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.theirs.grants.seen_at(&grant), Some(UnixTime::EPOCH), "it may live elsewhere");
}

#[tokio::test]
async fn k06_a_grant_that_is_used_at_one_process_is_not_idle_at_another() {
    let idle = |it: &mut GrantSettings| it.idle_timeout = Duration::from_secs(300);
    let scene = Scene::with(idle, idle).await;
    let grant = scene.ours.live().await.grant;
    for _ in 0..40 {
        for process in [&scene.ours, &scene.theirs] {
            process.advance(30);
        }
        assert_eq!(scene.ours.grants.ask(&grant).await, Liveness::Live);
        assert_eq!(scene.theirs.grants.list(&RevokeSelector::All).await.unwrap().len(), 1);
        scene.theirs.grants.upkeep().once().await.unwrap();
        scene.ours.grants.upkeep().once().await.unwrap();
    }
}

#[tokio::test]
async fn g27_an_end_in_doubt_is_told_of_although_the_feed_is_faster() {
    let scene = Scene::new().await;
    let grant = scene.ours.live().await.grant;
    scene.look().await;
    drop(scene.theirs.grants.shared.index.begin(&grant, Doubt::Ended));
    // What nobody waited for is in the store after all.
    scene.ours.grants.revoke_for_client(grant, &client()).await.unwrap();
    scene.look().await;
    assert_eq!(scene.theirs.grants.is_live(&grant), Liveness::Ended);
    scene.theirs.grants.upkeep().once().await.unwrap();
    assert_eq!(scene.theirs.events.causes(), [EndCause::ClientRevoked]);
    assert_eq!(scene.theirs.grants.count(), (0, 0));
}

#[tokio::test]
async fn l22_a_process_does_not_note_grants_of_machines_for_ever() {
    let scene = Scene::new().await;
    for _ in 0..5 {
        for _ in 0..50 {
            let new = DirectGrant {
                client_id: client(),
                principal: Principal::of_client(&client()).unwrap(),
                scope: "mcp".parse().unwrap(),
                resource: resource(),
                key: None,
                rests_on: None,
            };
            scene.ours.grants.issue_tokens(new).await.unwrap();
        }
        scene.look().await;
        for process in [&scene.ours, &scene.theirs] {
            process.advance(7200);
        }
    }
    let noted = scene.theirs.grants.shared.machines.noted(&client());
    assert!(noted <= 128, "{noted}");
}
