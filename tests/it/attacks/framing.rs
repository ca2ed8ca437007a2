//! Where a request ends: nobody but its sender may decide that, and only once (E08 to E14).

use std::net::SocketAddr;

use tokio::{net::TcpListener, sync::mpsc};

use super::{
    gateway::{BODY, Gateway, Setup, bearer, post, request},
    wire::{Message, Wire},
};

/// An upstream that tells how each request was framed.
async fn tap() -> (SocketAddr, mpsc::UnboundedReceiver<Message>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut wire = Wire::of(stream);
                while let Some(request) = wire.message().await {
                    seen.send(request).ok();
                    wire.send(
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
                    )
                    .await;
                }
            });
        }
    });
    (address, requests)
}

/// A POST with these framing lines, and whatever follows its head.
fn framed(token: &str, framing: &str, rest: &str) -> String {
    format!("POST /mcp HTTP/1.1\r\nHost: mcp.example\r\n{}{framing}\r\n{rest}", bearer(token))
}

fn chunked(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
}

/// Sends `bytes` and demands a refusal after which the connection ends.
async fn refused(gateway: &Gateway, bytes: impl AsRef<[u8]>) {
    let bytes = bytes.as_ref();
    let mut wire = gateway.connect().await;
    wire.send(bytes).await;
    let answer = wire.answer().await;
    assert_eq!(answer.status(), 400, "{answer:?} to {}", String::from_utf8_lossy(bytes));
    assert!(wire.ends().await, "still open after {}", String::from_utf8_lossy(bytes));
}

#[tokio::test]
async fn e08_two_framings_give_one_request_and_end_the_connection() {
    let (address, mut seen) = tap().await;
    let gateway = Setup::default().upstream(address).start().await;
    let token = gateway.token().sign();
    let smuggled = post("/mcp", &bearer(&token), r#"{"smuggled":true}"#);
    let whole = chunked(BODY).len() + smuggled.len();
    for framing in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n".to_owned(),
        format!("Content-Length: {whole}\r\nTransfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {whole}\r\n"),
    ] {
        let mut wire = gateway.connect().await;
        wire.send(framed(&token, &framing, &format!("{}{smuggled}", chunked(BODY)))).await;
        assert_eq!(wire.answer().await.status(), 200, "{framing}");
        assert!(wire.ends().await, "{framing}");
        let request = seen.recv().await.unwrap();
        assert_eq!(request.body, BODY);
        assert_ne!(
            request.header("content-length").is_some(),
            request.header("transfer-encoding").is_some(),
            "{request:?}"
        );
        assert!(seen.try_recv().is_err(), "smuggled after {framing}");
    }
    let mut wire = gateway.connect().await;
    let twice = post("/mcp", &bearer(&token), BODY).repeat(2);
    wire.send(twice).await;
    assert_eq!((wire.answer().await.status(), wire.answer().await.status()), (200, 200));
}

#[tokio::test]
async fn e09_framing_that_can_be_read_twice_is_refused() {
    let gateway = Gateway::start().await;
    let token = gateway.token().sign();
    let length = BODY.len();
    for framing in [
        format!("Content-Length: {length}\r\nContent-Length: 0\r\n"),
        format!("Content-Length: {length}, 0\r\n"),
        format!("Content-Length: +{length}\r\n"),
        format!("Content-Length: -{length}\r\n"),
        format!("Content-Length: 0x{length:x}\r\n"),
        format!("Content-Length: {length} {length}\r\n"),
        "Content-Length: 18446744073709551616\r\n".to_owned(),
        "Content-Length: \r\n".to_owned(),
    ] {
        refused(&gateway, framed(&token, &framing, BODY)).await;
    }
    for coding in [
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
    ] {
        refused(&gateway, framed(&token, coding, &chunked(BODY))).await;
    }
    let old =
        framed(&token, "Transfer-Encoding: chunked\r\n", &chunked(BODY)).replace("HTTP/1.1", "HTTP/1.0");
    refused(&gateway, old).await;
    assert!(gateway.upstream.requests().is_empty());
    let good = framed(&token, "Transfer-Encoding: Chunked\r\n", &chunked(BODY));
    assert_eq!(gateway.ask(good).await.status(), 200);
    assert_eq!(gateway.upstream.request().body, BODY);
}

