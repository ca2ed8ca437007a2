//! The contract, on both tables.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keeps_the_contract() -> Result<(), StoreError> {
    let (url, store) = fresh().await;
    contract::check(async || {
        empty(&url).await;
        Arc::new(store.clone()) as Arc<dyn RecordStore>
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keeps_the_contract_in_passing() -> Result<(), StoreError> {
    let (url, store) = fresh().await;
    contract::check(async || {
        empty(&url).await;
        Arc::new(store.passing()) as Arc<dyn RecordStore>
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keeps_the_contract_of_a_feed() -> Result<(), StoreError> {
    let (url, store) = fresh().await;
    for store in [store.clone(), store.passing()] {
        contract::check_feed(async || {
            empty(&url).await;
            Arc::new(store.clone())
        })
        .await?;
    }
    Ok(())
}

async fn empty(url: &str) {
    execute(&mut direct(url).await, "TRUNCATE mcp_gateway.records, mcp_gateway.passing").await;
}
