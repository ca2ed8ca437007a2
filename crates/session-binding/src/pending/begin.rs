use std::time::Duration;

use storage::StoreError;

use super::{
    BrowserBinding, PendingAuthorizations, Purpose, TABLE,
    stage::{Requested, Stored, StoredStage, Transaction},
};
use crate::record::encode;

/// Why no transaction began.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// Too many transactions are open, of all or of this source, and all of them are recent (answer 429).
    #[error("too many sign-ins are open")]
    Busy {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The request's record would be larger than 32 KiB.
    #[error("the authorization request is too large")]
    TooLarge,
    /// The store gave no answer.
    #[error("the store of transactions failed")]
    Storage(#[from] StoreError),
}

impl PendingAuthorizations {
    /// Begins a transaction, bound to a new cookie of the browser that asks; `source` is where that is, as an address, or
    /// `None` if nobody can tell.
    ///
    /// When too many are open, the one that was idle for longest ends, if its last step is not too recent; when too many
    /// of this source are, it is one of its own.
    ///
    /// # Errors
    /// See [`BeginError`].
    pub async fn begin(
        &self,
        purpose: Purpose,
        source: Option<&[u8]>,
    ) -> Result<Transaction<Requested>, BeginError> {
        let begun = self.clock.now();
        let binding = BrowserBinding::random(&*self.entropy);
        let (id, expires_at) = (binding.id(), self.deadline(begun));
        let stored = Stored { begun, purpose, stage: StoredStage::Requested };
        let record = encode(TABLE, expires_at, &stored)?;
        if record.body.len() > MAX_BYTES {
            return Err(BeginError::TooLarge);
        }
        let gone = self.admission.admit(id.key(), source, expires_at, begun);
        let gone = gone.map_err(|_| BeginError::Busy { retry_after: self.limits.protected_for })?;
        let inserted = async {
            if let Some(key) = &gone {
                self.store.remove(TABLE, key).await?;
            }
            self.store.put(TABLE, &id.key(), record).await
        };
        if let Err(error) = inserted.await {
            self.admission.left(&id.key());
            return Err(error.into());
        }
        Ok(Transaction { id, binding, purpose: stored.purpose, begun, stage: Requested { came_from: None } })
    }
}

/// A client's `state` of 4 KiB and the longest redirect URI fit several times.
const MAX_BYTES: usize = 32 * 1024;
