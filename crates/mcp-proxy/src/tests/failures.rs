use std::collections::HashSet;
use std::error::Error;

use http::StatusCode;
use http_body_util::{Limited, StreamBody};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::{BoxError, ForwardReason, ProxySetupError};

/// The outcome with a server that answers `bytes` to each connection's first request and closes,
/// and how many requests it had.
async fn raw(answer: &'static [u8]) -> (Result<Response<ProxyBody>, ForwardError>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/mcp", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut requests = 0;
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut buffer = vec![0; 64 * 1024];
            if connection.read(&mut buffer).await.unwrap_or(0) == 0 {
                return requests;
            }
            requests += 1;
            let _ = connection.write_all(answer).await;
        }
        requests
    });
    let target: http::Uri = target.parse().unwrap();
    let address = target.authority().unwrap().as_str().to_owned();
    let outcome =
        proxy(UpstreamSettings::new("/mcp", UpstreamTarget::Http(target))).forward(post(&[]), alice()).await;
    // An empty connection of ours tells the server to stop counting.
    drop(tokio::net::TcpStream::connect(address).await.unwrap());
    (outcome, server.await.unwrap())
}

fn verdict(outcome: Result<Response<ProxyBody>, ForwardError>) -> (&'static str, u16) {
    outcome
        .map_or_else(|error| (error.code(), error.status().as_u16()), |answer| ("", answer.status().as_u16()))
}

#[tokio::test]
async fn e46_an_upstream_that_is_down_is_502() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/mcp", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let proxy = proxy(UpstreamSettings::new("/mcp", UpstreamTarget::Http(target)));
    let error = proxy.forward(post(&[]), alice()).await.unwrap_err();
    assert_eq!((error.code(), error.status().as_u16()), ("upstream_unreachable", 502));
    assert!(error.source().is_some(), "the log has the reason");
    assert_eq!(error.to_string(), "the upstream cannot be reached");
}

#[tokio::test]
async fn e46_an_upstream_that_does_not_answer_is_504_and_let_go() {
    for headers in [OLDER, MODERN] {
        let (gone, answer) = Answer::never();
        let upstream = RecordingUpstream::answering([answer]).await;
        let settings =
            UpstreamSettings { response_timeout: Duration::from_millis(50), ..settings(&upstream) };
        let outcome = proxy(settings).forward(post(&[headers]), alice()).await;
        assert_eq!(verdict(outcome), ("upstream_timeout", 504));
        soon(gone).await.unwrap_err();
    }
}

#[tokio::test]
async fn times_without_end_are_no_overflow() {
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let endless = Duration::MAX;
    let settings = UpstreamSettings {
        connect_timeout: endless,
        response_timeout: endless,
        keep_alive: endless,
        drain: endless,
        ..settings(&upstream)
    };
    let on_behalf = OnBehalf { stream_until: Some(endless), ..alice() };
    let mut answer = proxy(settings).forward(post(&[]), on_behalf).await.unwrap();
    events.send("data: 1\n\n").await.unwrap();
    assert_eq!(next(&mut answer).await.unwrap(), "data: 1\n\n");
}

#[tokio::test]
async fn e46_a_connection_that_is_never_ready_is_504() {
    // The kernel completes the TCP handshake; the TLS handshake gets no answer.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("https://{}/mcp", listener.local_addr().unwrap()).parse().unwrap();
    let connect_timeout = Duration::from_millis(50);
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert;
    let settings = UpstreamSettings {
        connect_timeout,
        extra_roots: vec![certificate.der().clone()],
        ..UpstreamSettings::new("/mcp", UpstreamTarget::Http(target))
    };
    assert_eq!(
        verdict(soon(proxy(settings).forward(post(&[]), alice())).await),
        ("upstream_connect_timeout", 504)
    );
}

#[tokio::test]
async fn e46_a_post_is_never_repeated() {
    let broken = [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\n",
    ];
    for answer in broken {
        let (outcome, requests) = raw(answer).await;
        assert_eq!(verdict(outcome), ("upstream_protocol", 502), "{answer:?}");
        assert_eq!(requests, 1, "{answer:?}");
    }
    let (outcome, requests) = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!((verdict(outcome), requests), (("", 200), 1));
}

