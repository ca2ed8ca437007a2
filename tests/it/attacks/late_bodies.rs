//! Bodies that come after the answer, as from clients that send head and body apart (E14, E43, E44).

use super::{
    gateway::{BODY, Gateway, Setup, bearer, post, request},
    wire::Wire,
};

/// Requests that are refused by their head, each with its status.
fn refused(good: &str) -> [(&'static str, &'static str, String, u16); 4] {
    [
        ("POST", "/mcp", String::new(), 401),
        ("POST", "/mcp", bearer("bad"), 401),
        ("POST", "/nothing", good.to_owned(), 404),
        ("PUT", "/mcp", good.to_owned(), 405),
    ]
}

/// Sends the head, reads the answer, which must be `status`.
async fn answered(wire: &mut Wire, (method, path, lines, status): &(&str, &str, String, u16), framing: &str) {
    wire.send(request(method, path, &format!("{lines}{framing}"))).await;
    assert_eq!(wire.answer().await.status(), *status, "{method} {path}");
}

#[tokio::test]
async fn e14_a_connection_outlives_an_answer_that_came_before_the_body() {
    let gateway = Gateway::start().await;
    let good = bearer(&gateway.token().sign());
    let mut wire = gateway.connect().await;
    for refused in refused(&good) {
        let whole = format!("Content-Length: {}\r\n", BODY.len());
        answered(&mut wire, &refused, &whole).await;
        wire.send(BODY).await;
        answered(&mut wire, &refused, "Transfer-Encoding: chunked\r\n").await;
        for part in [format!("{:x}\r\n", BODY.len()), format!("{BODY}\r\n"), "0\r\n\r\n".to_owned()] {
            wire.send(part).await;
        }
    }
    // The body and the next request in one.
    answered(&mut wire, &refused(&good)[0], &format!("Content-Length: {}\r\n", BODY.len())).await;
    wire.send(format!("{BODY}{}", post("/mcp", &good, BODY))).await;
    assert_eq!(wire.answer().await.status(), 200);
    assert_eq!(gateway.upstream.requests().len(), 1);
}

#[tokio::test]
async fn e44_a_late_body_that_does_not_come_ends_the_connection() {
    let gateway = Setup::default().sections("[limits]\nbody_idle = \"1s\"\nidle = \"1h\"\n").start().await;
    let good = bearer(&gateway.token().sign());
    for (refused, begun) in refused(&good).iter().zip(["", "{", "", "{"]) {
        let mut wire = gateway.connect().await;
        answered(&mut wire, refused, "Content-Length: 1000\r\n").await;
        wire.send(begun).await;
        assert!(wire.ends().await, "{refused:?}");
    }
    gateway.serves().await;
}

#[tokio::test]
async fn e44_a_connection_is_idle_when_its_late_body_has_come() {
    let gateway = Setup::default().sections("[limits]\nheader_read = \"5m\"\nidle = \"1s\"\n").start().await;
    let mut wire = gateway.connect().await;
    answered(&mut wire, &refused("")[0], &format!("Content-Length: {}\r\n", BODY.len())).await;
    wire.send(BODY).await;
    assert!(wire.ends().await);
}

#[tokio::test]
async fn e43_of_a_late_body_no_more_is_read_than_of_others() {
    let gateway = Setup::default().sections("[limits]\nbody_bytes = \"64KiB\"\n").start().await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
    let mut wire = gateway.connect().await;
    answered(&mut wire, &refused("")[0], "Transfer-Encoding: chunked\r\n").await;
    wire.send(format!("{chunk}0\r\n\r\n")).await;
    answered(&mut wire, &refused("")[0], "Transfer-Encoding: chunked\r\n").await;
    for _ in 0..64 {
        wire.send(&chunk).await;
    }
    assert!(wire.ends().await);
}

/// Whoever waits to be asked for the body may leave it out now: what comes next would be taken for it.
#[tokio::test]
async fn e14_a_connection_ends_where_nobody_knows_whether_the_body_comes() {
    let gateway = Setup::default().sections("[limits]\nbody_idle = \"5m\"\n").start().await;
    let good = bearer(&gateway.token().sign());
    let lines = format!("Expect: 100-continue\r\nContent-Length: {}\r\n", BODY.len());
    for refused in refused(&good) {
        let mut wire = gateway.connect().await;
        answered(&mut wire, &refused, &lines).await;
        assert!(wire.ends().await, "{refused:?}");
    }
    let mut wire = gateway.connect().await;
    wire.send(request("POST", "/mcp", &format!("{good}{lines}"))).await;
    assert_eq!(wire.head().await.unwrap().status(), 100);
    wire.send(BODY).await;
    assert_eq!(wire.answer().await.status(), 200);
}
