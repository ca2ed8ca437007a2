//! The background work of the authorization server, and its orderly end.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use oauth_types::{Clock, UnixTime};
use session_binding::{ThirdPartySessionId, UnusedSession};
use storage::{RecordStore, StoreError};
use token_manager::{GrantEnded, GrantFollower, Jwks, SigningKeyRotator, ThirdPartyTokenKeeper, Upkeep};
use token_validate::{KeySet, SharedKeys};
use tokio::{
    sync::{mpsc, watch},
    task::{JoinError, JoinHandle},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{
    Registered,
    adapters::{Foundations, NotEnded},
};

/// What is to be done in the background for as long as the process lives.
#[derive(Debug)]
#[must_use = "nothing is done until it is spawned"]
pub(crate) struct Work {
    pub(super) upkeep: Upkeep,
    pub(super) follower: GrantFollower,
    pub(super) rotator: SigningKeyRotator,
    pub(super) keeper: ThirdPartyTokenKeeper,
    pub(super) published: watch::Receiver<Jwks>,
    pub(super) keys: SharedKeys,
    pub(super) ended: mpsc::Receiver<GrantEnded>,
    pub(super) foundations: Foundations,
    pub(super) registered: Registered,
    /// The store of what need not survive, which nobody else sweeps.
    pub(super) passing: Arc<dyn RecordStore>,
    pub(super) clock: Arc<dyn Clock>,
}

/// The work going on.
#[derive(Debug)]
pub(crate) struct Tasks {
    stop: CancellationToken,
    running: Vec<(&'static str, JoinHandle<()>)>,
    /// Stops last: the others end grants until their own stop.
    follower: (CancellationToken, JoinHandle<()>),
}

impl Work {
    /// Begins all of it; must be called within a Tokio runtime.
    pub(crate) fn spawn(self) -> Tasks {
        let stop = CancellationToken::new();
        let Self { upkeep, follower, rotator, keeper, published, keys, ended, .. } = self;
        let Self { foundations, registered, passing, clock, .. } = self;
        let looks = look_again(foundations.clone(), Arc::clone(&clock));
        let rules = follow_rules(foundations.clone());
        let walk = walk(foundations.clone(), passing, clock);
        let keeper_stop = stop.clone();
        let keeper = async move { keeper.run(sleep, keeper_stop.cancelled_owned()).await };
        let running = vec![
            ("walk over sessions", until(&stop, walk)),
            ("looks at persons", until(&stop, looks)),
            ("rules of new configurations", until(&stop, rules)),
            ("sweep of registered clients", until(&stop, sweep_clients(registered))),
            ("upkeep", until(&stop, upkeep.run(sleep))),
            ("follower of other gateways", until(&stop, follower.run(sleep))),
            ("rotation of signing keys", until(&stop, rotator.run(sleep))),
            ("publication of signing keys", until(&stop, follow_keys(published, keys))),
            // Finishes what it has begun: a refresh token may be spent.
            ("keeper of third-party tokens", tokio::spawn(keeper)),
        ];
        let last = CancellationToken::new();
        let follower = tokio::spawn(follow_ends(ended, foundations, last.clone()));
        Tasks { stop, running, follower: (last, follower) }
    }
}

impl Tasks {
    /// Stops the work and waits for it.
    ///
    /// To be called when no request is under way any more, and before the store is let go.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        for (name, task) in self.running {
            ended_well(name, task.await);
        }
        let (last, follower) = self.follower;
        last.cancel();
        ended_well("ends of grants", follower.await);
    }
}

fn ended_well(name: &'static str, outcome: Result<(), JoinError>) {
    if let Err(error) = outcome {
        tracing::error!(task = name, %error, "a background task panicked");
    }
}

/// Spawns `work`, which stops wherever it is: each of its steps is one change of the store, or can be done again.
fn until(stop: &CancellationToken, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    })
}

