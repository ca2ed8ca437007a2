//! One connection: how it is opened, and what is checked before it is used.

use std::time::Duration;

use sqlx::{Connection, Error, PgConnection, Row};

use super::{connect_error::ConnectError, url::Host};

/// How a connection behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) statement_timeout: Duration,
    /// Whether the database shall refuse every change.
    pub(super) read_only: bool,
}

/// Connects, and refuses a server that does not take changes: it may lag behind the one that does.
pub(super) async fn open(host: &Host, rules: Rules) -> Result<PgConnection, ConnectError> {
    let failed = |error| ConnectError::of(&host.place, error);
    let mut connection = PgConnection::connect_with(&host.options).await.map_err(failed)?;
    if let Some(found) = connection.server_version_num().filter(|it| *it < OLDEST_VERSION) {
        return Err(ConnectError::TooOld { place: host.place.clone(), found: found / 10_000 });
    }
    let writable = prepare(&mut connection, rules).await.map_err(failed)?;
    if !writable {
        return Err(ConnectError::ReadOnly { place: host.place.clone() });
    }
    Ok(connection)
}

/// Sets what must not depend on the server's defaults; answers whether the server takes changes.
async fn prepare(connection: &mut PgConnection, rules: Rules) -> Result<bool, Error> {
    let timeout = rules.statement_timeout.as_millis().clamp(1, i32::MAX as u128).to_string();
    let row = sqlx::query(PREPARE)
        .persistent(false)
        .bind(timeout)
        .bind(if rules.read_only { "on" } else { "off" })
        .fetch_one(connection)
        .await?;
    row.try_get(0)
}

/// What is set later in the list does not change the transaction that this is.
const PREPARE: &str = "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off',
    set_config('statement_timeout', $1, false),
    set_config('default_transaction_read_only', $2, false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('synchronous_commit', 'on', false),
    set_config('row_security', 'off', false),
    set_config('idle_in_transaction_session_timeout', '60s', false)";
/// The first one with transaction numbers of 64 bits.
const OLDEST_VERSION: u32 = 130_000;
