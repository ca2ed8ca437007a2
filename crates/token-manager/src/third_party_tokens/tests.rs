use std::{
    future::pending,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

use async_trait::async_trait;
use oauth_types::{ProviderId, SystemEntropy};
use storage::Fault;
use test_support::log;
use tokio::task::JoinHandle;

use super::*;
use crate::{EndCause, Liveness, RevokeSelector, testing::*};

/// A third party that rotates refresh tokens, and says what the test wants.
#[derive(Debug)]
struct ThirdParty {
    calls: AtomicU64,
    /// The one refresh token that is good.
    good: Mutex<String>,
    failure: Mutex<Option<RefreshFailure>>,
    lifetime: Option<Duration>,
}

#[async_trait]
impl Refresher for ThirdParty {
    async fn refresh(
        &self,
        provider: &ProviderId,
        _session: &SessionKey,
        refresh_token: &ThirdPartyRefreshToken,
    ) -> Result<RefreshedTokens, RefreshFailure> {
        assert_eq!(provider.as_str(), "github");
        let call = self.calls.fetch_add(1, SeqCst) + 1;
        tokio::task::yield_now().await;
        if let Some(failure) = *self.failure.lock().unwrap() {
            return Err(failure);
        }
        let mut good = self.good.lock().unwrap();
        if *good != refresh_token.expose() {
            return Err(RefreshFailure::Ended);
        }
        *good = format!("refresh-{call}");
        Ok(RefreshedTokens {
            access_token: ThirdPartyAccessToken::new(format!("access-{call}")),
            refresh_token: Some(ThirdPartyRefreshToken::new(good.clone())),
            expires_in: self.lifetime,
            scope: None,
        })
    }
}

struct Scene {
    world: World,
    third_party: Arc<ThirdParty>,
    tokens: ThirdPartyTokens,
    keeper: JoinHandle<()>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Scene {
    async fn new() -> Self {
        Self::on(World::new().await).await
    }

    async fn on(world: World) -> Self {
        let third_party = Arc::new(ThirdParty {
            calls: AtomicU64::new(0),
            good: Mutex::new("refresh-0".to_owned()),
            failure: Mutex::new(None),
            lifetime: Some(Duration::from_secs(3600)),
        });
        let scene = Self::replica(world, third_party);
        let keep_until = NOW + Duration::from_secs(1_000_000);
        scene.tokens.store(&session(), token_set(), keep_until).await.unwrap();
        scene
    }

    /// Another process on the same store, or the same one after a restart.
    fn replica(world: World, third_party: Arc<ThirdParty>) -> Self {
        Self::replica_until(pending(), world, third_party)
    }

    fn replica_until(
        stop: impl Future<Output = ()> + Send + 'static,
        world: World,
        third_party: Arc<ThirdParty>,
    ) -> Self {
        let parts = ThirdPartyTokenParts {
            store: world.store.clone(),
            ring: world.ring.clone(),
            refresher: third_party.clone(),
            grants: world.grants.clone(),
            clock: world.clock.clone(),
            entropy: Arc::new(SystemEntropy),
        };
        let (tokens, keeper) = ThirdPartyTokens::new(parts, ThirdPartyTokenSettings::default());
        let keeper = tokio::spawn(keeper.run(tokio::time::sleep, stop));
        Self { world, third_party, tokens, keeper }
    }

    async fn access(&self) -> Result<String, ThirdPartyTokenError> {
        self.tokens.access_token(&session()).await.map(|it| it.expose().to_owned())
    }

    fn fail(&self, failure: Option<RefreshFailure>) {
        *self.third_party.failure.lock().unwrap() = failure;
    }

    fn calls(&self) -> u64 {
        self.third_party.calls.load(SeqCst)
    }
}

fn token_set() -> TokenSet {
    TokenSet {
        provider: "github".parse().unwrap(),
        access_token: ThirdPartyAccessToken::new("access-0".to_owned()),
        refresh_token: Some(ThirdPartyRefreshToken::new("refresh-0".to_owned())),
        expires_at: Some(NOW + Duration::from_secs(3600)),
        scope: "repo".parse().unwrap(),
    }
}

const TEMPORARY: RefreshFailure = RefreshFailure::Temporary { retry_after: None };

#[tokio::test(start_paused = true)]
async fn a_token_is_refreshed_ahead_of_its_end() {
    for (age, expected) in [(3299, "access-0"), (3300, "access-1"), (4000, "access-1")] {
        let scene = Scene::new().await;
        scene.world.advance(age);
        assert_eq!(scene.access().await.as_deref(), Ok(expected), "at {age} s");
        assert_eq!(scene.access().await.as_deref(), Ok(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn the_keeper_refreshes_without_being_asked() {
    let scene = Scene::new().await;
    for hour in 1..5 {
        scene.world.advance(3300);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(scene.calls(), hour);
    }
    let again = Scene::replica(scene.world.restarted().await, scene.third_party.clone());
    again.world.advance(3300);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.calls(), 5, "after a restart too");
}

#[tokio::test(start_paused = true)]
async fn k01_what_the_third_party_ends_is_ended_here() {
    let scene = Scene::new().await;
    let grant = scene.world.live().await;
    let other = {
        let new = crate::NewGrant { session: Some(SessionKey::new([9]).unwrap()), ..new_grant() };
        let (_, code) = scene.world.grants.issue_code(new).await.unwrap();
        scene.world.redeem(&code).await.unwrap()
    };
    scene.fail(Some(RefreshFailure::Ended));
    scene.world.advance(3600);
    assert_eq!(scene.access().await, Err(ThirdPartyTokenError::Ended(EndCause::ThirdPartyEnded)));
    assert_eq!(scene.world.grants.is_live(&grant.grant), Liveness::Ended);
    assert_eq!(scene.world.grants.is_live(&other.grant), Liveness::Live);
    assert_eq!(scene.world.events.causes(), [EndCause::ThirdPartyEnded]);
    assert_eq!(scene.access().await, Err(ThirdPartyTokenError::Unknown));
}

#[tokio::test(start_paused = true)]
async fn k02_trouble_at_the_third_party_ends_nothing() {
    let scene = Scene::new().await;
    let grant = scene.world.live().await;
    scene.fail(Some(TEMPORARY));
    scene.world.advance(3400);
    assert_eq!(scene.access().await.as_deref(), Ok("access-0"), "the old one as long as it holds");
    assert_eq!(scene.access().await.as_deref(), Ok("access-0"));
    assert_eq!(scene.calls(), 1, "and nobody asks again at once");
    scene.world.advance(200);
    let error = scene.access().await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    assert_eq!(scene.world.grants.is_live(&grant.grant), Liveness::Live);
    scene.fail(None);
    scene.world.advance(300);
    assert!(scene.access().await.unwrap().starts_with("access-"));
    assert_eq!(scene.world.events.causes(), []);
}

#[tokio::test(start_paused = true)]
async fn k02_retry_after_is_kept_to() {
    let scene = Scene::new().await;
    scene.fail(Some(RefreshFailure::Temporary { retry_after: Some(Duration::from_secs(90)) }));
    scene.world.advance(3600);
    let wait = Duration::from_secs(90);
    assert_eq!(scene.access().await, Err(ThirdPartyTokenError::ThirdParty { retry_after: wait }));
    scene.fail(None);
    scene.world.advance(89);
    assert!(scene.access().await.is_err());
    scene.world.advance(1);
    assert_eq!(scene.access().await.as_deref(), Ok("access-2"));
}

#[tokio::test(start_paused = true)]
async fn k03_new_tokens_are_stored_before_anybody_gets_them_and_never_lost() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        for n in 1.. {
            let scene = Scene::new().await;
            scene.world.advance(3600);
            scene.world.store.fail_nth(n, fault);
            let outcome = scene.access().await;
            let reached = !scene.world.store.is_pending();
            scene.world.store.fail_nth(u64::MAX, fault);
            if let Err(error) = &outcome {
                assert!(error.is_temporary(), "{error}");
                scene.world.advance(1);
                assert_eq!(scene.access().await.as_deref(), Ok("access-1"), "{fault:?} at {n}");
            }
            assert_eq!(scene.calls(), 1, "the old refresh token is not used again, {fault:?} at {n}");
            let stored = scene.tokens.take(&session()).await.unwrap().unwrap();
            assert_eq!(stored.refresh_token.unwrap().expose(), *scene.third_party.good.lock().unwrap());
            if !reached {
                assert!(outcome.is_ok());
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn k03_a_crash_between_answer_and_store_ends_the_grant_with_its_reason() {
    for (takes_old, expected) in [(true, None), (false, Some(EndCause::ThirdPartyRefreshLost))] {
        let scene = crashed_after_the_answer().await;
        let grant = scene.world.live().await;
        if takes_old {
            *scene.third_party.good.lock().unwrap() = "refresh-0".to_owned();
        }
        let again = Scene::replica(scene.world.restarted().await, scene.third_party.clone());
        assert!(again.access().await.unwrap_err().is_temporary(), "the lease still holds");
        assert_eq!(again.calls(), 1);
        again.world.advance(61);
        let outcome = again.access().await;
        assert_eq!(outcome.err(), expected.map(ThirdPartyTokenError::Ended));
        let live = if takes_old { Liveness::Live } else { Liveness::Ended };
        assert_eq!(again.world.grants.is_live(&grant.grant), live);
    }
}

/// A process that took the lease, asked the third party, and was no more when the answer came.
async fn crashed_after_the_answer() -> Scene {
    for n in 1.. {
        let scene = Scene::new().await;
        scene.world.advance(3600);
        scene.world.store.fail_nth(n, Fault::Refused);
        let failed = scene.access().await.is_err();
        scene.world.store.fail_nth(u64::MAX, Fault::Refused);
        let stored = scene.tokens.shared.read(&session()).await.unwrap().unwrap();
        let old = stored.tokens.refresh_token == token_set().refresh_token;
        let rotated = *scene.third_party.good.lock().unwrap() == "refresh-1";
        if failed && rotated && old {
            scene.keeper.abort();
            return scene;
        }
        assert!(n < 20, "no operation comes after the answer");
    }
    unreachable!()
}

/// The process alone has the new refresh token, and ends in good order before it tries again.
#[tokio::test(start_paused = true)]
async fn k03_a_stop_stores_what_could_not_be_stored_before() {
    let mut lost_without_it = 0;
    for n in 1..20 {
        let first = Scene::new().await;
        first.keeper.abort();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { stopped.await.unwrap_or(()) };
        let mut scene =
            Scene::replica_until(stopped, first.world.restarted().await, first.third_party.clone());
        scene.world.advance(3600);
        scene.world.store.fail_nth(n, Fault::Refused);
        let _ = scene.access().await;
        scene.world.store.fail_nth(u64::MAX, Fault::Refused);
        let present = scene.third_party.good.lock().unwrap().clone();
        let stored =
            async || scene.tokens.shared.read(&session()).await.unwrap().unwrap().tokens.refresh_token;
        lost_without_it += u32::from(stored().await.unwrap().expose() != present);
        stop.send(()).unwrap();
        (&mut scene.keeper).await.unwrap();
        let present = scene.third_party.good.lock().unwrap().clone();
        assert_eq!(stored().await.unwrap().expose(), present, "at {n}");
    }
    assert_eq!(lost_without_it, 1, "one operation comes after the answer");
}

/// Whether tokens that could not be stored were given up, after `between` has had its turn.
async fn given_up(fault: Fault, between: impl AsyncFnOnce(&Scene)) -> bool {
    let scene = Scene::new().await;
    log::listen("token_manager::third_party_tokens");
    tokio::time::sleep(Duration::from_secs(2)).await;
    scene.world.advance(3300);
    // A read; the lease, which is a read and a change; and what is given then.
    scene.world.store.fail_nth(4, fault);
    assert_eq!(scene.access().await.as_deref(), Ok("access-0"), "as long as it holds");
    assert_eq!((scene.calls(), scene.world.store.is_pending()), (1, false));
    between(&scene).await;
    scene.world.advance(240);
    let _ = scene.access().await;
    // The keeper tries again by itself.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!scene.tokens.shared.has_unsaved(&session()));
    log::take().iter().any(|it| it.message.contains("given up"))
}

#[tokio::test(start_paused = true)]
async fn l17_after_a_lost_answer_tokens_know_their_own_write_and_are_given_up_for_that_of_others() {
    assert!(!given_up(Fault::AnswerLost, async |_| ()).await, "they are there");
    assert!(!given_up(Fault::Refused, async |_| ()).await, "they are stored now");
    let others = async |scene: &Scene| {
        scene.tokens.store(&session(), token_set(), NOW + Duration::from_secs(1_000_000)).await.unwrap();
    };
    assert!(given_up(Fault::Refused, others).await);
}

#[tokio::test(start_paused = true)]
async fn k03_after_an_outage_of_the_store_others_let_the_holder_of_a_lease_store_what_it_was_given() {
    let store = Arc::new(storage::MemoryStore::new());
    let feed = TestFeed::of(&store);
    let first = Scene::on(World::replica(store.clone(), TestFeed::of(&store), |_| {}).await).await;
    let brief = |it: &mut crate::GrantSettings| it.stale_after = Duration::from_millis(50);
    let second = World::replica(store, feed.clone(), brief).await;
    let second = Scene::replica(second, first.third_party.clone());
    tokio::time::sleep(Duration::from_secs(2)).await;
    first.world.advance(3300);
    feed.is_cut.store(true, SeqCst);
    // A read, then the lease, which is a read and a change; what follows is not stored.
    first.world.store.fail_nth(4, Fault::Refused);
    assert_eq!(first.access().await.as_deref(), Ok("access-0"), "as long as it holds");
    assert_eq!((first.calls(), first.world.store.is_pending()), (1, false));

    std::thread::sleep(Duration::from_millis(60));
    feed.is_cut.store(false, SeqCst);
    let grants = &second.world.grants;
    assert_eq!(grants.list(&RevokeSelector::All).await.unwrap().len(), 0, "the store is back");
    second.world.advance(3300 + 61);
    assert_eq!(second.access().await.as_deref(), Ok("access-0"), "the lease is over, and left alone");

    first.world.advance(1);
    assert_eq!(first.access().await.as_deref(), Ok("access-1"));
    second.world.advance(60);
    assert_eq!(second.access().await.as_deref(), Ok("access-1"));
    assert_eq!(first.calls(), 1, "the old refresh token is not used again");
}

#[tokio::test(start_paused = true)]
async fn k04_fifty_calls_on_three_replicas_refresh_once() {
    let first = Scene::new().await;
    first.world.advance(3600);
    let second = Scene::replica(first.world.restarted().await, first.third_party.clone());
    let third = Scene::replica(first.world.restarted().await, first.third_party.clone());
    let mut calls = tokio::task::JoinSet::new();
    for scene in [&first, &second, &third] {
        for _ in 0..50 {
            let tokens = scene.tokens.clone();
            calls.spawn(async move { tokens.access_token(&session()).await });
        }
    }
    for outcome in calls.join_all().await {
        assert_eq!(outcome.unwrap().expose(), "access-1");
    }
    assert_eq!(first.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_does_not_stop_the_refresh() {
    let scene = Scene::new().await;
    scene.world.advance(3600);
    let tokens = scene.tokens.clone();
    let caller = tokio::spawn(async move { tokens.access_token(&session()).await });
    while scene.calls() == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    assert_eq!(scene.access().await.as_deref(), Ok("access-1"));
    assert_eq!(scene.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_what_was_begun() {
    let world = World::new().await;
    let Scene { third_party, .. } = &Scene::new().await;
    let parts = ThirdPartyTokenParts {
        store: world.store.clone(),
        ring: world.ring.clone(),
        refresher: third_party.clone(),
        grants: world.grants.clone(),
        clock: world.clock.clone(),
        entropy: Arc::new(SystemEntropy),
    };
    let (tokens, keeper) = ThirdPartyTokens::new(parts, ThirdPartyTokenSettings::default());
    let (stop, stopped) = oneshot::channel::<()>();
    let keeper = tokio::spawn(keeper.run(tokio::time::sleep, async {
        let _ = stopped.await;
    }));
    tokens.store(&session(), token_set(), NOW + Duration::from_secs(1_000_000)).await.unwrap();
    world.advance(3600);
    let caller = {
        let tokens = tokens.clone();
        tokio::spawn(async move { tokens.access_token(&session()).await })
    };
    while third_party.calls.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    keeper.await.unwrap();
    assert_eq!(caller.await.unwrap().unwrap().expose(), "access-1");
    world.advance(3600);
    assert_eq!(tokens.access_token(&session()).await, Err(ThirdPartyTokenError::Stopped));
}

#[tokio::test(start_paused = true)]
async fn tokens_that_cannot_be_refreshed_are_good_to_their_end_and_take_no_grant_with_them() {
    let scene = Scene::new().await;
    let grant = scene.world.live().await;
    let endless = TokenSet { expires_at: None, refresh_token: None, ..token_set() };
    let keep_until = NOW + Duration::from_secs(1_000_000);
    scene.tokens.store(&session(), endless, keep_until).await.unwrap();
    scene.world.advance(100_000);
    assert_eq!(scene.access().await.as_deref(), Ok("access-0"));
    let now = scene.world.clock.as_ref().now();
    let ending =
        TokenSet { expires_at: Some(now + Duration::from_secs(60)), refresh_token: None, ..token_set() };
    scene.tokens.store(&session(), ending, keep_until).await.unwrap();
    scene.world.advance(59);
    assert_eq!(scene.access().await.as_deref(), Ok("access-0"));
    scene.world.advance(1);
    assert_eq!(scene.access().await, Err(ThirdPartyTokenError::Expired));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.access().await, Err(ThirdPartyTokenError::Expired));
    assert_eq!(scene.world.grants.is_live(&grant.grant), Liveness::Live);
    assert_eq!(scene.calls(), 0);

    // The next sign-in brings a good one.
    let fresh = TokenSet { expires_at: Some(now + Duration::from_secs(3600)), ..token_set() };
    scene.tokens.renew(&session(), fresh, keep_until).await.unwrap();
    assert_eq!(scene.access().await.as_deref(), Ok("access-0"));
}

#[tokio::test(start_paused = true)]
async fn l12_m02_third_party_tokens_are_sealed_and_not_printed() {
    let scene = Scene::new().await;
    let found = scene.world.store.get(record::TABLE, session().as_key()).await.unwrap().unwrap();
    for secret in ["access-0", "refresh-0"] {
        assert!(!found.record.body.windows(secret.len()).any(|it| it == secret.as_bytes()));
    }
    let stored = scene.tokens.shared.open(&session(), &found).unwrap();
    let printed = format!("{stored:?} {:?} {:?}", scene.tokens, token_set());
    assert!(!printed.contains("access-0") && !printed.contains("refresh-0"), "{printed}");
}

#[tokio::test(start_paused = true)]
async fn l08_tokens_of_another_session_do_not_open_here() {
    let scene = Scene::new().await;
    let record = scene.world.store.get(record::TABLE, session().as_key()).await.unwrap().unwrap().record;
    let elsewhere = SessionKey::new([9]).unwrap();
    scene.world.store.put(record::TABLE, elsewhere.as_key(), record).await.unwrap();
    let outcome = scene.tokens.access_token(&elsewhere).await;
    assert_eq!(outcome, Err(ThirdPartyTokenError::Sealed(crate::OpenError::Forged)));
    assert!(scene.access().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn l08_earlier_tokens_of_the_same_session_do_not_open_again() {
    let scene = Scene::new().await;
    let store = scene.world.store.as_ref();
    let earlier = body_of(store, record::TABLE, session().as_key()).await;
    scene.world.advance(3600);
    assert_eq!(scene.access().await.unwrap(), "access-1");
    let present = body_of(store, record::TABLE, session().as_key()).await;

    put_body(store, record::TABLE, session().as_key(), earlier).await;
    let outcome = scene.tokens.access_token(&session()).await;
    assert_eq!(outcome, Err(ThirdPartyTokenError::Sealed(crate::OpenError::Forged)));
    put_body(store, record::TABLE, session().as_key(), present).await;
    assert_eq!(scene.access().await.unwrap(), "access-1");
}

#[tokio::test(start_paused = true)]
async fn a_new_sign_in_wins_over_a_refresh_of_the_old() {
    let scene = Scene::new().await;
    scene.world.advance(3600);
    let tokens = scene.tokens.clone();
    let caller = tokio::spawn(async move { tokens.access_token(&session()).await });
    while scene.calls() == 0 {
        tokio::task::yield_now().await;
    }
    let fresh = TokenSet {
        access_token: ThirdPartyAccessToken::new("access-new".to_owned()),
        expires_at: None,
        ..token_set()
    };
    scene.tokens.store(&session(), fresh, NOW + Duration::from_secs(1_000_000)).await.unwrap();
    assert_eq!(caller.await.unwrap().unwrap().expose(), "access-new");
    assert_eq!(scene.access().await.as_deref(), Ok("access-new"));
}

/// What the session has as its refresh token.
async fn refresh_token(scene: &Scene) -> Option<String> {
    let stored = scene.tokens.shared.read(&session()).await.unwrap().unwrap();
    stored.tokens.refresh_token.map(|it| it.expose().to_owned())
}

#[tokio::test]
async fn j16_a_sign_in_without_refresh_token_keeps_the_one_of_the_same_session() {
    let scene = Scene::new().await;
    let keep_until = NOW + Duration::from_secs(1_000_000);
    let access = |text: &str| ThirdPartyAccessToken::new(text.to_owned());
    let without = TokenSet { access_token: access("again"), refresh_token: None, ..token_set() };
    scene.tokens.renew(&session(), without.clone(), keep_until).await.unwrap();
    assert_eq!(scene.access().await.unwrap(), "again");
    assert_eq!(refresh_token(&scene).await.as_deref(), Some("refresh-0"));

    // One that came with the sign-in takes the old one's place.
    let new = Some(ThirdPartyRefreshToken::new("refresh-new".to_owned()));
    let with = TokenSet { refresh_token: new, ..without.clone() };
    scene.tokens.renew(&session(), with, keep_until).await.unwrap();
    assert_eq!(refresh_token(&scene).await.as_deref(), Some("refresh-new"));

    // Another third party's is worth nothing here, and another session's is another person's.
    let elsewhere = TokenSet { provider: "gitlab".parse().unwrap(), ..without.clone() };
    scene.tokens.renew(&session(), elsewhere, keep_until).await.unwrap();
    assert_eq!(refresh_token(&scene).await, None);
    let other = SessionKey::new([8; 32]).unwrap();
    scene.tokens.renew(&other, without, keep_until).await.unwrap();
    assert_eq!(scene.tokens.take(&other).await.unwrap().unwrap().refresh_token, None);
}

#[tokio::test]
async fn j16_a_refresh_under_way_gives_the_refresh_token_to_keep() {
    let scene = Scene::new().await;
    scene.world.advance(3500);
    let keep_until = NOW + Duration::from_secs(1_000_000);
    let access_token = ThirdPartyAccessToken::new("again".to_owned());
    let without = TokenSet { access_token, refresh_token: None, ..token_set() };
    let waiting = scene.tokens.clone();
    let waiting = tokio::spawn(async move { waiting.access_token(&session()).await });
    while scene.calls() == 0 {
        tokio::task::yield_now().await;
    }
    scene.tokens.renew(&session(), without, keep_until).await.unwrap();
    waiting.await.unwrap().unwrap();
    let good = scene.third_party.good.lock().unwrap().clone();
    assert_eq!((refresh_token(&scene).await, scene.calls()), (Some(good), 1));
}

/// Asks for another token in the place of `refused`.
async fn replace(scene: &Scene, refused: &str) -> Result<String, ThirdPartyTokenError> {
    let refused = ThirdPartyAccessToken::new(refused.to_owned());
    scene.tokens.replace_refused(&session(), &refused).await.map(|it| it.expose().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_refreshed_at_once_whatever_its_end_and_once() {
    for expires_at in [token_set().expires_at, None] {
        let scene = Scene::new().await;
        let keep_until = NOW + Duration::from_secs(1_000_000);
        scene.tokens.store(&session(), TokenSet { expires_at, ..token_set() }, keep_until).await.unwrap();
        let (one, other) = tokio::join!(replace(&scene, "access-0"), replace(&scene, "access-0"));
        assert_eq!((one.as_deref(), other.as_deref()), (Ok("access-1"), Ok("access-1")));
        assert_eq!(replace(&scene, "access-0").await.as_deref(), Ok("access-1"), "it has been replaced");
        assert_eq!(scene.calls(), 1);
        assert_eq!(scene.access().await.as_deref(), Ok("access-1"));
        assert_eq!(replace(&scene, "access-1").await.as_deref(), Ok("access-2"));
    }
}

#[tokio::test(start_paused = true)]
async fn k01_a_refused_token_whose_refresh_is_refused_too_ends_the_grants() {
    let scene = Scene::new().await;
    let grant = scene.world.live().await;
    scene.fail(Some(RefreshFailure::Ended));
    let outcome = replace(&scene, "access-0").await;
    assert_eq!(outcome, Err(ThirdPartyTokenError::Ended(EndCause::ThirdPartyEnded)));
    assert_eq!(scene.world.grants.is_live(&grant.grant), Liveness::Ended);
    assert_eq!(replace(&scene, "access-0").await, Err(ThirdPartyTokenError::Unknown));
}

#[tokio::test(start_paused = true)]
async fn k02_a_refused_token_that_cannot_be_refreshed_ends_nothing() {
    let scene = Scene::new().await;
    let grant = scene.world.live().await;
    scene.fail(Some(TEMPORARY));
    assert!(replace(&scene, "access-0").await.unwrap_err().is_temporary());
    // Another try is due, and the old token is there as long as it holds.
    assert_eq!(scene.access().await.as_deref(), Ok("access-0"));
    scene.fail(None);
    scene.world.advance(60);
    assert_eq!(scene.access().await.as_deref(), Ok("access-2"));

    let without = TokenSet { refresh_token: None, ..token_set() };
    scene.tokens.store(&session(), without, NOW + Duration::from_secs(1_000_000)).await.unwrap();
    assert_eq!(replace(&scene, "access-0").await, Err(ThirdPartyTokenError::Expired));
    assert_eq!(scene.world.grants.is_live(&grant.grant), Liveness::Live);
}
