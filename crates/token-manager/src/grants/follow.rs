//! Keeping up with the processes that share the store.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use oauth_types::GrantId;
use storage::{ChangeFeed, Key, Position, StoreError, Versioned};
use tokio::sync::Mutex;

use super::{Grants, Shared, clocks::Clocks, record};
use crate::Liveness;

/// What [`Grants`] know of other processes.
pub(super) struct Following {
    feed: Arc<dyn ChangeFeed>,
    stale_after: Duration,
    /// How many looks have begun.
    begun: AtomicU64,
    /// One look at a time.
    turn: Mutex<Turn>,
    /// When the last look that succeeded began, in milliseconds after `start`.
    heard_at: AtomicU64,
    /// Since when that has not been interrupted.
    unbroken_since: AtomicU64,
    start: Instant,
}

/// The last look.
struct Turn {
    position: Position,
    /// Its number among those that have begun.
    number: u64,
    outcome: Result<(), StoreError>,
    clocks: Clocks,
}

/// The one part that keeps up with other processes: spawn [`GrantFollower::run`] once.
#[must_use = "ends of grants elsewhere are noticed only when `run` is polled"]
pub struct GrantFollower(Arc<Shared>);

impl GrantFollower {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Looks every second at what other processes changed; never ends, and does nothing where there are none.
    ///
    /// `sleep` waits for a time, as `tokio::time::sleep` does.
    pub async fn run<F: Future<Output = ()> + Send>(self, sleep: impl Fn(Duration) -> F + Send + Sync) {
        let mut failed = false;
        loop {
            sleep(PERIOD).await;
            let outcome = self.0.catch_up().await;
            match &outcome {
                Err(error) if !failed => {
                    tracing::warn!(%error, "what other gateways did to grants is not known");
                }
                Ok(()) if failed => tracing::info!("what other gateways did to grants is known again"),
                _ => {}
            }
            failed = outcome.is_err();
        }
    }
}

impl fmt::Debug for GrantFollower {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("GrantFollower")
    }
}

impl Grants {
    /// What keeps up with other processes.
    pub fn follower(&self) -> GrantFollower {
        GrantFollower::new(Arc::clone(&self.shared))
    }

    /// Whether ends at other processes would be known here; while they are not, every grant is [`Liveness::Unknown`].
    #[must_use]
    pub fn is_up_to_date(&self) -> bool {
        self.shared.is_up_to_date()
    }

    /// Whether other processes have been heard of for so long without interruption; always, where there are none.
    pub(crate) fn has_heard_for(&self, time: Duration) -> bool {
        self.shared.following.as_ref().is_none_or(|it| it.has_heard_for(time))
    }

    /// [`Grants::is_live`], after a look at what other processes have made if memory does not say that it lives.
    ///
    /// Where no other process uses the store it is the same.
    pub async fn ask(&self, grant: &GrantId) -> Liveness {
        match self.is_live(grant) {
            Liveness::Live => Liveness::Live,
            // The follower is trying; nobody has to wait for it.
            Liveness::Unknown => Liveness::Unknown,
            Liveness::Ended => match self.shared.catch_up().await {
                Ok(()) => self.is_live(grant),
                Err(_) => Liveness::Unknown,
            },
        }
    }
}

impl Shared {
    /// Knows all that other processes have changed before the call.
    pub(super) async fn catch_up(&self) -> Result<(), StoreError> {
        match &self.following {
            None => Ok(()),
            Some(following) => following.catch_up(self).await,
        }
    }

    /// Whether ends elsewhere would be known here.
    pub(super) fn is_up_to_date(&self) -> bool {
        self.following.as_ref().is_none_or(Following::is_up_to_date)
    }

    fn note(&self, (key, found): &(Key, Versioned)) {
        let told = record::id(key).zip(record::summary(&found.record.body).ok());
        match (told, record::id(key)) {
            (Some((id, summary)), _) => self.note_of_another(id, &summary),
            (None, id) => {
                tracing::error!(
                    ?key,
                    "a grant that another gateway wrote cannot be read, and is refused here"
                );
                if let Some(id) = id {
                    self.index.end(&id);
                }
            }
        }
    }
}

impl Following {
    /// To be made before the grants are read for the first time.
    pub(super) async fn begin(feed: Arc<dyn ChangeFeed>, stale_after: Duration) -> Result<Self, StoreError> {
        let start = Instant::now();
        let turn =
            Turn { position: feed.position().await?, number: 0, outcome: Ok(()), clocks: Clocks::default() };
        let [begun, heard_at, unbroken_since] = [const { AtomicU64::new(0) }; 3];
        Ok(Self { feed, stale_after, begun, turn: Mutex::new(turn), heard_at, unbroken_since, start })
    }

    fn is_up_to_date(&self) -> bool {
        self.was_up_to_date(self.now())
    }

    fn was_up_to_date(&self, then: u64) -> bool {
        then.saturating_sub(self.heard_at.load(SeqCst)) <= millis(self.stale_after)
    }

    fn has_heard_for(&self, time: Duration) -> bool {
        let unbroken = self.now().saturating_sub(self.unbroken_since.load(SeqCst));
        self.is_up_to_date() && unbroken >= millis(time)
    }

    /// However many ask at once, each needs no more than one look that has begun after it asked.
    async fn catch_up(&self, grants: &Shared) -> Result<(), StoreError> {
        let begun_before = self.begun.load(SeqCst);
        let mut turn = self.turn.lock().await;
        if turn.number <= begun_before {
            self.look(grants, &mut turn).await;
        }
        turn.outcome.clone()
    }

    async fn look(&self, grants: &Shared, turn: &mut Turn) {
        let began_at = self.now();
        let number = self.begun.fetch_add(1, SeqCst) + 1;
        let look = grants.index.begin_look();
        let asked_at = grants.parts.clock.now();
        let told = self.feed.changes(record::TABLE, turn.position).await;
        // From here on it cannot be given up half-way.
        turn.number = number;
        turn.outcome = told.map(|changes| {
            changes.records.iter().for_each(|it| grants.note(it));
            let answered_at = grants.parts.clock.now();
            grants.index.end_look(look, answered_at);
            if let Some(theirs) = changes.clock {
                turn.clocks.compare(theirs, asked_at, answered_at);
            }
            turn.position = changes.position;
            if !self.was_up_to_date(began_at) {
                self.unbroken_since.store(began_at, SeqCst);
            }
            self.heard_at.fetch_max(began_at, SeqCst);
        });
    }

    fn now(&self) -> u64 {
        millis(self.start.elapsed())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

const PERIOD: Duration = Duration::from_secs(1);
