//! What each change means, over the rows of one transaction.
//!
//! Every function reads and checks all it needs before its first write, so that one that refuses has changed nothing
//! and the transaction it shares with others stays good.

use oauth_types::UnixTime;

use crate::{Key, Record, StoreError, Swept, Table, Versioned, rows::Rows};

pub(crate) fn insert_new(
    rows: &mut dyn Rows,
    table: Table,
    key: &Key,
    record: Record,
) -> Result<bool, StoreError> {
    check(table, &record)?;
    if rows.read(table.name(), key)?.is_some() {
        return Ok(false);
    }
    write(rows, table, key, None, record)?;
    Ok(true)
}

pub(crate) fn take(rows: &mut dyn Rows, table: Table, key: &Key) -> Result<Option<Record>, StoreError> {
    let Some(old) = read(rows, table, key)? else {
        return Ok(None);
    };
    rows.erase(table.name(), key, &old)?;
    Ok(Some(old.record))
}

pub(crate) fn compare_and_swap(
    rows: &mut dyn Rows,
    table: Table,
    key: &Key,
    expected: u64,
    record: Record,
) -> Result<bool, StoreError> {
    check(table, &record)?;
    let old = read(rows, table, key)?;
    if old.as_ref().is_none_or(|it| it.revision != expected) {
        return Ok(false);
    }
    write(rows, table, key, old, record)?;
    Ok(true)
}

pub(crate) fn put(rows: &mut dyn Rows, table: Table, key: &Key, record: Record) -> Result<(), StoreError> {
    check(table, &record)?;
    let old = read(rows, table, key)?;
    write(rows, table, key, old, record)
}

pub(crate) fn remove(rows: &mut dyn Rows, table: Table, key: &Key) -> Result<bool, StoreError> {
    let Some(old) = rows.read(table.name(), key)? else {
        return Ok(false);
    };
    rows.erase(table.name(), key, &old)?;
    Ok(true)
}

pub(crate) fn delete_by_owner(rows: &mut dyn Rows, owner: &Key) -> Result<usize, StoreError> {
    let found = rows.owned_by(owner)?;
    erase_all(rows, &found)?;
    Ok(found.len())
}

pub(crate) fn sweep(rows: &mut dyn Rows, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError> {
    let found = rows.expired(now, limit)?;
    erase_all(rows, &found)?;
    Ok(found)
}

/// Refuses a record that no reader of this table could read again.
pub(crate) fn check(table: Table, record: &Record) -> Result<(), StoreError> {
    if record.body.len() > Record::MAX_BODY {
        return Err(StoreError::TooLarge(record.body.len()));
    }
    table.check_format(record.format)
}

fn read(rows: &mut dyn Rows, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
    let found = rows.read(table.name(), key)?;
    if let Some(found) = &found {
        table.check_format(found.record.format)?;
    }
    Ok(found)
}

fn write(
    rows: &mut dyn Rows,
    table: Table,
    key: &Key,
    old: Option<Versioned>,
    record: Record,
) -> Result<(), StoreError> {
    let revision = rows.next_revision()?;
    rows.write(table.name(), key, old.as_ref(), Versioned { record, revision })
}

fn erase_all(rows: &mut dyn Rows, found: &[Swept]) -> Result<(), StoreError> {
    let mut old = Vec::with_capacity(found.len());
    for Swept { table, key } in found {
        old.push(rows.read(table, key)?.ok_or_else(|| dangling(table, key))?);
    }
    for (Swept { table, key }, old) in found.iter().zip(&old) {
        rows.erase(table, key, old)?;
    }
    Ok(())
}

fn dangling(table: &str, key: &Key) -> StoreError {
    StoreError::Corrupt(format!("an index names {key:?} of {table}, which is not there"))
}
