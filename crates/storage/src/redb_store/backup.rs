//! A copy of the store as it was at one moment, made while it is used.

use std::{
    io,
    path::{Path, PathBuf},
};

use redb::{
    Builder, Database, ReadTransaction, ReadableDatabase, ReadableTable, StorageBackend, WriteTransaction,
};

use super::{encoding, file, schema, settings::OpenError};
use crate::StoreError;

/// Why there is no backup; then there is no file of that name either, except the one that was there before.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file of that name, and it may be somebody's last backup.
    #[error("{} exists: give the backup another name", .0.display())]
    Exists(PathBuf),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("cannot write the backup {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system, or the database, said.
        source: io::Error,
    },
}

/// Copies what `db` holds now to a new file that says of itself that it is a backup, and answers how many records that
/// are.
pub(super) fn back_up(db: &Database, to: &Path) -> Result<u64, BackupError> {
    if to.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let snapshot = db.begin_read().map_err(|error| unreadable(error.into()))?;
    let (mut copied, mut failure) = (0, None);
    let created = file::create(to, |backend| {
        copy(&snapshot, backend).map(|count| copied = count).map_err(|error| {
            let text = error.to_string();
            failure = Some(error);
            redb::Error::Corrupted(text)
        })
    });
    match (created, failure) {
        (Ok(true), _) => Ok(copied),
        (Ok(false), _) => Err(BackupError::Exists(to.to_owned())),
        (Err(_), Some(CopyError::Read(error))) => Err(BackupError::Store(error)),
        (Err(OpenError::Io { path, source }), _) => Err(BackupError::Io { path, source }),
        (Err(error), _) => Err(BackupError::Io { path: to.to_owned(), source: io::Error::other(error) }),
    }
}

/// Which side of a copy failed.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Read(StoreError),
    #[error(transparent)]
    Write(redb::Error),
}

fn copy(snapshot: &ReadTransaction, backend: impl StorageBackend) -> Result<u64, CopyError> {
    let copy = Builder::new().create_with_backend(backend).map_err(written)?;
    let transaction = schema::begin_write(&copy).map_err(written)?;
    for table in [schema::META, schema::BY_EXPIRY, schema::BY_OWNER] {
        copy_table(snapshot, &transaction, table, |_, _| Ok(()))?;
    }
    mark(&transaction).map_err(written)?;
    // A copy of a rotten record would pass for a good one.
    let check = |key: &[u8], value: &[u8]| encoding::decode(key, value).map(drop);
    let records = copy_table(snapshot, &transaction, schema::RECORDS, check)?;
    transaction.commit().map_err(written)?;
    copy.close().map_err(written)?;
    Ok(records)
}

fn mark(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(schema::META)?.insert(schema::BACKUP, [].as_slice())?;
    Ok(())
}

/// Answers how many entries the table has.
fn copy_table(
    snapshot: &ReadTransaction,
    transaction: &WriteTransaction,
    table: schema::Bytes,
    check: impl Fn(&[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<u64, CopyError> {
    let source = snapshot.open_table(table).map_err(read)?;
    let mut target = transaction.open_table(table).map_err(written)?;
    let mut entries = 0;
    for entry in source.iter().map_err(read)? {
        let (key, value) = entry.map_err(read)?;
        check(key.value(), value.value()).map_err(CopyError::Read)?;
        target.insert(key.value(), value.value()).map_err(written)?;
        entries += 1;
    }
    Ok(entries)
}

fn read(error: impl Into<redb::Error>) -> CopyError {
    CopyError::Read(failure(error.into()))
}

fn written(error: impl Into<redb::Error>) -> CopyError {
    CopyError::Write(error.into())
}

fn unreadable(error: redb::Error) -> BackupError {
    BackupError::Store(failure(error))
}

fn failure(error: redb::Error) -> StoreError {
    match error {
        redb::Error::Corrupted(reason) => StoreError::Corrupt(reason),
        other => StoreError::Io(other.to_string()),
    }
}
