use std::{fmt, sync::Arc};

use async_trait::async_trait;
use oauth_types::UnixTime;

use crate::{
    ChangeFeed, Changes, Expected, Key, Position, RecordStore, StoreError, Swept, Table, Versioned, Write,
    change,
};

mod connect_error;
mod failure;
mod follow;
mod health;
mod operation;
mod pool;
mod row;
mod schema;
mod session;
mod settings;
mod shared;
mod statements;
mod url;

pub use connect_error::ConnectError;
pub use settings::{InvalidPostgresUrl, PostgresSettings};

use operation::{
    CompareAndSwap, DeleteByOwner, Get, InsertNew, Operation, Place, Put, Remove, Row, Scan, Sweep, Take,
};
use pool::Pool;
use shared::Shared;
use statements::{DURABLE, PASSING, Statements};

/// A [`RecordStore`] in a PostgreSQL database (13 or newer), for several processes at once.
///
/// Every change is one statement that is durable on the database's disk before it is answered, and where the database
/// has synchronous replicas, on theirs.
/// Only a server that takes changes is used, never a standby; of several hosts in the URL it is looked for, and after a
/// failover looked for again.
/// Conflicts between transactions are repeated inside, as is whatever the database says it has not done.
/// When a connection breaks while a change is under way nobody knows what became of it: [`StoreError::Io`].
///
/// Connections are to the server or through a pooler that keeps sessions: their settings are made once.
/// Clones share the connections. Must be used within a Tokio runtime.
#[derive(Clone)]
pub struct PostgresStore {
    shared: Arc<Shared>,
    sql: &'static Statements,
}

impl PostgresStore {
    /// Connects, and makes the store or brings it to this program's schema if need be: many processes may at once.
    ///
    /// An older schema is left behind in one transaction.
    ///
    /// # Errors
    ///
    /// [`ConnectError`]; the database is not changed.
    pub async fn connect(settings: &PostgresSettings) -> Result<Self, ConnectError> {
        let store = Self::unchecked(settings, false)?;
        schema::migrate(&mut store.shared.pool.connect().await?).await?;
        Ok(store)
    }

    /// Connects for a look: the database refuses every change of this store, and none is made to its schema.
    ///
    /// For whoever must know what is in a store before it may be used, such as whether it belongs to a key.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], among others [`ConnectError::Empty`] if there is no store.
    pub async fn look(settings: &PostgresSettings) -> Result<Self, ConnectError> {
        let store = Self::unchecked(settings, true)?;
        schema::look(&mut store.shared.pool.connect().await?).await?;
        Ok(store)
    }

    /// A store of its own in the same database, for records that may be gone after the database has crashed or failed
    /// over, and then all are; in exchange its changes wait for no disk.
    #[must_use]
    pub fn passing(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), sql: &PASSING }
    }

    /// Lets what is under way come to its end, for some seconds, and closes the connections, of all clones.
    ///
    /// Everything is refused from then on.
    pub async fn close(&self) {
        self.shared.close().await;
    }

    fn unchecked(settings: &PostgresSettings, read_only: bool) -> Result<Self, ConnectError> {
        let pool = Pool::new(settings, read_only)
            .map_err(|error| ConnectError::Schema { reason: error.to_string() })?;
        Ok(Self { shared: Arc::new(Shared::new(pool)), sql: &DURABLE })
    }

    async fn run<O: Operation>(&self, operation: O) -> Result<O::Answer, StoreError> {
        Shared::run(&self.shared, self.sql, operation).await
    }
}

#[async_trait]
impl RecordStore for PostgresStore {
    async fn get(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.run(Get(Place::new(table, key))).await
    }

    async fn write(&self, table: Table, key: &Key, write: Write) -> Result<bool, StoreError> {
        change::check(table, &write.record)?;
        let Write { expected, record, revision } = write;
        let (place, row) = (Place::new(table, key), Row { record, revision });
        match expected {
            Expected::Anything => self.run(Put(place, row)).await.map(|()| true),
            Expected::Nothing => self.run(InsertNew(place, row)).await,
            Expected::Revision(expected) => self.run(CompareAndSwap(place, expected, row)).await,
        }
    }

    async fn take(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.run(Take(Place::new(table, key))).await
    }

    async fn remove(&self, table: Table, key: &Key) -> Result<bool, StoreError> {
        self.run(Remove(Place::new(table, key))).await
    }

    async fn scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError> {
        self.run(Scan::new(table, prefix, after, limit)).await
    }

    async fn delete_by_owner(&self, owner: &Key) -> Result<usize, StoreError> {
        self.run(DeleteByOwner(owner.clone())).await
    }

    async fn sweep(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError> {
        self.run(Sweep(now, limit)).await
    }

    fn check(&self) -> Result<(), StoreError> {
        self.shared.check()
    }
}

#[async_trait]
impl ChangeFeed for PostgresStore {
    async fn position(&self) -> Result<Position, StoreError> {
        Shared::follow(&self.shared, self.sql, None).await.map(|it| it.position)
    }

    async fn changes(&self, table: Table, since: Position) -> Result<Changes, StoreError> {
        Shared::follow(&self.shared, self.sql, Some((table, since))).await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PostgresStore").field("pool", &self.shared.pool).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
