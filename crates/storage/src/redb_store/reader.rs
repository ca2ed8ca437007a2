use std::ops::Bound;

use redb::{Database, ReadableDatabase};

use super::{encoding, schema};
use crate::{Key, StoreError, Table, Versioned};

/// Reads one row in a transaction of its own.
pub(super) fn get(db: &Database, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
    let row_key = encoding::row_key(table.name(), key.as_bytes());
    let found = read(db, &row_key).map_err(failure)?;
    found.map(|bytes| decode(table, &row_key, &bytes)).transpose()
}

/// Reads a page of a table in a transaction of its own.
pub(super) fn scan(
    db: &Database,
    table: Table,
    prefix: &[u8],
    after: Option<&Key>,
    limit: usize,
) -> Result<Vec<(Key, Versioned)>, StoreError> {
    let first = encoding::row_key(table.name(), prefix);
    let after = after.map(|it| encoding::row_key(table.name(), it.as_bytes()));
    let start = match &after {
        Some(after) if *after >= first => Bound::Excluded(after.as_slice()),
        _ => Bound::Included(first.as_slice()),
    };
    match read_range(db, table, start, &first, limit) {
        Ok(page) => page,
        Err(error) => Err(failure(error)),
    }
}

fn read(db: &Database, row_key: &[u8]) -> Result<Option<Vec<u8>>, redb::Error> {
    let records = db.begin_read()?.open_table(schema::RECORDS)?;
    Ok(records.get(row_key)?.map(|it| it.value().to_vec()))
}

/// Rows are decoded where they lie: whoever opens a large store reads millions of them.
fn read_range(
    db: &Database,
    table: Table,
    start: Bound<&[u8]>,
    prefix: &[u8],
    limit: usize,
) -> Result<Page, redb::Error> {
    let records = db.begin_read()?.open_table(schema::RECORDS)?;
    let mut page = Vec::new();
    for entry in records.range::<&[u8]>((start, Bound::Unbounded))?.take(limit) {
        let (row_key, value) = entry?;
        let row_key = row_key.value();
        if !row_key.starts_with(prefix) {
            break;
        }
        match decode(table, row_key, value.value()).and_then(|row| Ok((encoding::key_in(row_key)?, row))) {
            Ok(row) => page.push(row),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(page))
}

/// The rows, or what is wrong with one of them.
type Page = Result<Vec<(Key, Versioned)>, StoreError>;

fn decode(table: Table, row_key: &[u8], bytes: &[u8]) -> Result<Versioned, StoreError> {
    let row = encoding::decode(row_key, bytes)?;
    table.check_format(row.record.format)?;
    Ok(row)
}

fn failure(error: redb::Error) -> StoreError {
    match error {
        redb::Error::Corrupted(reason) => StoreError::Corrupt(reason),
        other => StoreError::Io(other.to_string()),
    }
}
