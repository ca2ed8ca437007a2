use aws_lc_rs::error::Unspecified;
use oauth_types::UnixTime;
use storage::{Expected, Key, Record, RecordStore, StoreError, Table, Versioned, Write};

use super::{KeyId, KeyRing, OpenError, SealContext, next_revision};

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
    /// Once all records of a store were sealed anew since an earlier version, the ring opens none of that version's any
    /// more: they were less tightly bound to their place.
    ///
    /// # Errors
    /// [`KeyRingError::MissingKey`] if the ring is another store's, or lacks an older key that is still needed.
    pub async fn check(&self, store: &dyn RecordStore) -> Result<(), KeyRingError> {
        let key = Key::of(*b"check");
        loop {
            if let Some(found) = store.get(TABLE, &key).await? {
                return self.judge(&key, &found);
            }
            let revision = next_revision();
            let sealed = self.seal(SealContext::of_write(TABLE, &key, revision.number()), CHECK)?;
            let record = Record::new(TABLE, FOREVER, sealed);
            if store.write(TABLE, &key, Write::new(Expected::Nothing, record).numbered(revision)).await? {
                self.refuse_older_texts();
                return Ok(());
            }
        }
    }

    fn judge(&self, key: &Key, found: &Versioned) -> Result<(), KeyRingError> {
        let Versioned { record, revision } = found;
        match self.try_open(SealContext::of_write(TABLE, key, *revision), record.format, &record.body) {
            Ok(opened) if *opened.plaintext != CHECK => Err(KeyRingError::Check(OpenError::Malformed)),
            // It is sealed anew after everything else.
            Ok(_) if record.format == TABLE.format() => {
                self.refuse_older_texts();
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(OpenError::MissingKey(id)) => Err(KeyRingError::MissingKey(id)),
            Err(error) => Err(KeyRingError::Check(error)),
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