#[tokio::test]
async fn e09_the_same_length_twice_reaches_the_upstream_as_one() {
    let (address, mut seen) = tap().await;
    let gateway = Setup::default().upstream(address).start().await;
    let length = format!("Content-Length: {}\r\n", BODY.len());
    let twice = framed(&gateway.token().sign(), &length.repeat(2), BODY);
    assert_eq!(gateway.ask(twice).await.status(), 200);
    let request = seen.recv().await.unwrap();
    assert_eq!(request.body, BODY);
    assert_eq!(request.headers.iter().filter(|(name, _)| name == "content-length").count(), 1);
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn e10_a_broken_chunk_ends_the_request_and_reaches_nobody() {
    let gateway = Gateway::start().await;
    let token = gateway.token().sign();
    let size = format!("{:x}", BODY.len());
    for rest in [
        format!("g\r\n{BODY}\r\n0\r\n\r\n"),
        format!("-{size}\r\n{BODY}\r\n0\r\n\r\n"),
        format!("0x{size}\r\n{BODY}\r\n0\r\n\r\n"),
        format!("10000000000000000{size}\r\n{BODY}\r\n0\r\n\r\n"),
        format!("{size}\n{BODY}\n0\n\n"),
        format!("{size}\r\n{BODY}X\r\n0\r\n\r\n"),
        format!("{size};{}\r\n{BODY}\r\n0\r\n\r\n", "x".repeat(64 * 1024)),
        format!("{size}\r\n{BODY}\r\n0\r\n{}\r\n", "X-Trailer: x\r\n".repeat(5000)),
    ] {
        let mut wire = gateway.connect().await;
        wire.send(framed(&token, "Transfer-Encoding: chunked\r\n", &rest)).await;
        if let Some(answer) = wire.message().await {
            assert!((400..=502).contains(&answer.status()), "{answer:?}");
            assert!(wire.ends().await, "still open after {}", &rest[..30]);
        }
    }
    assert!(gateway.upstream.requests().is_empty(), "{:?}", gateway.upstream.requests());
    let good =
        framed(&token, "Transfer-Encoding: chunked\r\n", &format!("{size};a=b\r\n{BODY}\r\n0\r\n\r\n"));
    assert_eq!(gateway.ask(good).await.status(), 200);
    assert_eq!(gateway.upstream.request().body, BODY);
}

#[tokio::test]
async fn e11_heads_with_bytes_that_split_them_are_refused() {
    let gateway = Gateway::start().await;
    let token = gateway.token().sign();
    for lines in
        ["X: a\rb\r\n", "X: a\0b\r\n", "X: a\r\n b\r\n", "X: a\r\n\tb\r\n", "X\0: a\r\n", ": a\r\n", "X\r\n"]
    {
        refused(&gateway, post("/mcp", &format!("{}{lines}", bearer(&token)), BODY)).await;
    }
    for line in
        ["POST /mcp HTTP/1.1 \r\n", "POST  /mcp HTTP/1.1\r\n", "POST /mcp HTTP/3.0\r\n", "POST /mcp\r\n"]
    {
        let whole = post("/mcp", &bearer(&token), BODY);
        refused(&gateway, whole.replace("POST /mcp HTTP/1.1\r\n", line)).await;
    }
    assert!(gateway.upstream.requests().is_empty());
    let tab = post("/mcp", &format!("{}X: a\tb\r\n", bearer(&token)), BODY);
    assert_eq!(gateway.ask(tab).await.status(), 200);
}

#[tokio::test]
async fn e10_lines_that_end_in_lf_alone_reach_the_upstream_as_one_request_with_crlf() {
    let (address, mut seen) = tap().await;
    let gateway = Setup::default().upstream(address).start().await;
    let token = gateway.token().sign();
    let (head, body) = (post("/mcp", &bearer(&token), ""), BODY);
    let head = head.replace("Content-Length: 0", &format!("Content-Length: {}", body.len()));
    assert_eq!(gateway.ask(format!("{}{body}", head.replace("\r\n", "\n"))).await.status(), 200);
    let request = seen.recv().await.unwrap();
    assert_eq!(request.body, BODY);
    assert!(request.headers.iter().all(|(_, value)| !value.contains('\n')), "{request:?}");
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn e13_no_upgrade_and_no_tunnel() {
    let (address, mut seen) = tap().await;
    let gateway = Setup::default().upstream(address).start().await;
    let good = bearer(&gateway.token().sign());
    let websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    for upgrade in [websocket, h2c] {
        let mut wire = gateway.connect().await;
        wire.send(format!("{}\u{1}early bytes", request("GET", "/mcp", upgrade))).await;
        wire.answer().await.is_401_bare();
        assert!(seen.try_recv().is_err());
        // With a token it is an ordinary request: what asks for the upgrade stays here.
        let answer = gateway.ask(request("GET", "/mcp", &format!("{good}{upgrade}"))).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        let forwarded = seen.recv().await.unwrap();
        for name in ["upgrade", "connection", "http2-settings", "sec-websocket-key"] {
            assert_eq!(forwarded.header(name), None, "{forwarded:?}");
        }
    }
    for target in ["169.254.169.254:80", "mcp.example:443", "/mcp"] {
        let mut wire = gateway.connect().await;
        let tunnel = request("CONNECT", target, &good);
        wire.send(format!("{tunnel}{}", post("/mcp", "", BODY))).await;
        let answer = wire.answer().await;
        assert!([400, 404, 405].contains(&answer.status()), "{answer:?}");
        // What follows is at most a request of its own, without a token.
        if let Some(next) = wire.message().await {
            next.is_401_bare();
        }
    }
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn e14_a_body_that_nobody_read_is_never_a_request() {
    let (address, mut seen) = tap().await;
    let gateway = Setup::default().upstream(address).start().await;
    let good = bearer(&gateway.token().sign());
    let smuggled = post("/mcp", &good, BODY);
    let large = format!("{smuggled}{}", " ".repeat(512 * 1024));
    for body in [smuggled.as_str(), large.as_str()] {
        for hidden in [
            post("/mcp", "", body),
            post("/nothing", &good, body),
            request("PUT", "/mcp", &format!("{good}Content-Length: {}\r\n", body.len())) + body,
            framed("bad", "Transfer-Encoding: chunked\r\n", &chunked(body)),
        ] {
            let mut wire = gateway.connect().await;
            wire.send(&hidden).await;
            let answer = wire.answer().await;
            assert!([401, 404, 405].contains(&answer.status()), "{answer:?}");
            // Either the connection ends, or what follows is the next request and not the body.
            wire.send(request("GET", "/nothing/else", "")).await;
            if let Some(next) = wire.message().await {
                assert_eq!(next.status(), 404, "{next:?}");
            }
            assert!(seen.try_recv().is_err(), "the body was read as a request");
        }
    }
    assert_eq!(gateway.ask(smuggled).await.status(), 200);
    assert!(seen.recv().await.is_some());
}

#[tokio::test]
async fn e14_bytes_after_the_body_are_a_request_that_must_have_its_own_token() {
    let gateway = Gateway::start().await;
    let mut wire = gateway.connect().await;
    let good = post("/mcp", &bearer(&gateway.token().sign()), BODY);
    wire.send(format!("{good}{}{good}", post("/mcp", "", BODY))).await;
    assert_eq!(wire.answer().await.status(), 200);
    wire.answer().await.is_401_bare();
    assert_eq!(gateway.upstream.requests().len(), 1);
}
