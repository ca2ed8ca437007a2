use std::{
    future::Future,
    task::{Context, Waker},
    time::Duration,
};

use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn h24_a_lookup_nobody_waits_for_keeps_its_place() {
    let lookup = SystemLookup::new(1);
    let mut abandoned = Box::pin(lookup.addresses("localhost"));
    assert!(abandoned.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(abandoned);
    assert_eq!(lookup.threads.available_permits(), 0);
    // The next lookup gets its turn once the thread is back.
    let addresses = lookup.addresses("localhost").await.unwrap();
    assert!(!addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback), "{addresses:?}");
}

#[tokio::test]
async fn h24_lookups_beyond_the_bound_wait() {
    let lookup = SystemLookup::new(1);
    let running = lookup.threads.acquire().await.unwrap();
    let waiting = timeout(Duration::from_millis(200), lookup.addresses("localhost"));
    assert!(waiting.await.is_err());
    drop(running);
    assert!(lookup.addresses("localhost").await.is_ok());
}
