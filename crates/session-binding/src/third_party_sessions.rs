//! What binds issued grants to a sign-in at a third party.

mod bind;
mod end;
mod id;
mod limits;
mod liveness;
mod overdue;
mod session;
mod sign_in;

use std::{fmt, sync::Arc};

pub use bind::{BindError, Bound};
pub use id::{InvalidThirdPartySessionId, ThirdPartySessionId};
pub use limits::ThirdPartySessionLimits;
pub use liveness::{EndCause, Liveness};
pub use overdue::{Cursor, Overdue, UnusedSession};
pub use session::{EndedSession, ThirdPartySession};
pub use sign_in::{SignIn, SignInOutcome};

use id::Slot;
use oauth_types::{Clock, Entropy, Principal, UnixTime};
use session::Stored;
use storage::{RecordStore, StoreError, Table};

use crate::record::{Typed, encode};

/// The sign-ins of persons at third parties, and which grants rest on each.
///
/// There is one record per person and third-party sign-in, whatever the number of clients:
/// signing in again renews it, so third parties that allow few tokens per person are not asked for more.
/// Two accounts are two persons here, always.
///
/// Nothing that is safe depends on two calls both happening: a grant whose session ended is dead by
/// [`ThirdPartySessions::liveness`], also if nobody lived to end it.
/// Cloning is cheap.
#[derive(Clone)]
pub struct ThirdPartySessions {
    store: Arc<dyn RecordStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    limits: ThirdPartySessionLimits,
}

impl ThirdPartySessions {
    /// Where they are kept in a store, for whoever looks at one as a whole.
    pub const TABLE: storage::Table = TABLE;

    /// The sessions in `store`.
    #[must_use]
    pub fn new(
        store: Arc<dyn RecordStore>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        limits: ThirdPartySessionLimits,
    ) -> Self {
        Self { store, clock, entropy, limits }
    }

    /// How long sessions live.
    #[must_use]
    pub const fn limits(&self) -> &ThirdPartySessionLimits {
        &self.limits
    }

    /// Whether the session lives, and if not, why.
    ///
    /// A session that nobody knows has ended.
    ///
    /// # Errors
    /// When the store gives no answer; the caller then refuses.
    pub async fn liveness(&self, id: &ThirdPartySessionId) -> Result<Liveness, StoreError> {
        let Some(found) = self.read(id.slot()).await? else {
            return Ok(Liveness::Ended(EndCause::Unknown));
        };
        Ok(found.value.liveness_of(id, self.clock.now(), &self.limits))
    }

    /// Notes that the session was used; a session that ended stays so.
    ///
    /// Writes at most 50 times in an idle timeout, so it may be called with every request.
    /// Until then the session counts as idle, which can only end it earlier.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn touch(&self, id: &ThirdPartySessionId) -> Result<Liveness, StoreError> {
        let Some(found) = self.read(id.slot()).await? else {
            return Ok(Liveness::Ended(EndCause::Unknown));
        };
        let now = self.clock.now();
        let liveness = found.value.liveness_of(id, now, &self.limits);
        let due = found.value.last_used + self.limits.idle_timeout / 50;
        if matches!(liveness, Liveness::Ended(_)) || now <= due {
            return Ok(liveness);
        }
        let used = Stored { last_used: now, ..found.value.clone() };
        if self.replace(id.slot(), found.revision, &used).await? {
            return Ok(used.liveness_of(id, now, &self.limits));
        }
        // Somebody else wrote: used it, which is as good, or ended it, which the next look shows.
        self.liveness(id).await
    }

    /// The session, dead or alive, as the pages of people and operators show it.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn find(&self, id: &ThirdPartySessionId) -> Result<Option<ThirdPartySession>, StoreError> {
        let found = self.read(id.slot()).await?;
        Ok(found.filter(|it| it.value.epoch == *id.epoch()).map(|it| self.show(*id.slot(), it.value)))
    }

    /// The sessions of a person, dead or alive.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn for_principal(&self, principal: &Principal) -> Result<Vec<ThirdPartySession>, StoreError> {
        let mut sessions = Vec::new();
        for (slot, found) in self.slots_of(principal).await? {
            sessions.push(self.show(slot, found.value));
        }
        Ok(sessions)
    }

    async fn slots_of(&self, principal: &Principal) -> Result<Vec<(Slot, Typed<Stored>)>, StoreError> {
        let page = self.store.scan_prefix(TABLE, &Slot::prefix_of(principal), None, MAX_SLOTS).await?;
        let read = |(key, found): &(storage::Key, storage::Versioned)| {
            let found = Typed::read(TABLE, found);
            Slot::from_key(key).map(|slot| found.map(|it| (slot, it)))
        };
        page.iter().filter_map(read).collect()
    }

    async fn read(&self, slot: &Slot) -> Result<Option<Typed<Stored>>, StoreError> {
        let found = self.store.get(TABLE, &slot.key()).await?;
        found.map(|it| Typed::read(TABLE, &it)).transpose()
    }

    async fn replace(&self, slot: &Slot, revision: u64, stored: &Stored) -> Result<bool, StoreError> {
        let record = encode(TABLE, self.kept_until(stored), stored)?;
        self.store.compare_and_swap(TABLE, &slot.key(), revision, record).await
    }

    /// Long enough after its end that nobody misses grants that still have to be ended.
    fn kept_until(&self, stored: &Stored) -> UnixTime {
        stored.deadline(&self.limits).unwrap_or_else(|| self.clock.now()) + self.limits.kept_after_end
    }

    fn show(&self, slot: Slot, stored: Stored) -> ThirdPartySession {
        stored.show(slot, self.clock.now(), &self.limits)
    }
}

impl fmt::Debug for ThirdPartySessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ThirdPartySessions").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The store's answer when one record is fought over by more callers than can be.
fn contended() -> StoreError {
    StoreError::Unavailable("a third-party session is written by too many at once".to_owned())
}

const TABLE: Table = Table::new("third_party_sessions", 1);
/// More than any limit leaves; ended ones are swept.
const MAX_SLOTS: usize = 1024;
/// How often a change is tried when others keep changing the same record.
const ATTEMPTS: usize = 64;

#[cfg(test)]
mod tests;