/// Hands each new set of signing keys to the validator.
async fn follow_keys(mut published: watch::Receiver<Jwks>, keys: SharedKeys) {
    while published.changed().await.is_ok() {
        let document = published.borrow_and_update().clone();
        match KeySet::from_jwks_json(document.as_json().as_bytes()) {
            Ok((fresh, _)) => keys.replace(fresh),
            Err(error) => tracing::error!(%error, "the published signing keys cannot be used"),
        }
    }
}

/// Tidies up after each grant that has ended, to the last that ended before the stop.
async fn follow_ends(mut ended: mpsc::Receiver<GrantEnded>, on: Foundations, stop: CancellationToken) {
    loop {
        let event = tokio::select! {
            biased;
            event = ended.recv() => event,
            () = stop.cancelled() => ended.try_recv().ok(),
        };
        let Some(event) = event else { return };
        if let Err(error) = on.follow(&event).await {
            tracing::warn!(%error, grant.id = %event.grant, "a session does not know yet that its grant has ended");
        }
    }
}

/// Ends the grants of sessions that have ended or timed out: at once after the start, since an earlier process may not
/// have come to it, and then again and again.
async fn walk(on: Foundations, passing: Arc<dyn RecordStore>, clock: Arc<dyn Clock>) {
    loop {
        if let Err(error) = end_overdue(&on).await {
            tracing::warn!(%error, "the grants of ended sessions have not all ended");
        }
        if let Err(error) = sweep(passing.as_ref(), clock.now()).await {
            tracing::warn!(%error, "transactions of browsers were not swept");
        }
        sleep(PERIOD).await;
    }
}

/// Asks again whether the persons of sessions with access are still permitted.
async fn look_again(on: Foundations, clock: Arc<dyn Clock>) {
    loop {
        sleep(LOOK_AGAIN).await;
        if let Err(error) = look_at_persons(&on, clock.now()).await {
            tracing::warn!(%error, "not all persons were looked at again");
        }
    }
}

/// [`look_again`] once: at everybody for whom an access token may be good. Whoever has none comes back by a refresh, which
/// asks for itself.
///
/// # Errors
/// The first failure, which keeps nobody else from being looked at.
pub(super) async fn look_at_persons(on: &Foundations, now: UnixTime) -> Result<(), NotEnded> {
    let walk = go_over_sessions(on).await;
    let tokens_live = on.grants.access_token_lifetime() + LEEWAY;
    let has_access = |(_, used): &(_, UnixTime)| now.saturating_since(*used) < tokens_live;
    let have_access = walk.live.into_iter().filter(has_access);
    each(have_access, |(id, _)| async move { on.look_again(&id).await }).await.and(walk.ended)
}

/// Applies the rules of each new configuration to everybody who is signed in, and to the issuers that vouched for others,
/// as soon as it is in force.
async fn follow_rules(on: Foundations) {
    loop {
        on.providers.replaced().await;
        while let Err(error) = apply_rules(&on).await {
            tracing::warn!(%error, "the rules in force were not applied to everybody yet");
            sleep(PERIOD).await;
        }
    }
}

/// [`follow_rules`] once.
///
/// # Errors
/// The first failure, which keeps them from being applied to nobody else.
pub(super) async fn apply_rules(on: &Foundations) -> Result<(), NotEnded> {
    let withdrawn = on.end_withdrawn().await.map(drop).map_err(NotEnded::from);
    let walk = go_over_sessions(on).await;
    let applied = each(walk.live.into_iter(), |(id, _)| async move { on.apply_rules(&id).await }).await;
    applied.and(walk.ended).and(withdrawn)
}

/// Does `work` for each of the sessions, some at a time; the first failure stops none of the others.
async fn each<S, F: Future<Output = Result<(), NotEnded>>>(
    sessions: impl Iterator<Item = S>,
    work: impl Fn(S) -> F,
) -> Result<(), NotEnded> {
    let mut outcomes = stream::iter(sessions).map(work).buffer_unordered(LOOKS_AT_ONCE);
    let mut first = Ok(());
    while let Some(outcome) = outcomes.next().await {
        first = first.and(outcome);
    }
    first
}

