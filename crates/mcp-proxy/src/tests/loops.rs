use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::Request as Incoming;
use axum::response::Response as Outgoing;
use tokio::net::TcpListener;

use super::*;

/// Serves what `proxy` forwards, as a gateway does.
fn serve(listener: TcpListener, proxy: Arc<Proxy>, passes: Arc<AtomicUsize>) {
    let router = axum::Router::new().fallback(move |request: Incoming| async move {
        passes.fetch_add(1, Ordering::SeqCst);
        match proxy.forward(request, alice()).await {
            Ok(answer) => answer.map(Body::new),
            Err(error) => {
                let mut answer = Outgoing::new(Body::empty());
                *answer.status_mut() = error.status();
                answer
            }
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
}

async fn listen() -> (TcpListener, UpstreamTarget) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/mcp", listener.local_addr().unwrap());
    (listener, UpstreamTarget::Http(uri.parse().unwrap()))
}

#[tokio::test]
async fn e49_a_gateway_that_is_its_own_upstream_stops_after_one_pass() {
    let (listener, target) = listen().await;
    let proxy = Arc::new(proxy(UpstreamSettings::new("/mcp", target)));
    let passes = Arc::new(AtomicUsize::new(0));
    serve(listener, Arc::clone(&proxy), Arc::clone(&passes));
    let answer = proxy.forward(post(&[]), alice()).await.unwrap();
    assert_eq!((answer.status().as_u16(), passes.load(Ordering::SeqCst)), (508, 1));
}

#[tokio::test]
async fn e49_a_loop_over_two_gateways_stops_too() {
    let ((first_listener, first), (second_listener, second)) = (listen().await, listen().await);
    let to_second = Arc::new(proxy(UpstreamSettings::new("/a", second)));
    let to_first = Arc::new(proxy(UpstreamSettings::new("/b", first)));
    let passes = Arc::new(AtomicUsize::new(0));
    serve(first_listener, Arc::clone(&to_second), Arc::clone(&passes));
    serve(second_listener, to_first, Arc::clone(&passes));
    let answer = to_second.forward(post(&[]), alice()).await.unwrap();
    assert_eq!((answer.status().as_u16(), passes.load(Ordering::SeqCst)), (508, 2));
}

#[tokio::test]
async fn e49_a_chain_of_two_gateways_is_no_loop() {
    let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
    let (listener, target) = listen().await;
    serve(listener, Arc::new(proxy_to(&upstream)), Arc::default());
    let first = proxy(UpstreamSettings::new("/mcp", target));
    let answer = first.forward(post(&[("via", "1.1 corporate-proxy, 2 cdn")]), alice()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let via: Vec<_> = upstream.request().headers.get_all("via").iter().cloned().collect();
    assert_eq!(via.len(), 2, "both gateways, and nobody else: {via:?}");
    assert_ne!(via[0], via[1]);
}
