use std::fmt::Debug;

use async_trait::async_trait;
use oauth_types::UnixTime;

use crate::{Expected, Key, Record, StoreError, Swept, Table, Versioned, Write};

/// One narrow store for every kind of record; each method is one transaction.
///
/// The answer of a method that changes something leaves after the change is durable.
/// A reader sees every change that was answered before the read began.
/// Expired records are returned like any other until [`sweep`](RecordStore::sweep) removes them: callers compare
/// [`Record::expires_at`] with their clock.
///
/// A caller that drops the future of a change does not undo it: it may still happen.
///
/// # Errors
///
/// Every method fails with
/// - [`StoreError::Unavailable`] while the store cannot be used, as for a while after an input or output error;
/// - [`StoreError::Io`] when that error happened under this very call;
/// - [`StoreError::Corrupt`] when stored bytes make no sense.
///
/// Methods that read or replace a record fail with [`StoreError::Newer`] if a newer program wrote it,
/// and those that write fail with [`StoreError::TooLarge`] above [`Record::MAX_BODY`] and with
/// [`StoreError::Newer`] if the given format is newer than the table's.
#[async_trait]
pub trait RecordStore: Debug + Send + Sync {
    /// Reads the record, expired or not.
    async fn get(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError>;

    /// Writes a record if what the write expects is there; `false` means it is not.
    async fn write(&self, table: Table, key: &Key, write: Write) -> Result<bool, StoreError>;

    /// Inserts `record` unless `key` exists; `false` means it did (a replayed `jti`, a reused code).
    async fn insert_new(&self, table: Table, key: &Key, record: Record) -> Result<bool, StoreError> {
        self.write(table, key, Write::new(Expected::Nothing, record)).await
    }

    /// Replaces the record if its revision still is `expected`; `false` means somebody was faster, or it is gone.
    async fn compare_and_swap(
        &self,
        table: Table,
        key: &Key,
        expected: u64,
        record: Record,
    ) -> Result<bool, StoreError> {
        self.write(table, key, Write::new(Expected::Revision(expected), record)).await
    }

    /// Inserts or replaces the record, whatever was there.
    async fn put(&self, table: Table, key: &Key, record: Record) -> Result<(), StoreError> {
        self.write(table, key, Write::new(Expected::Anything, record)).await.map(drop)
    }

    /// Removes and returns the record: at most one caller ever gets it.
    async fn take(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError>;

    /// Removes the record, of whatever format; `false` means there was none.
    async fn remove(&self, table: Table, key: &Key) -> Result<bool, StoreError>;

    /// The first `limit` records of a table in the order of their keys, those after `after` if given.
    ///
    /// One call is one snapshot; a walk over several pages is not.
    async fn scan(
        &self,
        table: Table,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError> {
        self.scan_prefix(table, &[], after, limit).await
    }

    /// Like [`scan`](RecordStore::scan), of the keys that begin with `prefix`.
    async fn scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError>;

    /// Removes every record of every table, of whatever format, that belongs to `owner`; answers how many.
    async fn delete_by_owner(&self, owner: &Key) -> Result<usize, StoreError>;

    /// Removes up to `limit` records that have expired at `now`, of every table and format, oldest first.
    async fn sweep(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError>;

    /// Whether the store can be read and written, as far as it knows without touching anything.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`], and why.
    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
