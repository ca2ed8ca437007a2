//! What the database must hold, and how it comes there.

use sqlx::{Connection, PgConnection, Row};

use super::{connect_error::ConnectError, failure::Failure};
use crate::StoreError;

/// Refuses a database that has no store, or not that of this program.
pub(super) async fn look(connection: &mut PgConnection) -> Result<(), ConnectError> {
    match found(connection).await?.ok_or(ConnectError::Empty)? {
        (KNOWN, _) => Ok(()),
        (found, _) if found < KNOWN => Err(ConnectError::Older { found, known: KNOWN }),
        (found, written_by) => Err(ConnectError::Newer { found, known: KNOWN, written_by }),
    }
}

/// Brings the store to this program's schema, in one transaction; whoever else wants to waits meanwhile.
pub(super) async fn migrate(connection: &mut PgConnection) -> Result<(), ConnectError> {
    match look(connection).await {
        Err(ConnectError::Empty | ConnectError::Older { .. }) => {}
        other => return other,
    }
    let mut transaction = connection.begin().await.map_err(refused)?;
    for statement in [TAKE_YOUR_TIME, LOCK] {
        sqlx::query(statement).execute(&mut *transaction).await.map_err(refused)?;
    }
    match look(&mut transaction).await {
        Err(ConnectError::Empty) => apply(&mut transaction, 0).await?,
        Err(ConnectError::Older { found, .. }) => apply(&mut transaction, found).await?,
        other => return other,
    }
    transaction.commit().await.map_err(refused)
}

async fn apply(connection: &mut PgConnection, found: u32) -> Result<(), ConnectError> {
    // Asked for even if it is there, its creation would need more rights.
    let there: bool = sqlx::query_scalar(SCHEMA_EXISTS).fetch_one(&mut *connection).await.map_err(refused)?;
    if !there {
        sqlx::raw_sql("CREATE SCHEMA mcp_gateway").execute(&mut *connection).await.map_err(refused)?;
    }
    for migration in MIGRATIONS.iter().skip(found as usize) {
        sqlx::raw_sql(*migration).execute(&mut *connection).await.map_err(refused)?;
    }
    let note = sqlx::query(NOTE).bind(KNOWN.cast_signed()).bind(env!("CARGO_PKG_VERSION"));
    note.execute(connection).await.map_err(refused).map(drop)
}

/// The schema that is there, and the version of the program that wrote it.
async fn found(connection: &mut PgConnection) -> Result<Option<(u32, String)>, ConnectError> {
    let there: bool = sqlx::query_scalar(STORE_EXISTS).fetch_one(&mut *connection).await.map_err(refused)?;
    if !there {
        return Ok(None);
    }
    let row = sqlx::query(FOUND).fetch_all(connection).await.map_err(refused)?;
    let [row] = row.as_slice() else { return Err(ConnectError::Damaged) };
    let version: i32 = row.try_get(0).map_err(|_| ConnectError::Damaged)?;
    let written_by = row.try_get(1).map_err(|_| ConnectError::Damaged)?;
    Ok(Some((u32::try_from(version).map_err(|_| ConnectError::Damaged)?, written_by)))
}

fn refused(error: sqlx::Error) -> ConnectError {
    let reason = match Failure::from(error) {
        Failure::Answer(StoreError::Corrupt(reason))
        | Failure::Conflict(reason)
        | Failure::Refused(reason)
        | Failure::Lost(reason) => reason,
        Failure::Answer(other) => other.to_string(),
    };
    ConnectError::Schema { reason }
}

const MIGRATIONS: [&str; KNOWN as usize] = [include_str!("migrations/0001_records.sql")];
/// This program's schema; part of what is promised to whoever goes back to an older program.
pub(super) const KNOWN: u32 = 1;

/// Asked of the tables of the database itself: functions that look for a name may remember that there was nothing,
/// over the wait for the lock.
const STORE_EXISTS: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS it
    JOIN pg_catalog.pg_namespace AS its ON it.relnamespace = its.oid
    WHERE it.relname = 'schema' AND its.nspname = 'mcp_gateway')";
const SCHEMA_EXISTS: &str =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'mcp_gateway')";
const FOUND: &str = "SELECT version, written_by FROM mcp_gateway.schema";
const NOTE: &str = "UPDATE mcp_gateway.schema SET version = $1, written_by = $2";
const TAKE_YOUR_TIME: &str = "SET LOCAL statement_timeout = '60s'";
/// Any number will do, as long as it stays the same.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7163381206194318701)";
