use std::sync::Arc;

use oauth_types::SystemEntropy;

use super::*;
use crate::{ChosenRevision, Expected, contract};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keeps_the_contract() -> Result<(), StoreError> {
    contract::check(async || Arc::new(MemoryStore::new()) as Arc<dyn RecordStore>).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tells_what_was_written() -> Result<(), StoreError> {
    contract::check_feed(async || Arc::new(MemoryStore::new())).await
}

#[tokio::test]
async fn gives_equal_revisions_to_equal_calls() -> Result<(), StoreError> {
    const TABLE: Table = Table::new("things", 1);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let store = MemoryStore::new();
        for byte in [1, 2, 1] {
            store.put(TABLE, &Key::of([byte]), Record::new(TABLE, UnixTime::EPOCH, [byte])).await?;
        }
        seen.push(store.scan(TABLE, None, 10).await?);
    }
    assert_eq!(seen[0], seen[1]);
    Ok(())
}

/// Revisions that writers choose are in no order, and what was told is not told again for them.
#[tokio::test]
async fn the_feed_counts_writes_and_not_revisions() -> Result<(), StoreError> {
    let (store, table) = (MemoryStore::new(), Table::new("things", 1));
    let record = Record::new(table, UnixTime::EPOCH, "");
    let mut position = store.position().await?;
    for it in 0..20_u8 {
        let (chosen, plain) = (Key::of([it, 0]), Key::of([it, 1]));
        let revision = ChosenRevision::random(&SystemEntropy);
        let write = Write::new(Expected::Nothing, record.clone()).numbered(revision);
        assert!(store.write(table, &chosen, write).await?);
        store.put(table, &plain, record.clone()).await?;
        let changes = store.changes(table, position).await?;
        let told: Vec<_> = changes.records.iter().map(|(key, _)| key.clone()).collect();
        assert_eq!(told, [chosen, plain]);
        position = changes.position;
    }
    Ok(())
}
