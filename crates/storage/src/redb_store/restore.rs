//! A store made of a backup, without what may have ended since.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use redb::{
    Builder, ReadTransaction, ReadableDatabase, ReadableTable, StorageBackend, Table as Open,
    WriteTransaction,
};

use super::{
    encoding, file, open, schema,
    settings::{OpenError, RedbSettings},
};
use crate::{StoreError, Table};

/// What a restored store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many records it has.
    pub records: u64,
    /// How many records of the backup it has not, by table.
    pub left_out: BTreeMap<String, u64>,
}

/// Why there is no restored store; then there is no file of that name either, except the one that was there before.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is a file of that name, and it may be somebody's only store.
    #[error("{} exists: move it away first", .0.display())]
    Exists(PathBuf),
    /// The backup cannot be opened.
    #[error(transparent)]
    Backup(#[from] OpenError),
    /// The backup cannot be read throughout.
    #[error("the backup is damaged")]
    Damaged(#[source] StoreError),
    /// The file cannot be written.
    #[error("cannot write the store {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system, or the database, said.
        source: io::Error,
    },
}

pub(super) fn restore(backup: &RedbSettings, to: &Path, without: &[Table]) -> Result<Restored, RestoreError> {
    if to.symlink_metadata().is_ok() {
        return Err(RestoreError::Exists(to.to_owned()));
    }
    let settings = RedbSettings { check_up_to: u64::MAX, ..backup.clone() };
    let opened = open::look_at_any(&settings)?;
    let snapshot = opened.db.begin_read().map_err(|error| damaged(error.into()))?;
    let (mut restored, mut failure) = (Restored::default(), None);
    let created = file::create(to, |backend| {
        copy(&snapshot, backend, without, &mut restored).map_err(|error| match error {
            Failure::Write(error) => error,
            Failure::Read(error) => {
                let text = error.to_string();
                failure = Some(error);
                redb::Error::Corrupted(text)
            }
        })
    });
    match (created, failure) {
        (Ok(true), _) => Ok(restored),
        (Ok(false), _) => Err(RestoreError::Exists(to.to_owned())),
        (Err(_), Some(error)) => Err(RestoreError::Damaged(error)),
        (Err(OpenError::Io { path, source }), None) => Err(RestoreError::Io { path, source }),
        (Err(error), None) => Err(RestoreError::Io { path: to.to_owned(), source: io::Error::other(error) }),
    }
}

enum Failure {
    Read(StoreError),
    Write(redb::Error),
}

/// The tables of the store that is being made.
struct Target<'a> {
    records: Open<'a, &'static [u8], &'static [u8]>,
    by_expiry: Open<'a, &'static [u8], &'static [u8]>,
    by_owner: Open<'a, &'static [u8], &'static [u8]>,
}

fn copy(
    snapshot: &ReadTransaction,
    backend: impl StorageBackend,
    without: &[Table],
    restored: &mut Restored,
) -> Result<(), Failure> {
    let store = Builder::new().create_with_backend(backend).map_err(written)?;
    let transaction = schema::begin_write(&store).map_err(written)?;
    copy_meta(snapshot, &transaction)?;
    let mut target = Target::open(&transaction).map_err(written)?;
    for entry in snapshot.open_table(schema::RECORDS).map_err(read)?.iter().map_err(read)? {
        let (key, value) = entry.map_err(read)?;
        let (key, value) = (key.value(), value.value());
        let table = encoding::parse_row_key(key).map_err(Failure::Read)?.table;
        let row = encoding::decode(key, value).map_err(Failure::Read)?;
        if without.iter().any(|it| it.name() == table) {
            *restored.left_out.entry(table).or_default() += 1;
            continue;
        }
        target.insert(key, value, &row.record).map_err(written)?;
        restored.records += 1;
    }
    drop(target);
    transaction.commit().map_err(written)?;
    store.close().map_err(written)
}

/// All but the mark of a backup.
fn copy_meta(snapshot: &ReadTransaction, transaction: &WriteTransaction) -> Result<(), Failure> {
    let source = snapshot.open_table(schema::META).map_err(read)?;
    let mut target = transaction.open_table(schema::META).map_err(written)?;
    for entry in source.iter().map_err(read)? {
        let (key, value) = entry.map_err(read)?;
        if key.value() != schema::BACKUP {
            target.insert(key.value(), value.value()).map_err(written)?;
        }
    }
    Ok(())
}

impl<'a> Target<'a> {
    fn open(transaction: &'a WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            records: transaction.open_table(schema::RECORDS)?,
            by_expiry: transaction.open_table(schema::BY_EXPIRY)?,
            by_owner: transaction.open_table(schema::BY_OWNER)?,
        })
    }

    fn insert(&mut self, key: &[u8], value: &[u8], record: &crate::Record) -> Result<(), redb::Error> {
        self.records.insert(key, value)?;
        self.by_expiry.insert(&*encoding::expiry_entry(record.expires_at, key), [].as_slice())?;
        if let Some(owner) = &record.owner {
            self.by_owner.insert(&*encoding::owner_entry(owner, key), [].as_slice())?;
        }
        Ok(())
    }
}

fn read(error: impl Into<redb::Error>) -> Failure {
    Failure::Read(StoreError::Corrupt(error.into().to_string()))
}

fn written(error: impl Into<redb::Error>) -> Failure {
    Failure::Write(error.into())
}

fn damaged(error: redb::Error) -> RestoreError {
    RestoreError::Damaged(StoreError::Corrupt(error.to_string()))
}
