use std::fmt::Debug;

use async_trait::async_trait;
use oauth_types::UnixTime;

use crate::{Key, StoreError, Table, Versioned};

/// Tells each of several processes that share a store what the others have written.
///
/// A process that keeps in memory what a table says takes a [`position`](ChangeFeed::position), reads the table, and
/// asks for the [`changes`](ChangeFeed::changes) since that position again and again.
/// No change that was answered is ever passed over, in whatever order transactions come to their end.
#[async_trait]
pub trait ChangeFeed: Debug + Send + Sync {
    /// Where the feed is now: every change that was answered before the call lies behind it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] or [`StoreError::Io`] when the store gives no answer.
    async fn position(&self) -> Result<Position, StoreError>;

    /// The records of `table` that were written since `since`, as they are now, in no particular order.
    ///
    /// A record that was written several times comes once, one that is gone does not come, and one may come although
    /// nobody has written it since: whoever follows must not mind.
    /// A position that this store never had, as after it was replaced by another, brings all records.
    ///
    /// # Errors
    ///
    /// As [`ChangeFeed::position`], [`StoreError::Corrupt`] when what is stored makes no sense, and
    /// [`StoreError::Newer`] when a newer program wrote one of the records.
    async fn changes(&self, table: Table, since: Position) -> Result<Changes, StoreError>;
}

/// A place in a [`ChangeFeed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub(crate) u64);

/// What [`ChangeFeed::changes`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The records.
    pub records: Vec<(Key, Versioned)>,
    /// Where to go on.
    pub position: Position,
    /// What the store's own clock showed at some moment between the question and the answer, in whole seconds; `None`
    /// for a store that has none, as [`MemoryStore`](crate::MemoryStore).
    ///
    /// It tells a process how far its clock is from those of the others, and nothing about the records.
    pub clock: Option<UnixTime>,
}
