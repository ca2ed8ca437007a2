use std::time::Duration;

use super::{
    server::{Server, drip, ok, silence},
    setup::{AMPLE, SHORT, get, local_client, outcome},
};
use crate::Limits;

const PACE: Duration = Duration::from_millis(20);

async fn check(server: &Server, limits: Limits, expected: &str) {
    let result = get(&local_client(), &server.url("http", "127.0.0.1"), limits).await;
    assert_eq!(outcome(result), expected);
}

#[tokio::test]
async fn c07_h24_slow_answers_are_given_up() {
    check(&Server::answering(&ok("[]")), AMPLE, "200 []").await;
    check(&Server::plain(silence), SHORT, "Timeout").await;
    let slow_head = Server::plain(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx-slow: ")?;
        drip(stream, b"x", PACE)
    });
    check(&slow_head, SHORT, "Timeout").await;
    let slow_body = Server::plain(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")?;
        drip(stream, b"x", PACE)
    });
    check(&slow_body, SHORT, "Timeout").await;
    let endless_hints = Server::plain(|stream| drip(stream, b"HTTP/1.1 103 Early Hints\r\n\r\n", PACE));
    check(&endless_hints, SHORT, "Timeout").await;
}

#[tokio::test]
async fn c08_h23_large_answers_are_given_up() {
    let body = "x".repeat(1024);
    check(&Server::answering(&ok(&body)), AMPLE, &format!("200 {body}")).await;
    check(&Server::answering(&ok(&format!("{body}x"))), AMPLE, "TooLarge").await;
    // No byte of the body ever comes, so the length alone has to decide.
    let announced = Server::plain(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10485760\r\n\r\n")?;
        silence(stream)
    });
    check(&announced, AMPLE, "TooLarge").await;
    let endless_chunks = Server::plain(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        drip(stream, b"40\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n", PACE)
    });
    check(&endless_chunks, AMPLE, "TooLarge").await;
    let until_close = Server::plain(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        drip(stream, &[b'x'; 100], PACE)
    });
    check(&until_close, AMPLE, "TooLarge").await;
}

#[tokio::test]
async fn c08_h23_compressed_answers_are_refused() {
    for (coding, expected) in [
        ("identity", "200 []"),
        ("Identity, identity", "200 []"),
        ("", "200 []"),
        ("gzip", "Encoded"),
        ("identity, gzip", "Encoded"),
        ("identity\r\ncontent-encoding: br", "Encoded"),
        ("deflate", "Encoded"),
        ("zstd", "Encoded"),
        ("gzip;identity", "Encoded"),
    ] {
        let answer = ok("[]").replace("\r\n\r\n", &format!("\r\ncontent-encoding: {coding}\r\n\r\n"));
        check(&Server::answering(&answer), AMPLE, expected).await;
    }
}

#[tokio::test]
async fn c09_h22_redirects_are_answers_and_nothing_else() {
    let target = Server::answering(&ok("the target"));
    check(&target, AMPLE, "200 the target").await;
    assert_eq!(target.connections(), 1);
    for status in [301, 302, 303, 307, 308] {
        let location = target.url("http", "127.0.0.1");
        let redirect =
            format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        check(&Server::answering(&redirect), AMPLE, &format!("{status} ")).await;
    }
    assert_eq!(target.connections(), 1);
}

#[tokio::test]
async fn any_status_is_an_answer() {
    for status in [204, 400, 404, 429, 500, 503] {
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
        check(&Server::answering(&answer), AMPLE, &format!("{status} ")).await;
    }
    check(&Server::answering("not HTTP at all\r\n\r\n"), AMPLE, "Connection").await;
    check(&Server::plain(|_| Ok(())), AMPLE, "Connection").await;
}

#[tokio::test]
async fn the_answer_is_handed_over_whole() {
    let server = Server::answering("HTTP/1.1 429 x\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\n{}");
    let answer = get(&local_client(), &server.url("http", "127.0.0.1"), AMPLE).await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "7");
    assert_eq!(answer.body(), "{}");
}
