//! The transaction between a validated authorization request and the code.

mod admission;
mod approve;
mod begin;
mod callback;
mod complete;
mod error;
mod id;
mod limits;
mod request;
mod stage;

use std::{fmt, sync::Arc};

pub use begin::BeginError;
pub use callback::{CallbackError, InvalidThirdPartyState, ThirdPartyState};
pub use complete::{Completed, Completion};
pub use error::StepError;
pub use id::{BrowserBinding, InvalidSecretText, PendingId};
pub use limits::PendingLimits;
pub use request::{
    AuthorizationRequest, ClientFacts, ClientOrigin, ClientState, ClientStateTooLong, ConnectLink,
    ConnectRequest, Purpose,
};
pub use stage::{AwaitingCallback, CalledBack, Consented, Pending, Requested, SignedIn, Transaction};

use admission::Admission;
use oauth_types::{Clock, Entropy, UnixTime};
use stage::{Stored, StoredStage};
use storage::{RecordStore, StoreError, Table};

use crate::record::{Typed, decode, encode};

/// The transactions of browsers that are on their way from an authorization request to a code.
///
/// Each step takes the transaction by value and is one compare-and-swap or one take in the store, so of any number
/// of simultaneous attempts at a step one succeeds.
/// Cloning is cheap, and clones share what they know.
///
/// ```text
/// begin ─▶ Requested ─ approve ─▶ Consented ─ send_away ─▶ AwaitingCallback ─ called_back ─▶ CalledBack ─ complete ─▶ Completed
///              │                      └──────────────── complete (built-in account) ────────────────────────────────▶ ▲
///              ├─ approve_signed_in ────────────────────────────────────────────────────────────────────────────────▶ │
///              └─ deny                 complete, as another person than the page showed ─▶ SignedIn ─ confirm ─▶ Completed
/// ```
#[derive(Clone)]
pub struct PendingAuthorizations {
    store: Arc<dyn RecordStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    limits: PendingLimits,
    admission: Arc<Admission>,
}

impl PendingAuthorizations {
    /// The transactions in `store`, those of an earlier process included.
    ///
    /// They live for minutes, so a [`storage::MemoryStore`] serves where a restart may interrupt a sign-in.
    ///
    /// # Errors
    /// When the store does.
    pub async fn open(
        store: Arc<dyn RecordStore>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        limits: PendingLimits,
    ) -> Result<Self, StoreError> {
        let admission = Arc::new(Admission::new(&limits));
        let this = Self { store, clock, entropy, limits, admission };
        this.admit_stored().await?;
        Ok(this)
    }

    /// The transaction `id`, for the browser that began it.
    ///
    /// # Errors
    /// [`StepError::Gone`], [`StepError::OtherBrowser`], or the store's.
    pub async fn load(&self, id: &PendingId, binding: &BrowserBinding) -> Result<Pending, StepError> {
        let found = self.find(id, binding).await?;
        Ok(Pending::new(id.clone(), binding.clone(), found.value))
    }

    /// How long the cookie of a transaction should be kept.
    #[must_use]
    pub const fn cookie_lifetime(&self) -> std::time::Duration {
        self.limits.total_timeout
    }

    async fn admit_stored(&self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.store.scan(TABLE, after.as_ref(), PAGE).await?;
            for (key, found) in &page {
                self.admission.restore(key.clone(), found.record.expires_at);
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    async fn find(&self, id: &PendingId, binding: &BrowserBinding) -> Result<Typed<Stored>, StepError> {
        if binding.id() != *id {
            return Err(StepError::OtherBrowser);
        }
        let found = self.store.get(TABLE, &id.key()).await?.ok_or(StepError::Gone)?;
        if found.record.is_expired(self.clock.now()) {
            return Err(StepError::Gone);
        }
        Ok(Typed::read(TABLE, &found)?)
    }

    /// The record of `transaction`, if it is where the transaction says.
    async fn current<S: Clone + Into<StoredStage>>(
        &self,
        transaction: &Transaction<S>,
    ) -> Result<Typed<Stored>, StepError> {
        let found = self.find(&transaction.id, &transaction.binding).await?;
        if found.value.stage != transaction.stage.clone().into() {
            return Err(StepError::Moved);
        }
        Ok(found)
    }

    /// Writes the next stage, unless somebody was faster.
    async fn advance<S: Clone + Into<StoredStage>, T: Clone + Into<StoredStage>>(
        &self,
        transaction: Transaction<S>,
        next: T,
    ) -> Result<Transaction<T>, StepError> {
        let current = self.current(&transaction).await?;
        let stored = Stored { stage: next.clone().into(), ..current.value };
        let expires_at = self.deadline(stored.begun);
        let key = transaction.id.key();
        let record = encode(TABLE, expires_at, &stored)?;
        if !self.store.compare_and_swap(TABLE, &key, current.revision, record).await? {
            return Err(StepError::Moved);
        }
        self.admission.moved(&key, expires_at);
        Ok(transaction.at(next))
    }

    /// Takes the transaction out of the store, which succeeds once.
    async fn remove<S: Clone + Into<StoredStage>>(
        &self,
        transaction: Transaction<S>,
    ) -> Result<Purpose, StepError> {
        self.current(&transaction).await?;
        let key = transaction.id.key();
        let taken = self.store.take(TABLE, &key).await?.ok_or(StepError::Gone)?;
        self.admission.left(&key);
        let taken: Stored = decode(TABLE, &taken.record)?;
        if taken.stage != transaction.stage.into() {
            return Err(StepError::Moved);
        }
        Ok(taken.purpose)
    }

    fn deadline(&self, begun: UnixTime) -> UnixTime {
        let step = self.clock.now() + self.limits.step_timeout;
        step.min(begun + self.limits.total_timeout)
    }
}

impl fmt::Debug for PendingAuthorizations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PendingAuthorizations").field("limits", &self.limits).finish_non_exhaustive()
    }
}

const TABLE: Table = Table::new("pending_authorizations", 1);
const PAGE: usize = 256;

#[cfg(test)]
mod tests;
