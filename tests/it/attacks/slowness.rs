//! Clients that take their time (E44).

use test_support::upstream::Answer;

use super::{
    gateway::{BODY, Gateway, HOST, Setup, bearer, post, request},
    http2_wire::{Field, HEADERS, Http2, Outcome, SETTINGS, block, frame},
};

/// A gateway whose patience is a second.
fn impatient() -> Setup {
    Setup::default()
        .sections("[limits]\nheader_read = \"1s\"\nbody_idle = \"1s\"\nidle = \"1s\"\nwrite_stall = \"1s\"\n")
}

#[tokio::test]
async fn e44_slow_heads_and_idle_connections_are_cut_and_others_are_served() {
    let gateway = impatient().start().await;
    let good = post("/mcp", &bearer(&gateway.token().sign()), BODY);
    let mut slow = Vec::new();
    for number in 0..200 {
        let mut wire = gateway.connect().await;
        // Nothing at all, the beginning of either protocol, half a head, and a head without its last byte.
        let beginnings = ["", "PRI * HTTP/2", "G", &good[..40], &good[..good.len() - BODY.len() - 1]];
        wire.send(beginnings[number % beginnings.len()]).await;
        slow.push(wire);
    }
    gateway.serves().await;
    for wire in &mut slow {
        if let Some(answer) = wire.message().await {
            assert_eq!(answer.status(), 408, "{answer:?}");
        }
    }
    let mut idle = gateway.connect().await;
    idle.send(&good).await;
    assert_eq!(idle.answer().await.status(), 200);
    assert!(idle.ends().await);
    gateway.serves().await;
}

#[tokio::test]
async fn e44_a_slow_head_after_a_request_is_cut_before_an_idle_connection() {
    let gateway = Setup::default().sections("[limits]\nheader_read = \"1s\"\nidle = \"1h\"\n").start().await;
    let good = post("/mcp", &bearer(&gateway.token().sign()), BODY);
    let mut idle = gateway.connect().await;
    for beginning in ["G", &good[..40], &good[..good.len() - BODY.len() - 1]] {
        let mut slow = gateway.connect().await;
        for wire in [&mut slow, &mut idle] {
            wire.send(&good).await;
            assert_eq!(wire.answer().await.status(), 200);
        }
        slow.send(beginning).await;
        assert!(slow.ends().await, "{beginning:?}");
    }
}

#[tokio::test]
async fn e44_a_slow_head_on_http_2_is_cut_too() {
    let gateway = impatient().start().await;
    for beginning in [vec![], frame(HEADERS, 0, 1, &block(&[(":method", "POST")]))] {
        let mut wire = Http2::connect(gateway.address).await;
        wire.send(&beginning).await;
        assert_eq!(wire.outcome(1).await, Outcome::Ended);
    }
    gateway.serves().await;
}

#[tokio::test]
async fn e44_a_body_that_does_not_come_is_408_and_the_upstream_sees_no_request() {
    let gateway = impatient().start().await;
    let good = bearer(&gateway.token().sign());
    let mut wires = Vec::new();
    for framing in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut wire = gateway.connect().await;
        wire.send(request("POST", "/mcp", &format!("{good}{framing}"))).await;
        wire.send("5\r\nslow").await;
        wires.push(wire);
    }
    for wire in &mut wires {
        assert_eq!(wire.answer().await.status(), 408);
        assert!(wire.ends().await);
    }
    assert!(gateway.upstream.requests().is_empty());
    gateway.serves().await;
}

#[tokio::test]
async fn e44_a_reader_that_stops_is_let_go() {
    let (events, answer) = Answer::events();
    let mut answers = vec![answer];
    let gateway =
        impatient().start_before(move |_| answers.pop().unwrap_or_else(|| Answer::json("{}"))).await;
    let mut wire = gateway.connect().await;
    wire.send(request("GET", "/mcp", &bearer(&gateway.token().sign()))).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    // More than all buffers between hold, and nobody reads.
    let event = format!("data: {}\n\n", "x".repeat(64 * 1024));
    let feeding = async { while events.send(event.clone()).await.is_ok() {} };
    tokio::time::timeout(super::gateway::PATIENCE, feeding).await.expect("the stream is cut");
    gateway.serves().await;
    let memory = gateway.memory_kib();
    assert!(memory < 128 * 1024, "{memory} KiB");
    drop(wire);
}