#[tokio::test]
async fn e13_an_upgrade_by_the_upstream_is_refused() {
    let (outcome, _) =
        raw(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n").await;
    assert_eq!(verdict(outcome), ("upstream_protocol", 502));
}

#[tokio::test]
async fn e46_an_answer_that_breaks_off_is_not_whole() {
    let (outcome, _) = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").await;
    let mut answer = outcome.unwrap();
    assert_eq!(next(&mut answer).await.unwrap(), "{");
    assert!(answer.body_mut().frame().await.unwrap().is_err());
}

#[tokio::test]
async fn a_head_beyond_all_bounds_is_refused() {
    let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
    head.extend_from_slice(format!("x-large: {}\r\n", "x".repeat(20 * 1024)).as_bytes());
    head.extend_from_slice(b"content-length: 0\r\n\r\n");
    let (outcome, _) = raw(head.leak()).await;
    assert_eq!(verdict(outcome), ("upstream_protocol", 502));
}

#[tokio::test]
async fn a_body_that_fails_is_the_clients_fault() {
    let upstream = RecordingUpstream::start(|_| Answer::json("{}")).await;
    let proxy = proxy_to(&upstream);
    let call = |limit| {
        let body = Limited::new(Full::<Bytes>::from(CALL), limit);
        Request::builder().method(Method::POST).body(body).unwrap()
    };
    assert_eq!(verdict(proxy.forward(call(CALL.len()), alice()).await), ("", 200));
    assert_eq!(verdict(proxy.forward(call(CALL.len() - 1), alice()).await), ("request_body_too_large", 413));

    let frames: [Result<_, BoxError>; 2] =
        [Ok(http_body::Frame::data(Bytes::from("{"))), Err("reset".into())];
    let body = StreamBody::new(futures_util::stream::iter(frames));
    let call = Request::builder().method(Method::POST).body(body).unwrap();
    assert_eq!(verdict(proxy.forward(call, alice()).await), ("request_body_broken", 400));
    assert_eq!(upstream.requests().len(), 1, "a broken request is no request");
}

#[test]
fn every_reason_has_a_code_of_its_own_and_no_status_that_speaks_for_us() {
    let codes: HashSet<_> = ForwardReason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes.len(), ForwardReason::ALL.len());
    for reason in ForwardReason::ALL {
        let status = StatusCode::from_u16(reason.status()).unwrap();
        assert!(status.is_client_error() || status.is_server_error(), "{reason:?}");
        // 401 and 403 belong to whoever judges tokens.
        assert!(!matches!(reason.status(), 401 | 403), "{reason:?}");
        assert!(!reason.explanation().is_empty() && !reason.description().is_empty());
    }
}

#[test]
fn targets_that_cannot_be_used_are_refused() {
    let with = |target: UpstreamTarget| {
        Proxy::new(UpstreamSettings::new("/mcp", target), SessionKey::new(&[7; 32])).map(drop)
    };
    let http = |uri: &str| with(UpstreamTarget::Http(uri.parse().unwrap()));
    let unix =
        |path: &str| with(UpstreamTarget::Unix { socket: "/run/mcp.sock".into(), path: path.to_owned() });
    assert!(http("http://127.0.0.1:3000/mcp").is_ok());
    assert!(unix("/mcp?x=1").is_ok());
    assert!(matches!(http("ftp://127.0.0.1/mcp"), Err(ProxySetupError::Scheme)));
    assert!(matches!(http("/mcp"), Err(ProxySetupError::Scheme)));
    assert!(matches!(http("http://user:secret@127.0.0.1/mcp"), Err(ProxySetupError::Credentials)));
    assert!(matches!(unix("mcp"), Err(ProxySetupError::Path)));
    assert!(matches!(unix("/m cp"), Err(ProxySetupError::Path)));
    let idle = UpstreamSettings {
        keep_alive: Duration::ZERO,
        ..UpstreamSettings::new("/mcp", UpstreamTarget::Http("http://127.0.0.1/".parse().unwrap()))
    };
    assert!(matches!(Proxy::new(idle, SessionKey::new(&[7; 32])), Err(ProxySetupError::KeepAlive)));
}
