//! Bodies that are too much (E43).

use super::{
    gateway::{BODY, Gateway, Setup, bearer, post, request},
    wire::Wire,
};

/// A gateway that takes bodies of at most 64 KiB.
async fn start() -> Gateway {
    Setup::default().sections("[limits]\nbody_bytes = \"64KiB\"\n").start().await
}

#[tokio::test]
async fn e43_a_declared_length_above_the_limit_is_refused_before_the_body_comes() {
    let gateway = start().await;
    let good = bearer(&gateway.token().sign());
    for length in [64 * 1024 + 1, 10_000_000_000_u64] {
        let mut wire = gateway.connect().await;
        wire.send(request("POST", "/mcp", &format!("{good}Content-Length: {length}\r\n"))).await;
        assert_eq!(wire.answer().await.status(), 413, "{length}");
    }
    let expecting = format!("{good}Expect: 100-continue\r\nContent-Length: 70000\r\n");
    assert_eq!(gateway.ask(request("POST", "/mcp", &expecting)).await.status(), 413);
    assert!(gateway.upstream.requests().is_empty());
    let body = format!("{BODY}{}", " ".repeat(64 * 1024 - BODY.len()));
    assert_eq!(gateway.ask(post("/mcp", &good, &body)).await.status(), 200);
}

#[tokio::test]
async fn e43_a_chunked_body_is_cut_at_the_limit() {
    let gateway = start().await;
    let lines = format!("{}Transfer-Encoding: chunked\r\n", bearer(&gateway.token().sign()));
    let mut wire = gateway.connect().await;
    wire.send(request("POST", "/mcp", &lines)).await;
    let refused = flood(&mut wire).await;
    assert_eq!(refused.status(), 413, "{refused:?}");
    assert!(gateway.upstream.requests().is_empty());
    let whole = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    assert_eq!(gateway.ask(format!("{}{whole}", request("POST", "/mcp", &lines))).await.status(), 200);
}

/// A little more than the limit, without an end.
async fn flood(wire: &mut Wire) -> super::wire::Message {
    for _ in 0..17 {
        wire.send(format!("1000\r\n{}\r\n", " ".repeat(0x1000))).await;
    }
    wire.answer().await
}

#[tokio::test]
async fn e43_without_a_token_no_byte_of_the_body_is_waited_for() {
    let gateway = start().await;
    for framing in
        ["Content-Length: 1000\r\n", "Content-Length: 10000000000\r\n", "Transfer-Encoding: chunked\r\n"]
    {
        let mut wire = gateway.connect().await;
        wire.send(request("POST", "/mcp", framing)).await;
        wire.answer().await.is_401_bare();
    }
    gateway.serves().await;
}

#[tokio::test]
async fn e43_many_oversized_bodies_take_no_memory() {
    let gateway = start().await;
    gateway.serves().await;
    let before = gateway.memory_kib();
    let lines = format!("{}Transfer-Encoding: chunked\r\n", bearer(&gateway.token().sign()));
    let mut wires = Vec::new();
    for _ in 0..200 {
        let mut wire = gateway.connect().await;
        wire.send(request("POST", "/mcp", &lines)).await;
        wires.push(wire);
    }
    for wire in &mut wires {
        assert_eq!(flood(wire).await.status(), 413);
    }
    let grown = gateway.memory_kib().saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KiB more");
    gateway.serves().await;
}