/// A request of HTTP/2 by `method`.
fn fields<'a>(method: &'a str, token: &'a str) -> [Field<'a>; 5] {
    [
        (":method", method),
        (":scheme", "http"),
        (":authority", HOST),
        (":path", "/mcp"),
        ("authorization", token),
    ]
}

#[tokio::test]
async fn e44_a_client_of_http_2_that_only_pings_is_let_go() {
    let (events, answer) = Answer::events();
    let mut answers = vec![answer];
    let gateway =
        impatient().start_before(move |_| answers.pop().unwrap_or_else(|| Answer::json("{}"))).await;
    let good = format!("Bearer {}", gateway.token().sign());
    let mut listening = Http2::connect(gateway.address).await;
    assert_eq!(listening.ask(&fields("GET", &good), "").await, Outcome::Status(200));
    let mut idle = Http2::connect(gateway.address).await;
    assert_eq!(idle.ask(&fields("POST", &good), BODY).await, Outcome::Status(200));
    // Each answer to a ping is the time for the next; none of them is a request.
    let pinging = async { while idle.ping().await {} };
    tokio::time::timeout(super::gateway::PATIENCE, pinging).await.expect("it is let go");
    // Its stream keeps the other one, which answers pings too.
    events.send("data: 1\n\n").await.unwrap();
    assert_eq!(listening.ask(&fields("POST", &good), BODY).await, Outcome::Status(200));
}

/// A client that takes so many bytes of each answer (`SETTINGS_INITIAL_WINDOW_SIZE`).
async fn with_window(gateway: &Gateway, window: u8) -> Http2 {
    let mut wire = Http2::connect(gateway.address).await;
    wire.send(&frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, window])).await;
    wire
}

#[tokio::test]
async fn e44_a_client_of_http_2_that_takes_nothing_is_cut() {
    let gateway = Setup::default().sections("[limits]\nwrite_stall = \"1s\"\n").start().await;
    let good = format!("Bearer {}", gateway.token().sign());
    let mut other = Http2::connect(gateway.address).await;
    assert_eq!(other.ask(&fields("POST", &good), BODY).await, Outcome::Status(200));
    for (token, status) in [("Bearer bad", 401), (good.as_str(), 200)] {
        let mut wire = with_window(&gateway, 0).await;
        for _ in 0..10 {
            assert_eq!(wire.ask(&fields("POST", token), BODY).await, Outcome::Status(status));
        }
        let never = wire.next_stream();
        assert_eq!(wire.outcome(never).await, Outcome::Ended);
    }
    // This one was idle for longer than that, but it had taken its answer.
    assert_eq!(other.ask(&fields("POST", &good), BODY).await, Outcome::Status(200));
}

#[tokio::test]
async fn e44_a_client_of_http_2_that_takes_no_events_is_cut() {
    let (events, answer) = Answer::events();
    let mut answers = vec![answer];
    let gateway = Setup::default()
        .sections("[limits]\nwrite_stall = \"1s\"\n")
        .start_before(move |_| answers.pop().unwrap_or_else(|| Answer::json("{}")))
        .await;
    let good = format!("Bearer {}", gateway.token().sign());
    let mut wire = with_window(&gateway, 1).await;
    assert_eq!(wire.ask(&fields("GET", &good), "").await, Outcome::Status(200));
    let feeding = async { while events.send("data: x\n\n").await.is_ok() {} };
    let never = wire.next_stream();
    let (outcome, ()) = tokio::join!(wire.outcome(never), feeding);
    assert_eq!(outcome, Outcome::Ended);
    gateway.serves().await;
}

#[tokio::test]
async fn e44_connections_beyond_the_limit_are_closed_and_do_no_harm() {
    let gateway: Gateway = Setup::default().sections("[limits]\nconnections = 8\n").start().await;
    let mut wires = Vec::new();
    for _ in 0..8 {
        let mut wire = gateway.connect().await;
        wire.send(request("GET", "/healthz", "")).await;
        assert_eq!(wire.answer().await.status(), 200);
        wires.push(wire);
    }
    assert!(gateway.connect().await.ends().await);
    let mut first = wires.remove(0);
    first.send(post("/mcp", &bearer(&gateway.token().sign()), BODY)).await;
    assert_eq!(first.answer().await.status(), 200);
}
