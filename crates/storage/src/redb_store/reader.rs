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
    let mut page = Vec::new();
    for (row_key, bytes) in read_range(db, start, &first, limit).map_err(failure)? {
        let row = decode(table, &row_key, &bytes)?;
        page.push((encoding::parse_row_key(&row_key)?.key, row));
    }
    Ok(page)
}

fn read(db: &Database, row_key: &[u8]) -> Result<Option<Vec<u8>>, redb::Error> {
    let records = db.begin_read()?.open_table(schema::RECORDS)?;
    Ok(records.get(row_key)?.map(|it| it.value().to_vec()))
}

fn read_range(
    db: &Database,
    start: Bound<&[u8]>,
    prefix: &[u8],
    limit: usize,
) -> Result<Vec<RawRow>, redb::Error> {
    let records = db.begin_read()?.open_table(schema::RECORDS)?;
    let mut found = Vec::new();
    for entry in records.range::<&[u8]>((start, Bound::Unbounded))?.take(limit) {
        let (key, value) = entry?;
        if !key.value().starts_with(prefix) {
            break;
        }
        found.push((key.value().to_vec(), value.value().to_vec()));
    }
    Ok(found)
}

/// The key and the value of a row, as they lie in the file.
type RawRow = (Vec<u8>, Vec<u8>);

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
