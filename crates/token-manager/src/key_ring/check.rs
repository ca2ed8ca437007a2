use aws_lc_rs::error::Unspecified;
use oauth_types::UnixTime;
use storage::{Expected, Key, Record, RecordStore, StoreError, Table, Write};

use super::{KeyId, KeyRing, OpenError, SealContext};

/// Why a key ring cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// A key is there twice.
    #[error("the master key {0} is there twice")]
    Duplicate(KeyId),
    /// The store was begun, or last sealed throughout, with a master key that the ring does not have.
    #[error("the store needs the master key {0}, which was not given")]
    MissingKey(KeyId),
    /// The store's check record is not what a key of this ring sealed.
    #[error("the store's check record cannot be opened: {0}")]
    Check(OpenError),
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyRing {
    /// Proves that this ring belongs to `store`; to be called at start, before anything else uses the store.
    ///
    /// A store without a check record gets one, which binds it to the current key.
    /// In every other case nothing is written.
    ///
    /// # Errors
    /// [`KeyRingError::MissingKey`] if the ring is another store's, or lacks an older key that is still needed.
    pub async fn check(&self, store: &dyn RecordStore) -> Result<(), KeyRingError> {
        let key = Key::of(*b"check");
        loop {
            if let Some(found) = store.get(TABLE, &key).await? {
                let context = SealContext::of_write(TABLE, &key, found.revision);
                return match self.open(context, found.record.format, &found.record.body) {
                    Ok(opened) if *opened.plaintext == CHECK => Ok(()),
                    Ok(_) => Err(KeyRingError::Check(OpenError::Malformed)),
                    Err(OpenError::MissingKey(id)) => Err(KeyRingError::MissingKey(id)),
                    Err(error) => Err(KeyRingError::Check(error)),
                };
            }
            let revision = store.reserve().await?;
            let sealed = self.seal(SealContext::of_write(TABLE, &key, revision.revision()), CHECK)?;
            let record = Record::new(TABLE, FOREVER, sealed);
            if store.write(TABLE, &key, Write::new(Expected::Nothing, record).numbered(revision)).await? {
                return Ok(());
            }
        }
    }
}

impl From<Unspecified> for KeyRingError {
    fn from(_: Unspecified) -> Self {
        Self::Library
    }
}

/// For records that no sweep may remove: the last second of the year 9999.
pub(crate) const FOREVER: UnixTime = UnixTime::from_seconds(253_402_300_799);

pub(crate) const TABLE: Table = Table::new("key_ring", 2);
const CHECK: &[u8] = b"the master key fits";
