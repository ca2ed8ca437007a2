use std::{
    future::Future,
    sync::mpsc,
    task::{Context, Waker},
    time::Duration,
};

use tokio::{runtime::Builder, time::timeout};

use super::*;

#[test]
fn h24_a_lookup_nobody_waits_for_keeps_its_place() {
    let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        // The only thread for lookups is busy, as with a resolver that does not answer.
        let (release, busy) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || busy.recv());
        let lookup = SystemLookup::new(1);
        let mut abandoned = Box::pin(lookup.addresses("localhost"));
        assert!(abandoned.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(abandoned);
        for _ in 0..9 {
            tokio::task::yield_now().await;
            assert_eq!(lookup.threads.available_permits(), 0);
        }
        drop(release);
        // The next lookup gets its turn once the thread is back.
        let addresses = lookup.addresses("localhost").await.unwrap();
        assert!(!addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback), "{addresses:?}");
    });
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
