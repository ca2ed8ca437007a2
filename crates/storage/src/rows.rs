use oauth_types::UnixTime;

use crate::{Key, StoreError, Swept, Versioned};

/// The rows of one write transaction, and the two indexes over them.
///
/// What a change means is written once, in `change`, over this trait; the stores differ in how rows lie there.
pub(crate) trait Rows {
    /// The row, as earlier changes of the same transaction left it.
    fn read(&self, table: &str, key: &Key) -> Result<Option<Versioned>, StoreError>;

    /// Inserts or replaces the row and its index entries; `old` is what [`Rows::read`] found there.
    fn write(
        &mut self,
        table: &'static str,
        key: &Key,
        old: Option<&Versioned>,
        new: Versioned,
    ) -> Result<(), StoreError>;

    /// Removes the row and its index entries; `old` is what [`Rows::read`] found there.
    fn erase(&mut self, table: &str, key: &Key, old: &Versioned) -> Result<(), StoreError>;

    /// Where the rows of `owner` are.
    fn owned_by(&self, owner: &Key) -> Result<Vec<Swept>, StoreError>;

    /// Where the first `limit` rows are that have expired at `now`, oldest first.
    fn expired(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError>;

    /// A number that no write to this store has had.
    fn next_revision(&mut self) -> Result<u64, StoreError>;
}
