//! What a store must hold, kept in the plainest way.

use std::collections::BTreeMap;

use oauth_types::UnixTime;
use storage::{Key, Record, RecordStore, StoreError, Table};

use crate::{Outcome, chance::Chance};

pub(crate) const THINGS: Table = Table::new("things", 1);
const OTHERS: Table = Table::new("others", 1);
const TABLES: [Table; 2] = [THINGS, OTHERS];

/// The rows of a store, without their revisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows(BTreeMap<(&'static str, u8), Record>);

/// One change, such as callers ask for.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Put(Table, u8, Record),
    InsertNew(Table, u8, Record),
    Swap(Table, u8, Record),
    Take(Table, u8),
    DeleteByOwner(u8),
    Sweep(u64),
}

impl Change {
    /// Any change; `number` makes its record different from all others of the history.
    pub(crate) fn random(chance: &mut Chance, number: u8) -> Self {
        let (table, key) = (TABLES[chance.below(2)], byte(chance, KEYS));
        match chance.below(12) {
            0 | 1 => Self::Put(table, key, record(table, chance, number)),
            2..=4 => Self::InsertNew(table, key, record(table, chance, number)),
            5..=7 => Self::Swap(table, key, record(table, chance, number)),
            8 | 9 => Self::Take(table, key),
            10 => Self::DeleteByOwner(byte(chance, OWNERS)),
            _ => Self::Sweep(chance.next() % LIFE),
        }
    }

    /// Makes the change; answers the revision that it left behind, if any.
    pub(crate) async fn ask(&self, store: &dyn RecordStore) -> Result<Option<u64>, StoreError> {
        match self.clone() {
            Self::Put(table, key, record) => store.put(table, &Key::of([key]), record).await?,
            Self::InsertNew(table, key, record) => {
                store.insert_new(table, &Key::of([key]), record).await?;
            }
            Self::Swap(table, key, record) => {
                if let Some(found) = store.get(table, &Key::of([key])).await? {
                    assert!(store.compare_and_swap(table, &Key::of([key]), found.revision, record).await?);
                }
            }
            Self::Take(table, key) => drop(store.take(table, &Key::of([key])).await?),
            Self::DeleteByOwner(owner) => drop(store.delete_by_owner(&Key::of([owner])).await?),
            Self::Sweep(now) => drop(store.sweep(UnixTime::from_seconds(now), SWEEP).await?),
        }
        match self {
            Self::Put(table, key, _) | Self::InsertNew(table, key, _) | Self::Swap(table, key, _) => {
                Ok(store.get(*table, &Key::of([*key])).await?.map(|it| it.revision))
            }
            _ => Ok(None),
        }
    }
}

impl Rows {
    /// The rows after the change.
    pub(crate) fn after(&self, change: &Change) -> Self {
        let mut rows = self.0.clone();
        match change.clone() {
            Change::Put(table, key, record) => drop(rows.insert((table.name(), key), record)),
            Change::InsertNew(table, key, record) => drop(rows.entry((table.name(), key)).or_insert(record)),
            Change::Swap(table, key, record) => {
                rows.entry((table.name(), key)).and_modify(|it| *it = record);
            }
            Change::Take(table, key) => drop(rows.remove(&(table.name(), key))),
            Change::DeleteByOwner(owner) => {
                rows.retain(|_, it| it.owner.as_ref() != Some(&Key::of([owner])));
            }
            Change::Sweep(now) => rows.retain(|_, it| !it.is_expired(UnixTime::from_seconds(now))),
        }
        Self(rows)
    }

    /// The rows that a store holds, and its highest revision.
    pub(crate) async fn read(store: &dyn RecordStore) -> Result<(Self, u64), StoreError> {
        let (mut rows, mut highest) = (BTreeMap::new(), 0);
        for table in TABLES {
            for (key, found) in store.scan(table, None, SWEEP).await? {
                let [key] = *key.as_bytes() else { panic!("{key:?} was never written") };
                highest = found.revision.max(highest);
                rows.insert((table.name(), key), found.record);
            }
        }
        Ok((Self(rows), highest))
    }

    /// Takes the store apart by its indexes: every row is in both of them once, and nothing else is.
    pub(crate) async fn check_indexes(&self, store: &dyn RecordStore) -> Outcome {
        for owner in 0..OWNERS / 2 {
            let owner = Key::of([owner]);
            let expected = self.0.values().filter(|it| it.owner.as_ref() == Some(&owner)).count();
            assert_eq!(store.delete_by_owner(&owner).await?, expected, "rows of {owner:?}");
        }
        let left = Self::read(store).await?.0.0.len();
        assert_eq!(store.sweep(UnixTime::from_seconds(u64::MAX), usize::MAX).await?.len(), left, "by expiry");
        assert_eq!(Self::read(store).await?.0, Self::default(), "nothing is left");
        Ok(())
    }
}

/// Mostly small; now and then large enough for the file to grow.
fn record(table: Table, chance: &mut Chance, number: u8) -> Record {
    let len = if chance.one_in(8) { 8_000 + chance.below(40_000) } else { 1 + chance.below(200) };
    let expires_at = UnixTime::from_seconds(chance.next() % LIFE);
    let record = Record::new(table, expires_at, vec![number; len]);
    if chance.one_in(3) { record } else { record.owned_by(Key::of([byte(chance, OWNERS)])) }
}

fn byte(chance: &mut Chance, end: u8) -> u8 {
    u8::try_from(chance.below(usize::from(end))).unwrap_or(0)
}

const KEYS: u8 = 6;
const OWNERS: u8 = 4;
const LIFE: u64 = 1_000;
const SWEEP: usize = 1_000;
