//! What every [`RecordStore`] must keep to, as one suite that each implementation runs.
//!
//! ```
//! use std::sync::Arc;
//! use storage::{MemoryStore, RecordStore, contract};
//!
//! # tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?.block_on(
//! contract::check(async || Arc::new(MemoryStore::new()) as Arc<dyn RecordStore>)
//! # )?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Run it on a runtime with several threads: a good part of it are races.

mod expiry;
mod feed;
mod formats;
mod owners;
mod pages;
mod races;
mod single;

use std::sync::Arc;

use oauth_types::UnixTime;

use crate::{ChangeFeed, Key, Record, RecordStore, StoreError, Table};

/// Runs the suite; each of its rows gets an empty store from `make_store`.
///
/// # Errors
///
/// Whatever the store answers where it must not fail.
///
/// # Panics
///
/// Where the store breaks the contract; the message says how.
pub async fn check(make_store: impl AsyncFn() -> Arc<dyn RecordStore>) -> Result<(), StoreError> {
    single::inserts_once(&*make_store().await).await?;
    single::takes_once(&*make_store().await).await?;
    single::swaps_the_expected_revision_only(&*make_store().await).await?;
    single::never_reuses_a_revision(&*make_store().await).await?;
    single::writes_under_a_chosen_revision(&*make_store().await).await?;
    single::puts_and_removes(&*make_store().await).await?;
    single::keeps_tables_apart(&*make_store().await).await?;
    single::keeps_bytes_as_they_are(&*make_store().await).await?;
    single::refuses_large_bodies(&*make_store().await).await?;
    pages::scans_in_the_order_of_keys(&*make_store().await).await?;
    pages::scans_a_prefix(&*make_store().await).await?;
    owners::deletes_all_of_an_owner(&*make_store().await).await?;
    owners::follows_a_change_of_owner(&*make_store().await).await?;
    expiry::returns_expired_records_until_they_are_swept(&*make_store().await).await?;
    expiry::sweeps_the_oldest_first(&*make_store().await).await?;
    expiry::follows_a_change_of_expiry(&*make_store().await).await?;
    formats::never_returns_nor_replaces_a_newer_format(&*make_store().await).await?;
    formats::removes_whatever_format(&*make_store().await).await?;
    for contenders in [8, 32] {
        races::one_inserts(make_store().await, contenders).await?;
        races::one_takes(make_store().await, contenders).await?;
        races::one_swaps(make_store().await, contenders).await?;
        races::counts_every_swap(make_store().await, contenders).await?;
        races::deletion_by_owner_is_one_act(make_store().await, contenders).await?;
    }
    Ok(())
}

/// Runs the suite of a store that several processes share; each of its rows gets an empty one from `make_store`.
///
/// # Errors
///
/// Whatever the store answers where it must not fail.
///
/// # Panics
///
/// Where the store breaks the contract; the message says how.
pub async fn check_feed<S>(make_store: impl AsyncFn() -> Arc<S>) -> Result<(), StoreError>
where
    S: RecordStore + ChangeFeed + 'static,
{
    feed::tells_what_was_written(&*make_store().await).await?;
    feed::tells_writes_of_a_chosen_revision(&*make_store().await).await?;
    feed::keeps_tables_apart(&*make_store().await).await?;
    feed::begins_anew_after_a_foreign_position(&*make_store().await).await?;
    feed::passes_nothing_over(make_store().await).await
}

const THINGS: Table = Table::new("things", 3);
/// Its name begins like that of [`THINGS`], so that an implementation which mixes names with keys is found out.
const THINGS_2: Table = Table::new("things_2", 1);

fn key(text: &str) -> Key {
    Key::new(text).unwrap_or_else(|_| Key::of([0]))
}

/// A record of [`THINGS`] that expires long after every `now` of the suite.
fn record(body: &str) -> Record {
    Record::new(THINGS, UnixTime::from_seconds(4_000_000_000), body)
}

fn expiring(seconds: u64) -> Record {
    Record { expires_at: UnixTime::from_seconds(seconds), ..record("") }
}
