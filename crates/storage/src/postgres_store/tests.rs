use std::time::Duration;

use sqlx::{Connection, PgConnection};
use test_support::postgres::PostgresServer;

use super::*;
use crate::{Record, contract};

mod faults;
mod hostile;
mod keeping;
mod opening;
mod proxy;
mod sharing;
mod tls;

const THINGS: Table = Table::new("things", 1);

fn settings(url: &str) -> PostgresSettings {
    PostgresSettings::new(url).unwrap()
}

async fn connect(url: &str) -> PostgresStore {
    PostgresStore::connect(&settings(url)).await.unwrap()
}

/// A store in a database of its own, and the URL of that.
async fn fresh() -> (String, PostgresStore) {
    let url = PostgresServer::shared().database();
    let store = connect(&url).await;
    (url, store)
}

/// A connection of the test's own.
async fn direct(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn execute(connection: &mut PgConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.unwrap();
}

fn record(body: impl Into<Vec<u8>>) -> Record {
    Record::new(THINGS, UnixTime::from_seconds(4_000_000_000), body)
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}