/// Forgets clients that nobody used for too long.
async fn sweep_clients(registered: Registered) {
    loop {
        sleep(SWEEP_CLIENTS).await;
        let Some(registrations) = registered.load_full() else { continue };
        if let Err(error) = registrations.sweep().await {
            tracing::warn!(%error, "registered clients were not swept");
        }
    }
}

async fn sweep(store: &dyn RecordStore, now: UnixTime) -> Result<(), StoreError> {
    while store.sweep(now, PAGE).await?.len() == PAGE {}
    Ok(())
}

/// Ends the grants of sessions that have ended or timed out, and the sessions on which nothing rests any more.
///
/// # Errors
/// The first failure; what failed is tried again at the next time.
pub(super) async fn end_overdue(on: &Foundations) -> Result<(), NotEnded> {
    let walk = go_over_sessions(on).await;
    end_unused(on, walk.unused).await.and(walk.ended)
}

/// Ends those of `unused` that no browser is signed in with and in which no account is connected; the rest of more than
/// [`UNUSED_AT_A_TIME`] at the next times, so that third parties are not asked too much at once.
async fn end_unused(on: &Foundations, unused: Vec<UnusedSession>) -> Result<(), NotEnded> {
    if unused.is_empty() {
        return Ok(());
    }
    let in_use = on.browsers.in_use().await?;
    let mut needless = Vec::new();
    for session in unused.into_iter().filter(|it| !in_use.contains(it.id())) {
        if needless.len() < UNUSED_AT_A_TIME && !on.has_connected(session.id()).await? {
            needless.push(session);
        }
    }
    each(needless.into_iter(), |it| async move { on.end_unused(&it).await }).await
}

/// What a walk over all sessions has found.
#[derive(Debug)]
pub(super) struct Walk {
    /// Those that live, with the time of their last use.
    pub(super) live: Vec<(ThirdPartySessionId, UnixTime)>,
    /// Those of them on which no grant rests.
    pub(super) unused: Vec<UnusedSession>,
    /// Whether all that is overdue has ended; the first failure, which stops nothing but what needs the store that
    /// failed.
    pub(super) ended: Result<(), NotEnded>,
}

/// Goes over all sessions once and ends what is overdue.
pub(super) async fn go_over_sessions(on: &Foundations) -> Walk {
    let (mut after, mut walk) = (None, Walk { live: Vec::new(), unused: Vec::new(), ended: Ok(()) });
    loop {
        let page = match on.sessions.overdue(after.as_ref(), PAGE, &|it| on.grants.seen_at(it)).await {
            Ok(page) => page,
            Err(error) => {
                walk.ended = walk.ended.and(Err(error.into()));
                return walk;
            }
        };
        if page.unreadable > 0 {
            tracing::error!(
                sessions = page.unreadable,
                "third-party sessions cannot be read, and are passed over"
            );
        }
        for session in &page.ended {
            walk.ended = walk.ended.and(on.end_all(session).await);
        }
        walk.live.extend(page.live);
        walk.unused.extend(page.unused);
        match page.next {
            Some(next) => after = Some(next),
            None => return walk,
        }
    }
}

/// How often persons are looked at again; each is asked about less often.
const LOOK_AGAIN: Duration = Duration::from_secs(120);
/// How long the validator takes tokens after their end.
const LEEWAY: Duration = Duration::from_secs(60);
const LOOKS_AT_ONCE: usize = 8;
/// Sessions end by time to about a minute.
const PERIOD: Duration = Duration::from_secs(60);
const PAGE: usize = 512;
const UNUSED_AT_A_TIME: usize = 64;
const SWEEP_CLIENTS: Duration = Duration::from_secs(600);
