use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use oauth_types::UnixTime;

use crate::{
    ChangeFeed, Changes, Key, Position, Record, RecordStore, StoreError, Swept, Table, Versioned, Write,
    change, rows::Rows,
};

/// A [`RecordStore`] in the memory of the process, for tests and for servers that may forget.
///
/// It keeps to the same contract as the durable ones, in which durable here means: as long as the value lives.
/// It never fails with [`StoreError::Unavailable`] or [`StoreError::Io`], and equal calls give equal answers,
/// revisions included.
#[derive(Default)]
pub struct MemoryStore(Mutex<State>);

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No change can stop half-way, so the state is whole even if a thread panicked while it held the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl RecordStore for MemoryStore {
    async fn get(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        let found = self.state().read(table.name(), key)?;
        found.map(|it| readable(table, it)).transpose()
    }

    async fn write(&self, table: Table, key: &Key, write: Write) -> Result<bool, StoreError> {
        change::write(&mut *self.state(), table, key, write)
    }

    async fn take(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        change::take(&mut *self.state(), table, key)
    }

    async fn remove(&self, table: Table, key: &Key) -> Result<bool, StoreError> {
        change::remove(&mut *self.state(), table, key)
    }

    async fn scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError> {
        let state = self.state();
        let Some(rows) = state.tables.get(table.name()) else {
            return Ok(Vec::new());
        };
        let start = match after {
            Some(after) if after.as_bytes() >= prefix => Bound::Excluded(after.as_bytes()),
            _ => Bound::Included(prefix),
        };
        rows.range::<[u8], _>((start, Bound::Unbounded))
            .take_while(|(key, _)| key.as_bytes().starts_with(prefix))
            .take(limit)
            .map(|(key, row)| Ok((key.clone(), readable(table, row.content.clone())?)))
            .collect()
    }

    async fn delete_by_owner(&self, owner: &Key) -> Result<usize, StoreError> {
        change::delete_by_owner(&mut *self.state(), owner)
    }

    async fn sweep(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError> {
        change::sweep(&mut *self.state(), now, limit)
    }
}

#[async_trait]
impl ChangeFeed for MemoryStore {
    async fn position(&self) -> Result<Position, StoreError> {
        Ok(Position(self.state().last_write))
    }

    async fn changes(&self, table: Table, since: Position) -> Result<Changes, StoreError> {
        let state = self.state();
        let position = Position(state.last_write);
        let since = if since > position { Position(0) } else { since };
        let rows = state.tables.get(table.name()).into_iter().flatten();
        let written = rows.filter(|(_, row)| row.write > since.0);
        let records = written.map(|(key, row)| Ok((key.clone(), readable(table, row.content.clone())?)));
        Ok(Changes { records: records.collect::<Result<_, StoreError>>()?, position, clock: None })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records: usize = self.state().tables.values().map(BTreeMap::len).sum();
        formatter.debug_struct("MemoryStore").field("records", &records).finish()
    }
}

#[derive(Default)]
struct State {
    tables: BTreeMap<String, BTreeMap<Key, Row>>,
    by_expiry: BTreeSet<(UnixTime, String, Key)>,
    by_owner: BTreeSet<(Key, String, Key)>,
    last_revision: u64,
    last_write: u64,
}

struct Row {
    content: Versioned,
    /// Counts writes in their order, which revisions need not be in: writers may choose theirs.
    write: u64,
}

impl Rows for State {
    fn read(&self, table: &str, key: &Key) -> Result<Option<Versioned>, StoreError> {
        Ok(self.tables.get(table).and_then(|rows| rows.get(key)).map(|it| it.content.clone()))
    }

    fn write(
        &mut self,
        table: &'static str,
        key: &Key,
        old: Option<&Versioned>,
        new: Versioned,
    ) -> Result<(), StoreError> {
        if let Some(old) = old {
            self.unindex(table, key, &old.record);
        }
        self.by_expiry.insert((new.record.expires_at, table.to_owned(), key.clone()));
        if let Some(owner) = &new.record.owner {
            self.by_owner.insert((owner.clone(), table.to_owned(), key.clone()));
        }
        self.last_write += 1;
        let row = Row { content: new, write: self.last_write };
        self.tables.entry(table.to_owned()).or_default().insert(key.clone(), row);
        Ok(())
    }

    fn erase(&mut self, table: &str, key: &Key, old: &Versioned) -> Result<(), StoreError> {
        self.unindex(table, key, &old.record);
        if let Some(rows) = self.tables.get_mut(table) {
            rows.remove(key);
        }
        Ok(())
    }

    fn owned_by(&self, owner: &Key) -> Result<Vec<Swept>, StoreError> {
        let first = (owner.clone(), String::new(), lowest_key());
        let entries = self.by_owner.range(first..).take_while(|(it, _, _)| it == owner);
        Ok(entries.map(|(_, table, key)| Swept { table: table.clone(), key: key.clone() }).collect())
    }

    fn expired(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError> {
        let entries = self.by_expiry.iter().take_while(|(expires_at, _, _)| *expires_at <= now).take(limit);
        Ok(entries.map(|(_, table, key)| Swept { table: table.clone(), key: key.clone() }).collect())
    }

    fn next_revision(&mut self) -> Result<u64, StoreError> {
        self.last_revision += 1;
        Ok(self.last_revision)
    }
}

impl State {
    fn unindex(&mut self, table: &str, key: &Key, record: &Record) {
        self.by_expiry.remove(&(record.expires_at, table.to_owned(), key.clone()));
        if let Some(owner) = &record.owner {
            self.by_owner.remove(&(owner.clone(), table.to_owned(), key.clone()));
        }
    }
}

fn readable(table: Table, row: Versioned) -> Result<Versioned, StoreError> {
    table.check_format(row.record.format)?;
    Ok(row)
}

/// No key is lower, because none is empty.
fn lowest_key() -> Key {
    Key::of([0])
}

#[cfg(test)]
mod tests;
