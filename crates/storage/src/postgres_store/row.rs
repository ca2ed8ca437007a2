//! How records lie in rows. Whatever the database answers, it is an error and never a panic.

use oauth_types::UnixTime;
use sqlx::{Row, postgres::PgRow};

use super::failure::Failure;
use crate::{Key, Record, Swept, Table, Versioned};

/// Reads `expires_at, owner, format, revision, body`, which begin at the column `first`.
pub(super) fn versioned(table: Table, row: &PgRow, first: usize) -> Result<Versioned, Failure> {
    let format = parse_format(table, row.try_get(first + 2)?)?;
    table.check_format(format)?;
    let owner: Option<&[u8]> = row.try_get(first + 1)?;
    let owner = owner.map(|it| parse_key(table.name(), it)).transpose()?;
    let expires_at = parse_time(row.try_get(first)?);
    let revision: i64 = row.try_get(first + 3)?;
    let revision = u64::try_from(revision).map_err(|_| senseless(table.name(), "revision"))?;
    let body: Vec<u8> = row.try_get(first + 4)?;
    Ok(Versioned { record: Record { expires_at, owner, format, body }, revision })
}

/// The same after the key, which is in the column `first`.
pub(super) fn with_key(table: Table, row: &PgRow, first: usize) -> Result<(Key, Versioned), Failure> {
    let key = parse_key(table.name(), row.try_get(first)?)?;
    Ok((key, versioned(table, row, first + 1)?))
}

/// Reads `expires_at, table_name, key`.
pub(super) fn swept(row: &PgRow) -> Result<(UnixTime, Swept), Failure> {
    let table: String = row.try_get(1)?;
    let key = parse_key(&table, row.try_get(2)?)?;
    Ok((parse_time(row.try_get(0)?), Swept { table, key }))
}

pub(super) fn parse_format(table: Table, found: i32) -> Result<u16, Failure> {
    u16::try_from(found).map_err(|_| senseless(table.name(), "format"))
}

/// Seconds as the database has them: every number has its place, in the same order.
pub(super) fn time(time: UnixTime) -> i64 {
    (time.as_seconds() ^ SIGN).cast_signed()
}

/// Seconds as clocks count them; a clock that stands before 1970 stands at its beginning.
pub(super) fn of_unix(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(u64::try_from(seconds).unwrap_or(0))
}

fn parse_time(found: i64) -> UnixTime {
    UnixTime::from_seconds(found.cast_unsigned() ^ SIGN)
}

fn parse_key(table: &str, bytes: &[u8]) -> Result<Key, Failure> {
    Key::new(bytes).map_err(|_| senseless(table, "key or owner"))
}

fn senseless(table: &str, column: &str) -> Failure {
    Failure::corrupt(format!("a record of {table} has a {column} that makes no sense"))
}

const SIGN: u64 = 1 << 63;
