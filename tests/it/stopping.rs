//! The end, as load balancers and clients see it.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use http_body_util::BodyExt;
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use crate::support::{Gateway, ISSUER, Issuer, call, get, open, tool_call};

/// Long enough for a busy machine; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `/readyz` says that the gateway is stopping.
async fn is_told_that_it_stops(gateway: &Gateway) {
    let began = Instant::now();
    loop {
        let probe = get(&gateway.url("/readyz")).await;
        if probe.status == 503 {
            assert_eq!(probe.json()["error"], "temporarily_unavailable");
            return;
        }
        assert!(began.elapsed() < PATIENCE, "still ready:\n{}", gateway.output());
    }
}

fn takes_connections(gateway: &Gateway) -> bool {
    TcpStream::connect(gateway.address()).is_ok()
}

#[tokio::test]
async fn load_balancers_are_told_before_the_listener_closes() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let mut gateway = Gateway::before(&address, &issuer, "[limits]\nshutdown_delay = \"5m\"\n");
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    assert_eq!(get(&gateway.url("/readyz")).await.status, 200);

    gateway.signal("TERM");
    gateway.wait_for("not ready from now on; new requests are taken for another 300s");
    is_told_that_it_stops(&gateway).await;
    gateway.wait_for("stopping");
    assert_eq!(get(&gateway.url("/healthz")).await.status, 200);
    assert_eq!(call(tool_call(&url, Some(&token))).await.status, 200);
    assert_eq!(call(tool_call(&url, None)).await.status, 401);

    gateway.signal("TERM");
    gateway.wait_for("cutting what is under way");
    assert!(gateway.wait().success());
}

#[tokio::test]
async fn the_listener_closes_after_the_delay_and_without_one_at_once() {
    for (further, delay) in
        [("[limits]\nshutdown_delay = \"2s\"\n", Duration::from_secs(2)), ("", Duration::ZERO)]
    {
        let mut gateway = Gateway::before("http://127.0.0.1:1/", &Issuer::new(ISSUER), further);
        let began = Instant::now();
        gateway.signal("TERM");
        while takes_connections(&gateway) {
            assert!(began.elapsed() < PATIENCE, "new connections are still taken");
            tokio::task::yield_now().await;
        }
        assert!(began.elapsed() >= delay, "{further}: closed after {:?}", began.elapsed());
        assert!(gateway.wait().success());
        assert_eq!(gateway.output().contains("not ready from now on"), !delay.is_zero());
    }
}

/// Stops a gateway while a call is answered by a stream, with a second signal if `is_cut`; whether the stream comes to
/// a proper end, and after how long.
async fn a_call_ends_properly(is_cut: bool) -> (bool, Duration) {
    let issuer = Issuer::new(ISSUER);
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let address = upstream.uri("/mcp").to_string();
    let grace = if is_cut { "10m" } else { "3s" };
    let mut gateway = Gateway::before(&address, &issuer, &format!("[limits]\nshutdown = \"{grace}\"\n"));
    let url = gateway.url("/mcp");
    let mut stream = open(tool_call(&url, Some(&issuer.token(&url).sign()))).await;
    events.send("data: 1\n\n").await.unwrap();
    assert!(stream.frame().await.unwrap().is_ok());
    let began = Instant::now();
    gateway.signal("TERM");
    gateway.wait_for("stopping");
    // It is no stream that only listens: what the call brings still arrives.
    events.send("data: 2\n\n").await.unwrap();
    assert_eq!(stream.frame().await.unwrap().unwrap().into_data().unwrap(), "data: 2\n\n");
    if is_cut {
        gateway.signal("TERM");
    }
    let end = stream.frame().await;
    let lasted = began.elapsed();
    assert!(gateway.wait().success());
    (end.is_none(), lasted)
}

#[tokio::test]
async fn a_stream_of_a_call_is_ended_a_second_before_the_grace_is_up() {
    let (is_proper, lasted) = a_call_ends_properly(false).await;
    assert!(is_proper, "an end, and no cut");
    assert!(lasted >= Duration::from_secs(2), "ended after {lasted:?}");
    let (is_proper, _) = a_call_ends_properly(true).await;
    assert!(!is_proper, "a second signal cuts");
}
