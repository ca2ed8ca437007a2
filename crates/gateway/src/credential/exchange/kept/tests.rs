use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures_util::future::join_all;
use oauth_types::ManualClock;
use tokio::sync::Notify;

use super::*;

const ALICE: Key = [1; 32];
const BOB: Key = [2; 32];

struct World {
    clock: Arc<ManualClock>,
    kept: Kept,
    fetched: AtomicUsize,
}

impl World {
    fn new(most: usize) -> Self {
        let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(1000)));
        let kept = Kept::new(Arc::<ManualClock>::clone(&clock), most);
        Self { clock, kept, fetched: AtomicUsize::new(0) }
    }

    /// A credential that is good for 100 seconds, numbered by the fetches so far.
    #[expect(clippy::unused_async, reason = "it counts when somebody waits for it")]
    async fn fetch(&self) -> Result<Exchanged, CredentialError> {
        let number = self.fetched.fetch_add(1, SeqCst) + 1;
        Ok(Exchanged {
            token: UpstreamToken::new(format!("token-{number}")),
            lifetime: Duration::from_secs(100),
        })
    }

    #[expect(clippy::unused_async, reason = "it counts when somebody waits for it")]
    async fn fail(&self, error: CredentialError) -> Result<Exchanged, CredentialError> {
        self.fetched.fetch_add(1, SeqCst);
        Err(error)
    }

    async fn obtain(&self, key: Key) -> String {
        self.kept.obtain(key, self.fetch()).await.unwrap().expose().to_owned()
    }

    fn fetched(&self) -> usize {
        self.fetched.load(SeqCst)
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn unavailable() -> CredentialError {
    CredentialError::unavailable("no answer")
}

#[tokio::test]
async fn e30_each_person_has_their_own() {
    let world = World::new(10);
    assert_eq!(world.obtain(ALICE).await, "token-1");
    assert_eq!(world.obtain(BOB).await, "token-2");
    assert_eq!(world.obtain(ALICE).await, "token-1");
    assert_eq!(world.fetched(), 2);
}

#[tokio::test]
async fn a_credential_is_fetched_again_before_it_ends() {
    let world = World::new(10);
    world.obtain(ALICE).await;
    world.pass(74);
    assert_eq!(world.obtain(ALICE).await, "token-1");
    world.pass(1);
    assert_eq!(world.obtain(ALICE).await, "token-2");
    world.pass(100);
    assert_eq!(world.obtain(ALICE).await, "token-3");
}

#[tokio::test]
async fn k04_one_fetches_and_the_others_wait_for_it_or_go_on_with_what_is_good() {
    let world = World::new(10);
    let release = Notify::new();
    let slow = || async {
        release.notified().await;
        world.fetch().await
    };
    let all = join_all((0..50).map(|_| world.kept.obtain(ALICE, slow())));
    let (tokens, ()) = tokio::join!(all, async { release.notify_one() });
    assert!(tokens.into_iter().all(|it| it.unwrap().expose() == "token-1"));
    assert_eq!(world.fetched(), 1);

    world.pass(80);
    let refreshing = world.kept.obtain(ALICE, slow());
    tokio::pin!(refreshing);
    assert!(futures_util::poll!(&mut refreshing).is_pending());
    assert_eq!(world.obtain(ALICE).await, "token-1");
    release.notify_one();
    assert_eq!(refreshing.await.unwrap().expose(), "token-2");
    assert_eq!(world.fetched(), 2);
}

#[tokio::test]
async fn who_leaves_while_fetching_keeps_nobody_waiting() {
    let world = World::new(10);
    {
        let leaving = world.kept.obtain(ALICE, std::future::pending());
        tokio::pin!(leaving);
        assert!(futures_util::poll!(&mut leaving).is_pending());
    }
    assert_eq!(world.obtain(ALICE).await, "token-1");
}

#[tokio::test]
async fn a_good_credential_outlasts_an_outage_but_not_a_refusal() {
    let world = World::new(10);
    world.obtain(ALICE).await;
    world.pass(80);
    let token = world.kept.obtain(ALICE, world.fail(unavailable())).await;
    assert_eq!(token.unwrap().expose(), "token-1");
    // For a while nobody asks again.
    world.pass(1);
    assert_eq!(world.obtain(ALICE).await, "token-1");
    assert_eq!(world.fetched(), 2);
    world.pass(18);
    let ended = world.kept.obtain(ALICE, world.fail(CredentialError::ended("invalid_grant"))).await;
    // Until the end of the pause it is good; then the refusal counts.
    assert_eq!(ended.unwrap().expose(), "token-1");
    world.pass(1);
    let ended = world.kept.obtain(ALICE, world.fail(CredentialError::ended("invalid_grant"))).await;
    assert_eq!(ended.unwrap_err().reason, Reason::CredentialRefused);
    assert_eq!(world.obtain(ALICE).await, "token-4");
}

#[tokio::test]
async fn a_person_who_is_refused_ahead_of_the_end_has_none_at_once() {
    let world = World::new(10);
    world.obtain(ALICE).await;
    world.pass(80);
    let denied = world.kept.obtain(ALICE, world.fail(CredentialError::denied("access_denied"))).await;
    assert_eq!(denied.unwrap_err().reason, Reason::CredentialDenied);
}

#[tokio::test]
async fn those_who_waited_for_an_outage_do_not_ask_again() {
    let world = World::new(10);
    let all = join_all((0..20).map(|_| world.kept.obtain(ALICE, world.fail(unavailable()))));
    assert!(all.await.into_iter().all(|it| it.unwrap_err().reason == Reason::CredentialUnavailable));
    assert_eq!(world.fetched(), 1);
    world.pass(2);
    assert_eq!(world.obtain(ALICE).await, "token-2");
}

#[tokio::test]
async fn e48_a_refused_credential_is_replaced_once_for_all_who_were_refused() {
    let world = World::new(10);
    let first = world.kept.obtain(ALICE, world.fetch()).await.unwrap();
    let all = join_all((0..50).map(|_| world.kept.replace(ALICE, &first, world.fetch())));
    assert!(all.await.into_iter().all(|it| it.unwrap().expose() == "token-2"));
    assert_eq!(world.fetched(), 2);
    assert_eq!(world.obtain(ALICE).await, "token-2");
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let world = World::new(3);
    for number in 0..100 {
        world.obtain([number; 32]).await;
    }
    assert!(world.kept.entries.lock().unwrap().len() <= 3);
    // The youngest may be gone, but whoever comes gets one.
    assert!(world.obtain([99; 32]).await.starts_with("token-"));
}
