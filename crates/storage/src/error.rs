use crate::Record;

/// Why an operation of a [`RecordStore`](crate::RecordStore) has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be used now; nothing was changed, and the same call may succeed later (answer 503).
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// Reading or writing failed. Whether a change was made durable is not known: read again before repeating it.
    #[error("input or output of the store failed: {0}")]
    Io(String),
    /// What the store holds cannot be understood; nothing was changed.
    #[error("the store is corrupt: {0}")]
    Corrupt(String),
    /// The record there was written by a newer program; nothing was changed.
    #[error("a record of {table} has format {found}, this program knows {known}")]
    Newer {
        /// The table's name.
        table: &'static str,
        /// The record's format.
        found: u16,
        /// The table's format in this program.
        known: u16,
    },
    /// The body has more than [`Record::MAX_BODY`] bytes; nothing was changed.
    #[error("a record has {0} bytes, {max} are allowed", max = Record::MAX_BODY)]
    TooLarge(usize),
}
