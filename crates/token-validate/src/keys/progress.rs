use std::time::Duration;

use oauth_types::UnixTime;
use tokio::sync::watch;

/// The meeting point of requests and the refresher of one issuer.
///
/// Requests never fetch: they ring, and wait for the fetch that is under way.
/// So a cancelled request cancels no fetch, and there is one fetch at a time however many requests come.
#[derive(Debug)]
pub(crate) struct Progress(watch::Sender<State>);

#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    /// How many fetches have ended.
    round: u64,
    last_rung: Option<UnixTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A fetch is wanted; also before the first.
    Wanted,
    /// A fetch is under way.
    Fetching,
    /// A fetch is under way and takes longer than requests shall wait.
    Overdue,
    /// Nothing is under way.
    Idle,
    /// There is no refresher any more.
    Stopped,
}

/// How often requests can cause a fetch, per issuer.
pub(crate) const COOL_DOWN: Duration = Duration::from_secs(30);

impl Progress {
    /// `last_rung` is that of the store before a change of configuration.
    pub(crate) fn new(last_rung: Option<UnixTime>) -> Self {
        Self(watch::Sender::new(State { phase: Phase::Wanted, round: 0, last_rung }))
    }

    pub(crate) fn last_rung(&self) -> Option<UnixTime> {
        self.0.borrow().last_rung
    }

    /// Asks for a fetch unless one was asked for less than [`COOL_DOWN`] ago, and waits for the fetch under way.
    ///
    /// Comes back at once when there is none to wait for.
    pub(crate) async fn ring_and_wait(&self, now: UnixTime) {
        let mut receiver = self.0.subscribe();
        self.0.send_if_modified(|state| state.ring(now));
        let seen = *receiver.borrow_and_update();
        if seen.phase.is_worth_waiting_for() {
            // The sender lives in `self`, so the channel cannot be closed.
            let _ = receiver
                .wait_for(|state| state.round != seen.round || !state.phase.is_worth_waiting_for())
                .await;
        }
    }

    /// Waits until a request has rung.
    pub(crate) async fn rung(&self) {
        let _ = self.0.subscribe().wait_for(|state| state.phase == Phase::Wanted).await;
    }

    pub(crate) fn begin(&self) {
        self.0.send_modify(|state| state.phase = Phase::Fetching);
    }

    pub(crate) fn overdue(&self) {
        self.0.send_modify(|state| state.phase = Phase::Overdue);
    }

    pub(crate) fn end(&self) {
        self.0.send_modify(|state| {
            state.phase = Phase::Idle;
            state.round += 1;
        });
    }

    pub(crate) fn stop(&self) {
        self.0.send_modify(|state| state.phase = Phase::Stopped);
    }
}

impl State {
    fn ring(&mut self, now: UnixTime) -> bool {
        let cooled_down = self.last_rung.is_none_or(|last| now.saturating_since(last) >= COOL_DOWN);
        let rings = self.phase == Phase::Idle && cooled_down;
        if rings {
            self.phase = Phase::Wanted;
            self.last_rung = Some(now);
        }
        rings
    }
}

impl Phase {
    const fn is_worth_waiting_for(self) -> bool {
        matches!(self, Self::Wanted | Self::Fetching)
    }
}
