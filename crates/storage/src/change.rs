//! What each change means, over the rows of one transaction.
//!
//! Every function reads and checks all it needs before its first write, so that one that refuses has changed nothing
//! and the transaction it shares with others stays good.

use oauth_types::UnixTime;

use crate::{Expected, Key, Record, StoreError, Swept, Table, Versioned, Write, rows::Rows};

pub(crate) fn write(rows: &mut dyn Rows, table: Table, key: &Key, write: Write) -> Result<bool, StoreError> {
    check(table, &write.record)?;
    let old = rows.read(table.name(), key)?;
    if let (Some(old), Expected::Anything | Expected::Revision(_)) = (&old, write.expected) {
        readable(table, old)?;
    }
    let fits = match write.expected {
        Expected::Anything => true,
        Expected::Nothing => old.is_none(),
        Expected::Revision(expected) => old.as_ref().is_some_and(|it| it.revision == expected),
    };
    if fits {
        let revision = write.revision.map_or_else(|| rows.next_revision(), |it| Ok(it.number()))?;
        rows.write(table.name(), key, old.as_ref(), Versioned { record: write.record, revision })?;
    }
    Ok(fits)
}

pub(crate) fn take(rows: &mut dyn Rows, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
    let Some(old) = rows.read(table.name(), key)? else {
        return Ok(None);
    };
    readable(table, &old)?;
    rows.erase(table.name(), key, &old)?;
    Ok(Some(old))
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

fn readable(table: Table, found: &Versioned) -> Result<(), StoreError> {
    table.check_format(found.record.format)
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
