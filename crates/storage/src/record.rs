use std::fmt;

use oauth_types::UnixTime;

use crate::{Key, Table};

/// What a [`RecordStore`](crate::RecordStore) keeps under a key.
///
/// The store reads `expires_at`, `owner` and `format`; the body is the owner's business.
/// `Debug` shows the body's length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// From this second on a sweep may remove the record.
    /// The store still returns it until then: whoever reads it compares this with the clock.
    pub expires_at: UnixTime,
    /// What the record belongs to (for instance a grant), for [`RecordStore::delete_by_owner`](crate::RecordStore::delete_by_owner).
    pub owner: Option<Key>,
    /// The format of `body`, at most [`Table::format`].
    pub format: u16,
    /// At most [`Record::MAX_BODY`] bytes.
    pub body: Vec<u8>,
}

impl Record {
    /// The longest body, in bytes: 1 MiB.
    pub const MAX_BODY: usize = 1 << 20;

    /// A record without owner, in the format that `table` has today.
    #[must_use]
    pub fn new(table: Table, expires_at: UnixTime, body: impl Into<Vec<u8>>) -> Self {
        Self { expires_at, owner: None, format: table.format(), body: body.into() }
    }

    /// The same record, belonging to `owner`.
    #[must_use]
    pub fn owned_by(self, owner: Key) -> Self {
        Self { owner: Some(owner), ..self }
    }

    /// Whether a sweep at `now` removes it: `expires_at` has been reached.
    #[must_use]
    pub fn is_expired(&self, now: UnixTime) -> bool {
        self.expires_at <= now
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Record")
            .field("expires_at", &self.expires_at)
            .field("owner", &self.owner)
            .field("format", &self.format)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish()
    }
}

/// A record as it was read, with what [`RecordStore::compare_and_swap`](crate::RecordStore::compare_and_swap) needs to replace exactly that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The record.
    pub record: Record,
    /// The number of the write that left the record so; no other write to the store ever has it,
    /// not even one of the same key after a removal or a restart.
    pub revision: u64,
}

/// A record that [`RecordStore::sweep`](crate::RecordStore::sweep) removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// The name of its table, which may be one that this program does not know.
    pub table: String,
    /// Its key.
    pub key: Key,
}
