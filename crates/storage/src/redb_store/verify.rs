//! A walk over everything that a file holds.

use std::collections::BTreeMap;

use redb::{
    Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, ReadableTableMetadata,
};

use super::{
    encoding, open,
    schema::{self, Bytes},
    settings::{OpenError, RedbSettings},
};
use crate::{Table, Versioned};

/// What a store holds, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// What each table holds, by name.
    pub tables: BTreeMap<String, TableContent>,
    /// What is wrong, at most the first 100; none in a sound store.
    pub problems: Vec<String>,
}

/// What one table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableContent {
    /// Records.
    pub records: u64,
    /// The bytes of their bodies together.
    pub body_bytes: u64,
    /// The newest format among them.
    pub newest_format: u16,
}

impl Verified {
    /// All records.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.tables.values().map(|it| it.records).sum()
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn complain(&mut self, problem: String) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Notes a record and answers what the indexes must hold for it.
    fn count(&mut self, row_key: &[u8], value: &[u8], known: &[Table]) -> Option<Versioned> {
        let row = match (encoding::decode(row_key, value), encoding::parse_row_key(row_key)) {
            (Ok(row), Ok(place)) => Ok((row, place)),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        let (row, place) = match row {
            Ok(row) => row,
            Err(error) => {
                self.complain(error.to_string());
                return None;
            }
        };
        let format = row.record.format;
        let newer =
            known.iter().filter(|it| it.name() == place.table).find_map(|it| it.check_format(format).err());
        if let Some(error) = newer {
            self.complain(error.to_string());
        }
        let content = self.tables.entry(place.table).or_default();
        content.records += 1;
        content.body_bytes += row.record.body.len() as u64;
        content.newest_format = content.newest_format.max(format);
        Some(row)
    }
}

/// Opens the file with its writes kept in memory, compares every page's checksum, and walks over it.
pub(super) fn verify(settings: &RedbSettings, known: &[Table]) -> Result<Verified, OpenError> {
    let settings = RedbSettings { check_up_to: u64::MAX, ..settings.clone() };
    let opened = open::look_at_any(&settings)?;
    let mut verified = Verified::default();
    if let Err(error) = walk(&opened.db, known, &mut verified) {
        verified.complain(error.to_string());
    }
    Ok(verified)
}

fn walk(db: &Database, known: &[Table], verified: &mut Verified) -> Result<(), redb::Error> {
    let snapshot = db.begin_read()?;
    let records = snapshot.open_table(schema::RECORDS)?;
    let by_expiry = Index::open(&snapshot, "expiry", schema::BY_EXPIRY)?;
    let by_owner = Index::open(&snapshot, "owner", schema::BY_OWNER)?;
    let (mut expected_by_expiry, mut expected_by_owner) = (0, 0);
    for entry in records.iter()? {
        let (key, value) = entry?;
        let Some(row) = verified.count(key.value(), value.value(), known) else { continue };
        expected_by_expiry += 1;
        by_expiry.look_for(
            &encoding::expiry_entry(row.record.expires_at, key.value()),
            key.value(),
            verified,
        )?;
        if let Some(owner) = &row.record.owner {
            expected_by_owner += 1;
            by_owner.look_for(&encoding::owner_entry(owner, key.value()), key.value(), verified)?;
        }
    }
    by_expiry.compare(expected_by_expiry, verified)?;
    by_owner.compare(expected_by_owner, verified)
}

struct Index {
    name: &'static str,
    entries: ReadOnlyTable<&'static [u8], &'static [u8]>,
}

impl Index {
    fn open(snapshot: &ReadTransaction, name: &'static str, table: Bytes) -> Result<Self, redb::Error> {
        Ok(Self { name, entries: snapshot.open_table(table)? })
    }

    fn look_for(&self, entry: &[u8], row_key: &[u8], verified: &mut Verified) -> Result<(), redb::Error> {
        if self.entries.get(entry)?.is_none() {
            let (name, key) = (self.name, row_key.escape_ascii());
            verified.complain(format!("the record {key} is missing in the index by {name}"));
        }
        Ok(())
    }

    fn compare(&self, expected: u64, verified: &mut Verified) -> Result<(), redb::Error> {
        let found = self.entries.len()?;
        if found != expected {
            let name = self.name;
            verified.complain(format!("the index by {name} has {found} entries for {expected} records"));
        }
        Ok(())
    }
}

const MOST_PROBLEMS: usize = 100;
