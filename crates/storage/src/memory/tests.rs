use std::sync::Arc;

use super::*;
use crate::contract;

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
