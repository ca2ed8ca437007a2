use std::{io, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use rustls::RootCertStore;

use super::{
    server::{Server, Stream, ok, silence},
    setup::{
        AMPLE, SHORT, STAGE, ScriptedLookup, development, get, local_client, outcome, strict, whole_text,
    },
    tls::Authority,
};
use crate::{FetchError, GuardedClient, HttpClient, Limits, resolve::Lookup};

#[tokio::test]
async fn h36_a_request_tells_nothing_of_its_own() {
    let server = Server::answering(&ok("[]"));
    let request = Request::get(server.url("http", "127.0.0.1")).body(Bytes::new()).unwrap();
    local_client().send(request, AMPLE).await.unwrap();
    let mut lines: Vec<_> = server.heads()[0].trim_end().lines().map(str::to_owned).collect();
    lines.sort();
    let host = format!("host: 127.0.0.1:{}", server.port());
    let expected =
        ["accept-encoding: identity", "accept: */*", "get / http/1.1", &host, "user-agent: mcp-gateway"];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn h36_cookies_are_not_kept() {
    let server = Server::answering(&ok("[]").replace("\r\n\r\n", "\r\nset-cookie: id=1; path=/\r\n\r\n"));
    let client = local_client();
    for _ in 0..2 {
        get(&client, &server.url("http", "127.0.0.1"), AMPLE).await.unwrap();
    }
    let heads = server.heads();
    assert_eq!(heads.len(), 2);
    assert!(heads.iter().all(|head| !head.contains("cookie")), "{heads:?}");
}

#[tokio::test]
async fn the_callers_headers_are_sent_except_those_of_the_connection() {
    let server = Server::answering(&ok("[]"));
    let request = Request::post(server.url("http", "127.0.0.1"))
        .header("authorization", "Basic Zm9v")
        .header("accept", "application/json")
        .header("host", "other.example")
        .header("connection", "upgrade")
        .header("transfer-encoding", "chunked")
        .header("content-length", "99")
        .header("user-agent", "curl")
        .header("accept-encoding", "gzip")
        .body(Bytes::from_static(b"token=t"))
        .unwrap();
    local_client().send(request, AMPLE).await.unwrap();
    let head = &server.heads()[0];
    for sent in [
        "post / http/1.1",
        "authorization: basic zm9v",
        "accept: application/json",
        "content-length: 7",
        "user-agent: mcp-gateway",
        "accept-encoding: identity",
    ] {
        assert!(head.contains(sent), "{sent} in {head}");
    }
    for withheld in
        ["other.example", "connection:", "transfer-encoding", "content-length: 99", "curl", "gzip"]
    {
        assert!(!head.contains(withheld), "{withheld} in {head}");
    }
}

#[tokio::test]
async fn errors_hold_nothing_of_the_url() {
    let authority = Authority::new();
    let closes = Server::plain(|_| Ok(()));
    let untrusted = Server::tls(Authority::new().server(&["as.example"]), &ok("hello"));
    let breaks_off = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx");
    let secret_url = |base: String| format!("{base}secret-path?code=secret-code");
    let local = local_client();
    let remote = super::setup::client(STAGE, &ScriptedLookup::local(), authority.roots());
    for (client, url) in [
        (&local, secret_url(closes.url("http", "127.0.0.1"))),
        (&local, secret_url(breaks_off.url("http", "127.0.0.1"))),
        (&remote, secret_url(untrusted.url("https", "as.example"))),
    ] {
        let error = get(client, &url, AMPLE).await.unwrap_err();
        assert!(matches!(error, FetchError::Connection(_)), "{error:?}");
        assert!(!whole_text(&error).contains("secret"), "{}", whole_text(&error));
    }
    let client = super::setup::client(strict(), &ScriptedLookup::local(), authority.roots());
    assert!(!format!("{client:?}").contains("secret"));
}

#[tokio::test]
async fn h24_requests_beyond_the_bound_wait_and_their_waiting_counts() {
    let silent = Server::plain(silence);
    let ready = Server::answering(&ok("[]"));
    let (silent_url, ready_url) = (silent.url("http", "127.0.0.1"), ready.url("http", "127.0.0.1"));
    for (slots, limits, expected) in [(1, SHORT, "Timeout"), (2, AMPLE, "200 []")] {
        let lookup = ScriptedLookup::local();
        let client = GuardedClient::assemble(development(), lookup, RootCertStore::empty(), slots).unwrap();
        let before = ready.connections();
        tokio::select! {
            biased;
            result = get(&client, &silent_url, AMPLE) => panic!("{result:?}"),
            result = get(&client, &ready_url, limits) => assert_eq!(outcome(result), expected, "{slots} slots"),
        }
        assert_eq!(ready.connections() - before, slots - 1);
        // The request above was dropped, which frees its slot.
        assert_eq!(outcome(get(&client, &ready_url, AMPLE).await), "200 []");
    }
}

#[derive(Debug)]
struct SilentLookup;

#[async_trait]
impl Lookup for SilentLookup {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        std::future::pending().await
    }
}

async fn check_timeout(lookup: Arc<dyn Lookup>, url: &str, limits: Limits, expected: Duration) {
    let client = GuardedClient::assemble(STAGE, lookup, Authority::new().roots(), 1).unwrap();
    match get(&client, url, limits).await {
        Err(FetchError::Timeout(bound)) => assert_eq!(bound, expected),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn c07_h24_resolving_and_connecting_have_two_seconds_or_less() {
    let no_tls = Server::raw(|socket| silence(socket as &mut dyn Stream));
    let url = no_tls.url("https", "as.example");
    let tight = Limits { timeout: Duration::from_secs(1), ..AMPLE };
    for (limits, expected) in [(Limits::default(), 2), (AMPLE, 2), (tight, 1)] {
        let expected = Duration::from_secs(expected);
        check_timeout(Arc::new(SilentLookup), &url, limits, expected).await;
        check_timeout(ScriptedLookup::local(), &url, limits, expected).await;
    }
}

#[test]
fn c08_the_default_limits_are_those_of_the_handbook() {
    let limits = Limits::default();
    assert_eq!((limits.max_body, limits.timeout), (256 * 1024, Duration::from_secs(5)));
}
