use std::{fmt, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use oauth_types::GrantId;

use super::{GrantError, Refusal, Shared, Unavailable, step::Event};

/// The one part that ends grants whose time is over, finds out what became of changes that nobody waited for, notes when
/// grants were used, and sweeps the store.
#[must_use = "nothing is ever swept until `run` is polled"]
pub struct Upkeep(Arc<Shared>);

impl Upkeep {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Works every 30 seconds; never ends.
    ///
    /// `sleep` waits for a time, as `tokio::time::sleep` does.
    pub async fn run<F: Future<Output = ()> + Send>(self, sleep: impl Fn(Duration) -> F + Send + Sync) {
        loop {
            if let Err(error) = self.once().await {
                tracing::warn!(%error, "the upkeep of grants is not complete");
            }
            sleep(PERIOD).await;
        }
    }

    /// Does all that is due now, as far as it can be done.
    ///
    /// # Errors
    /// The first failure; what failed is tried again at the next time.
    pub async fn once(&self) -> Result<(), Unavailable> {
        let due = self.0.index.due(self.0.parts.clock.now());
        let settled = self.0.each(due.doubtful, &Event::Settle).await;
        let ended = self.0.each(due.overdue, &Event::Expire).await;
        let noted = self.0.each(due.used, &Event::Touch).await;
        // The ends come first: a record that is swept cannot say any more why its grant ended.
        let swept = self.0.sweep().await;
        settled.and(ended).and(noted).and(swept)
    }
}

impl fmt::Debug for Upkeep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Upkeep")
    }
}

impl Shared {
    /// Lets `event` happen to each of the grants; the first failure stops none of the others.
    async fn each(&self, grants: Vec<GrantId>, event: &Event<'_>) -> Result<(), Unavailable> {
        let mut outcomes = stream::iter(grants).map(|id| self.attend(id, event)).buffer_unordered(AT_ONCE);
        let mut first = Ok(());
        while let Some(outcome) = outcomes.next().await {
            first = first.and(outcome);
        }
        first
    }

    async fn attend(&self, id: GrantId, event: &Event<'_>) -> Result<(), Unavailable> {
        match self.transition(id, event).await {
            // Its record is gone.
            Err(GrantError::Refused(Refusal::Unknown)) => {
                self.index.end(&id);
                Ok(())
            }
            Ok(_) | Err(GrantError::Refused(_)) => Ok(()),
            Err(GrantError::Unavailable(error)) => Err(error),
        }
    }

    async fn sweep(&self) -> Result<(), Unavailable> {
        loop {
            let swept = self.parts.store.sweep(self.parts.clock.now(), SWEEP).await?;
            tracing::debug!(records = swept.len(), "swept");
            if swept.len() < SWEEP {
                return Ok(());
            }
        }
    }
}

const PERIOD: Duration = Duration::from_secs(30);
const AT_ONCE: usize = 64;
/// Records in one transaction of the store, which others wait for.
const SWEEP: usize = 512;
