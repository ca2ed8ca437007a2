use std::cell::RefCell;

use oauth_types::UnixTime;
use redb::{ReadableTable, StorageError, Table, WriteTransaction};

use super::{encoding, schema};
use crate::{Key, StoreError, Swept, Versioned, rows::Rows};

/// The rows as a write transaction sees them.
pub(super) struct RedbRows<'txn> {
    transaction: &'txn WriteTransaction,
    records: Tree<'txn>,
    by_expiry: Tree<'txn>,
    by_owner: Tree<'txn>,
    revisions: &'txn mut Revisions,
    changed: bool,
    /// The first error of the database itself: after it the transaction must not be committed.
    broken: RefCell<Option<StorageError>>,
}

type Tree<'txn> = Table<'txn, &'static [u8], &'static [u8]>;

impl<'txn> RedbRows<'txn> {
    pub(super) fn open(
        transaction: &'txn WriteTransaction,
        revisions: &'txn mut Revisions,
    ) -> Result<Self, redb::Error> {
        Ok(Self {
            transaction,
            records: transaction.open_table(schema::RECORDS)?,
            by_expiry: transaction.open_table(schema::BY_EXPIRY)?,
            by_owner: transaction.open_table(schema::BY_OWNER)?,
            revisions,
            changed: false,
            broken: RefCell::default(),
        })
    }

    /// Whether there is anything to commit.
    pub(super) fn finish(self) -> Result<bool, redb::Error> {
        match self.broken.into_inner() {
            Some(error) => Err(error.into()),
            None => Ok(self.changed),
        }
    }

    fn sound<T>(&self, outcome: Result<T, StorageError>) -> Result<T, StoreError> {
        outcome.map_err(|error| {
            let text = error.to_string();
            self.broken.borrow_mut().get_or_insert(error);
            StoreError::Io(text)
        })
    }

    fn insert(&mut self, pick: Pick<'txn>, entry: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let outcome = pick(self).insert(entry, value).map(drop);
        self.changed = true;
        self.sound(outcome)
    }

    fn delete(&mut self, pick: Pick<'txn>, entry: &[u8]) -> Result<(), StoreError> {
        let outcome = pick(self).remove(entry).map(drop);
        self.changed = true;
        self.sound(outcome)
    }
}

type Pick<'txn> = for<'a> fn(&'a mut RedbRows<'txn>) -> &'a mut Tree<'txn>;

impl Rows for RedbRows<'_> {
    fn read(&self, table: &str, key: &Key) -> Result<Option<Versioned>, StoreError> {
        let row_key = encoding::row_key(table, key.as_bytes());
        let found = self.sound(self.records.get(row_key.as_slice()))?;
        found.map(|it| encoding::decode(&row_key, it.value())).transpose()
    }

    /// Index entries that stay as they are, are not written again: fewer pages for a record that rotates.
    fn write(
        &mut self,
        table: &'static str,
        key: &Key,
        old: Option<&Versioned>,
        new: Versioned,
    ) -> Result<(), StoreError> {
        let row_key = encoding::row_key(table, key.as_bytes());
        let (old, record) = (old.map(|it| &it.record), &new.record);
        let (before, after) = (old.map(|it| it.expires_at), record.expires_at);
        if before != Some(after) {
            if let Some(before) = before {
                self.delete(|it| &mut it.by_expiry, &encoding::expiry_entry(before, &row_key))?;
            }
            self.insert(|it| &mut it.by_expiry, &encoding::expiry_entry(after, &row_key), &[])?;
        }
        let (before, after) = (old.and_then(|it| it.owner.as_ref()), record.owner.as_ref());
        if before != after {
            if let Some(before) = before {
                self.delete(|it| &mut it.by_owner, &encoding::owner_entry(before, &row_key))?;
            }
            if let Some(after) = after {
                self.insert(|it| &mut it.by_owner, &encoding::owner_entry(after, &row_key), &[])?;
            }
        }
        self.insert(|it| &mut it.records, &row_key, &encoding::encode(&row_key, &new))
    }

    fn erase(&mut self, table: &str, key: &Key, old: &Versioned) -> Result<(), StoreError> {
        let row_key = encoding::row_key(table, key.as_bytes());
        self.delete(|it| &mut it.by_expiry, &encoding::expiry_entry(old.record.expires_at, &row_key))?;
        if let Some(owner) = &old.record.owner {
            self.delete(|it| &mut it.by_owner, &encoding::owner_entry(owner, &row_key))?;
        }
        self.delete(|it| &mut it.records, &row_key)
    }

    fn owned_by(&self, owner: &Key) -> Result<Vec<Swept>, StoreError> {
        let prefix = encoding::owner_entry(owner, &[]);
        let mut found = Vec::new();
        for entry in self.sound(self.by_owner.range(prefix.as_slice()..))? {
            let (entry, _) = self.sound(entry)?;
            let Some(row_key) = entry.value().strip_prefix(prefix.as_slice()) else {
                break;
            };
            found.push(encoding::parse_row_key(row_key)?);
        }
        Ok(found)
    }

    fn expired(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError> {
        let mut found = Vec::new();
        for entry in self.sound(self.by_expiry.iter())?.take(limit) {
            let (entry, _) = self.sound(entry)?;
            let (expires_at, row) = encoding::parse_expiry_entry(entry.value())?;
            if expires_at > now {
                break;
            }
            found.push(row);
        }
        Ok(found)
    }

    fn next_revision(&mut self) -> Result<u64, StoreError> {
        let Revisions { next, limit } = *self.revisions;
        if next == limit {
            let limit = limit.saturating_add(Revisions::STEP);
            let outcome = self.transaction.open_table(schema::META).map(|mut meta| {
                meta.insert(schema::REVISION_LIMIT, limit.to_be_bytes().as_slice()).map(drop)
            });
            self.sound(outcome.unwrap_or_else(|error| Err(StorageError::Corrupted(error.to_string()))))?;
            self.revisions.limit = limit;
        }
        self.revisions.next = next.saturating_add(1);
        Ok(next)
    }
}

/// The numbers that writes get, across restarts.
///
/// The file holds a limit that no number given so far reaches; it moves in steps, so that most commits need not
/// write it. After a restart the numbers go on from the limit.
#[derive(Debug)]
pub(super) struct Revisions {
    next: u64,
    limit: u64,
}

impl Revisions {
    /// The numbers of a file whose limit is `limit`.
    pub(super) fn from(limit: u64) -> Self {
        Self { next: limit, limit }
    }

    const STEP: u64 = 4096;
}
