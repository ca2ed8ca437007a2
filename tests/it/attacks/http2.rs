//! The same gates on HTTP/2, and what only HTTP/2 can say wrongly (E12).

use super::{
    gateway::{BODY, Gateway, HOST},
    http2_wire::{Field, Http2, Outcome},
};

const PSEUDO: [Field<'static>; 4] =
    [(":method", "POST"), (":scheme", "http"), (":authority", HOST), (":path", "/mcp")];

/// A POST with these fields after the pseudo fields.
fn post<'a>(fields: &[Field<'a>]) -> Vec<Field<'a>> {
    PSEUDO.iter().chain(fields).copied().collect()
}

/// A good POST in which one pseudo field is another.
fn replacing<'a>(name: &str, value: &'a str, token: &'a str) -> Vec<Field<'a>> {
    let mut fields = post(&[("authorization", token)]);
    fields.iter_mut().find(|(it, _)| *it == name).unwrap().1 = value;
    fields
}

async fn ask(gateway: &Gateway, fields: &[Field<'_>]) -> Outcome {
    Http2::connect(gateway.address).await.ask(fields, BODY).await
}

#[tokio::test]
async fn a01_a02_a14_each_stream_needs_one_token_of_its_own() {
    let gateway = Gateway::start().await;
    let good = format!("Bearer {}", gateway.token().sign());
    let mut wire = Http2::connect(gateway.address).await;
    for (fields, status) in [
        (post(&[("authorization", &good)]), 200),
        (post(&[]), 401),
        (post(&[("authorization", &good), ("authorization", &good)]), 400),
        (post(&[("authorization", &good), ("authorization", "Bearer bad")]), 400),
        (post(&[("authorization", "Bearer bad"), ("authorization", &good)]), 400),
        (post(&[("authorization", "Bearer bad")]), 401),
        (post(&[("cookie", &good), ("proxy-authorization", &good)]), 401),
        (post(&[("authorization", &good)]), 200),
    ] {
        assert_eq!(wire.ask(&fields, BODY).await, Outcome::Status(status), "{fields:?}");
    }
    assert_eq!(gateway.upstream.requests().len(), 2);
}

#[tokio::test]
async fn a10_large_and_many_headers_are_431_on_http_2_too() {
    let gateway = Gateway::start().await;
    let good = format!("Bearer {}", gateway.token().sign());
    let large = "a".repeat(15 * 1024);
    let refused = post(&[("authorization", &good), ("x-a", &large), ("x-b", &large), ("x-c", &large)]);
    // Frames of at most 16 KiB: one value is larger than what fits, so the block is continued.
    let mut wire = Http2::connect(gateway.address).await;
    assert_eq!(continued(&mut wire, &refused).await, Outcome::Status(431));
    let names: Vec<String> = (0..101).map(|it| format!("x-{it}")).collect();
    let many = |count: usize| {
        let mut fields = post(&[("authorization", &good)]);
        fields.extend(names[..count].iter().map(|it| (it.as_str(), "a")));
        fields
    };
    assert_eq!(ask(&gateway, &many(101)).await, Outcome::Status(431));
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(ask(&gateway, &many(90)).await, Outcome::Status(200));
}

/// Sends a block in several frames.
async fn continued(wire: &mut Http2, fields: &[Field<'_>]) -> Outcome {
    use super::http2_wire::{CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, block, frame};
    let stream = wire.next_stream();
    let block = block(fields);
    let pieces: Vec<_> = block.chunks(16 * 1024).collect();
    for (number, piece) in pieces.iter().enumerate() {
        let kind = if number == 0 { HEADERS } else { CONTINUATION };
        let flags = if number + 1 == pieces.len() { END_HEADERS } else { 0 };
        wire.send(&frame(kind, flags, stream, piece)).await;
    }
    wire.send(&frame(DATA, END_STREAM, stream, BODY.as_bytes())).await;
    wire.outcome(stream).await
}

#[tokio::test]
async fn e12_fields_that_would_split_or_frame_a_request_anew_are_refused() {
    let gateway = Gateway::start().await;
    let good = format!("Bearer {}", gateway.token().sign());
    let good = good.as_str();
    let length = BODY.len().to_string();
    for field in [
        ("x", "a\r\nx-injected: b"),
        ("x", "a\nb"),
        ("x", "a\rb"),
        ("x", "a\0b"),
        ("x\r\ny", "a"),
        ("x: y", "a"),
        ("X-Upper", "a"),
        ("", "a"),
        ("connection", "close"),
        ("transfer-encoding", "chunked"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("upgrade", "websocket"),
        ("te", "gzip"),
        ("content-length", "1"),
        ("content-length", "1000"),
        ("content-length", "+1"),
        (":path", "/mcp"),
        (":method", "GET"),
        (":status", "200"),
        (":unknown", "a"),
        ("host", "evil.example"),
    ] {
        let outcome = ask(&gateway, &post(&[("authorization", good), field])).await;
        assert!(is_refusal(outcome), "{field:?}: {outcome:?}");
    }
    for (name, value) in [
        (":path", "/mcp HTTP/1.1\r\nx: y"),
        (":path", "/mcp x"),
        (":path", ""),
        (":path", "mcp"),
        (":path", "//mcp"),
        (":path", "http://evil.example/mcp"),
        (":method", "PO ST"),
        (":method", "POST /mcp HTTP/1.1\r\nx: y\r\n\r\nGET"),
        (":method", ""),
        (":authority", "evil.example"),
        (":authority", "user@mcp.example"),
        (":authority", "mcp.example\r\nx: y"),
        (":scheme", "ht tp"),
    ] {
        let outcome = ask(&gateway, &replacing(name, value, good)).await;
        assert!(is_refusal(outcome), "{name} {value:?}: {outcome:?}");
    }
    assert!(gateway.upstream.requests().is_empty(), "{:?}", gateway.upstream.requests());
    let whole = post(&[("authorization", good), ("content-length", &length), ("te", "trailers")]);
    assert_eq!(ask(&gateway, &whole).await, Outcome::Status(200));
    assert_eq!(gateway.upstream.request().body, BODY);
}

#[tokio::test]
async fn e12_pseudo_fields_are_complete_and_come_first() {
    let gateway = Gateway::start().await;
    let good = format!("Bearer {}", gateway.token().sign());
    for left_out in [":method", ":path", ":authority"] {
        let mut fields = post(&[("authorization", &good)]);
        fields.retain(|(name, _)| *name != left_out);
        let outcome = ask(&gateway, &fields).await;
        assert!(is_refusal(outcome), "without {left_out}: {outcome:?}");
    }
    let mut late = vec![("authorization", good.as_str())];
    late.extend(PSEUDO);
    assert!(is_refusal(ask(&gateway, &late).await));
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(ask(&gateway, &post(&[("authorization", &good)])).await, Outcome::Status(200));
}

fn is_refusal(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Reset | Outcome::Ended | Outcome::Status(400 | 421))
}

#[tokio::test]
async fn e13_connect_opens_nothing_on_http_2() {
    let gateway = Gateway::start().await;
    let good = format!("Bearer {}", gateway.token().sign());
    let plain = [(":method", "CONNECT"), (":authority", "169.254.169.254:80"), ("authorization", &good)];
    let extended: Vec<_> = replacing(":method", "CONNECT", &good).into_iter().collect();
    let mut websocket = extended.clone();
    websocket.insert(0, (":protocol", "websocket"));
    for fields in [plain.as_slice(), &extended, &websocket] {
        let outcome = ask(&gateway, fields).await;
        assert!(is_refusal(outcome) || outcome == Outcome::Status(405), "{fields:?}: {outcome:?}");
    }
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(ask(&gateway, &post(&[("authorization", &good)])).await, Outcome::Status(200));
}

#[tokio::test]
async fn e14_a_refused_stream_leaves_the_others_alone() {
    let gateway = Gateway::start().await;
    let good = format!("Bearer {}", gateway.token().sign());
    let mut wire = Http2::connect(gateway.address).await;
    // Bodies that nobody reads, together larger than the window of the connection, then one that must be read.
    let unread = "x".repeat(16 * 1024);
    for _ in 0..200 {
        assert_eq!(wire.ask(&post(&[]), &unread).await, Outcome::Status(401));
    }
    assert_eq!(wire.ask(&post(&[("authorization", &good)]), BODY).await, Outcome::Status(200));
    assert_eq!(gateway.upstream.request().body, BODY);
}
