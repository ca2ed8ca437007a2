use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::*;
use crate::{Expected, Record, contract};

mod backups;
mod faults;
mod migration;
mod opening;
mod sharing;

const THINGS: Table = Table::new("things", 1);

/// An empty folder, and the settings of a store in it that waits for nobody.
fn settings() -> (TempDir, RedbSettings) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = RedbSettings::new(folder.path().join("state.redb"));
    settings.lock_wait = std::time::Duration::ZERO;
    (folder, settings)
}

fn record(body: impl Into<Vec<u8>>) -> Record {
    Record::new(THINGS, UnixTime::from_seconds(4_000_000_000), body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keeps_the_contract() -> Result<(), StoreError> {
    let folders = Mutex::new(Vec::new());
    contract::check(async || {
        let (folder, settings) = settings();
        folders.lock().unwrap().push(folder);
        Arc::new(RedbStore::open_or_create(&settings).unwrap()) as Arc<dyn RecordStore>
    })
    .await
}
