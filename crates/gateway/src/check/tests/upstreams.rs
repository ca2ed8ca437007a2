use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use super::{assert_found, codes, load};
use crate::{
    check::{Findings, online},
    config::Loaded,
};

const GREETING: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","serverInfo":{"name":"files","version":"1"},"capabilities":{}}}"#;
const UNKNOWN_METHOD: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"unknown"}}"#;

fn configuration(upstream: &str) -> Loaded {
    load(&format!(
        "public_url = \"https://mcp.example\"\nlisten = {{ address = \"127.0.0.1:0\" }}\n\
         [[server]]\npath = \"/mcp\"\nupstream = {{ {upstream} }}\n\
         [[authorization_server]]\nissuer = \"https://as.example\"\n"
    ))
}

async fn ask(script: impl FnMut(&Recorded) -> Answer + Send + 'static) -> (Findings, RecordingUpstream) {
    let upstream = RecordingUpstream::start(script).await;
    let loaded = configuration(&format!("http = \"{}\"", upstream.uri("/mcp")));
    (online::servers(&loaded).await, upstream)
}

/// The one answer to everything gives these codes.
async fn check(answer: fn() -> Answer, expected: &[&str]) {
    let (findings, _upstream) = ask(move |_| answer()).await;
    assert_eq!(codes(&findings), expected, "{findings}");
}

fn events(text: &'static str) -> Answer {
    Answer::status(200).with_body(text).header("content-type", "text/event-stream")
}

#[tokio::test]
async fn an_answer_to_initialize_is_judged() {
    check(|| Answer::json(GREETING), &["upstream_answers"]).await;
    check(|| events("data: {}\n\n"), &["upstream_answers"]).await;
    check(|| Answer::json(UNKNOWN_METHOD).with_status(404), &["upstream_answers"]).await;
    check(|| Answer::json(UNKNOWN_METHOD).with_status(400), &["upstream_answers"]).await;
    check(|| Answer::status(404), &["upstream_wrong_path"]).await;
    check(|| Answer::status(405), &["upstream_wrong_path"]).await;
    check(|| Answer::json(UNKNOWN_METHOD).with_status(405), &["upstream_wrong_path"]).await;
    check(|| Answer::status(401), &["upstream_wants_credentials"]).await;
    check(|| Answer::status(403), &["upstream_failed"]).await;
    check(|| Answer::status(421), &["upstream_failed"]).await;
    check(|| Answer::status(500), &["upstream_failed"]).await;
    check(|| Answer::status(202), &["upstream_not_mcp"]).await;
    check(|| Answer::json("{}"), &["upstream_not_mcp"]).await;
    check(|| Answer::status(200).with_body("<html>"), &["upstream_not_mcp"]).await;
    check(|| Answer::redirect(307, "https://other.example/mcp"), &["upstream_redirect_refused"]).await;
}

fn with_credential(upstream: &RecordingUpstream, credential: &str) -> Loaded {
    let http = upstream.uri("/mcp");
    load(&format!(
        "public_url = \"http://127.0.0.1:8080\"\nlisten = {{ address = \"127.0.0.1:0\" }}\n\
         outbound = {{ allow_loopback = true }}\n[[server]]\npath = \"/mcp\"\nupstream = {{ http = \"{http}\" }}\n\
         [server.credential]\n{credential}\n[[authorization_server]]\nissuer = \"https://as.example\"\n"
    ))
}

#[tokio::test]
async fn an_upstream_is_shown_the_secret_that_it_is_to_be_shown() {
    let upstream = RecordingUpstream::start(|request| match request.header("authorization") {
        Some("Bearer Zk8WqP4vT1xNb6Ry") => Answer::json(GREETING),
        _ => Answer::status(401),
    })
    .await;
    let loaded = with_credential(&upstream, "secret = { env = \"SECRET\" }");
    assert_eq!(codes(&online::servers(&loaded).await), ["upstream_answers"]);
    let loaded = with_credential(&upstream, "secret = { env = \"SECRET\" }\nscheme = \"\"");
    assert_eq!(codes(&online::servers(&loaded).await), ["upstream_wants_credentials"]);
}

#[tokio::test]
async fn an_exchange_is_tried_with_a_made_up_token() {
    use oauth_types::SystemClock;
    use test_support::fake_http::{FakeHttp, Reply};

    let upstream = RecordingUpstream::start(|_| Answer::status(401)).await;
    let credential = "exchange = { issuer = \"https://as.example\", token_endpoint = \"https://as.example/token\", \
                      client_id = \"gateway\", client_secret = { env = \"SECRET\" } }";
    let loaded = with_credential(&upstream, credential);
    assert_found("credential", true, &crate::check::offline(&loaded));
    // A request of nobody is refused there, as it should be.
    assert_eq!(codes(&online::servers(&loaded).await), ["upstream_answers"]);
    let refusal = |status: u16, error: &str| Reply::Answer {
        status: http::StatusCode::from_u16(status).unwrap(),
        body: format!("{{\"error\":\"{error}\"}}").into(),
    };
    for (reply, expected) in [
        (refusal(400, "invalid_grant"), "exchange_works"),
        (refusal(401, "invalid_client"), "exchange_refused"),
        (refusal(400, "invalid_target"), "exchange_refused"),
        (Reply::status(403), "exchange_refused"),
        (Reply::status(404), "exchange_wrong"),
        (Reply::ok("{}"), "exchange_wrong"),
        (Reply::Timeout, "exchange_unreachable"),
    ] {
        let http = FakeHttp::new();
        http.set("https://as.example/token", reply);
        let findings = online::exchanges(&loaded, &http, &SystemClock::new()).await;
        assert_eq!(codes(&findings), [expected], "{findings}");
        assert!(!findings.to_string().contains(super::SECRET));
    }
}

#[tokio::test]
async fn an_exchange_without_an_address_is_looked_up_in_the_metadata() {
    use oauth_types::SystemClock;
    use test_support::fake_http::{FakeHttp, Reply};

    let upstream = RecordingUpstream::start(|_| Answer::status(401)).await;
    let credential = "exchange = { issuer = \"https://as.example\", client_id = \"gateway\", \
                      client_secret = { env = \"SECRET\" } }";
    let loaded = with_credential(&upstream, credential);
    let told = crate::check::offline(&loaded).to_string();
    assert!(told.contains("at the token endpoint of https://as.example"), "{told}");
    let (address, refusal) =
        ("https://as.example/.well-known/oauth-authorization-server", "{\"error\":\"invalid_grant\"}");
    for (document, expected) in [
        (
            r#"{"issuer":"https://as.example","token_endpoint":"https://as.example/t"}"#,
            vec!["metadata_found", "exchange_works"],
        ),
        (
            r#"{"issuer":"https://as.example","token_endpoint":"http://as.example/t"}"#,
            vec!["metadata_found", "endpoint_insecure"],
        ),
        (r#"{"issuer":"https://as.example"}"#, vec!["metadata_found", "endpoint_missing"]),
        (
            r#"{"issuer":"https://evil.example","token_endpoint":"https://as.example/t"}"#,
            vec!["issuer_mismatch"],
        ),
    ] {
        let http = FakeHttp::new();
        http.set(address, Reply::ok(document));
        http.set(
            "https://as.example/t",
            Reply::Answer { status: http::StatusCode::BAD_REQUEST, body: refusal.into() },
        );
        let findings = online::exchanges(&loaded, &http, &SystemClock::new()).await;
        assert_eq!(codes(&findings), expected, "{findings}");
    }
    let findings = online::exchanges(&loaded, &FakeHttp::new(), &SystemClock::new()).await;
    assert_eq!(codes(&findings), ["metadata_missing"], "{findings}");
}

#[tokio::test]
async fn the_server_is_named_and_its_session_ended() {
    let (findings, upstream) = ask(|_| Answer::json(GREETING).header("mcp-session-id", "s-1")).await;
    assert!(
        findings.to_string().contains("files answers initialize, protocol revision 2025-11-25"),
        "{findings}"
    );
    let ended: Vec<_> =
        upstream.requests().into_iter().filter(|it| it.method == http::Method::DELETE).collect();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].header("mcp-session-id"), Some("s-1"));
}

#[tokio::test]
async fn without_a_session_nothing_is_ended() {
    let (_, upstream) = ask(|_| Answer::json(GREETING)).await;
    assert!(upstream.requests().iter().all(|it| it.method != http::Method::DELETE));
}

#[tokio::test]
async fn a_redirect_is_followed_and_said() {
    let with_slash = |status: u16| {
        move |request: &Recorded| match request.uri.path() {
            "/mcp" => Answer::redirect(status, "/mcp/?key=hidden"),
            "/mcp/" => Answer::json(GREETING),
            other => panic!("{other}"),
        }
    };
    for status in [307, 308] {
        let (findings, _upstream) = ask(with_slash(status)).await;
        assert_eq!(codes(&findings), ["upstream_answers", "upstream_redirects"], "{findings}");
        let said = findings.to_string();
        assert!(said.contains("redirected to /mcp/?..") && !said.contains("hidden"), "{said}");
    }
    let folder = tempfile::TempDir::new().unwrap();
    let socket = folder.path().join("mcp.sock");
    let _upstream = RecordingUpstream::start_unix(&socket, with_slash(307));
    let loaded = configuration(&format!("unix = {:?}, path = \"/mcp\"", socket.display().to_string()));
    assert_found("upstream_redirects", true, &online::servers(&loaded).await);
}

#[tokio::test]
async fn the_transport_of_2024_is_recognised() {
    let script = |stream: &'static str| {
        move |request: &Recorded| match request.method {
            http::Method::GET => events(stream),
            _ => Answer::status(405),
        }
    };
    let (findings, _upstream) = ask(script("event: endpoint\ndata: /messages?s=1\n\n")).await;
    assert_eq!(codes(&findings), ["upstream_wrong_path", "upstream_legacy_sse"], "{findings}");
    let (findings, _upstream) = ask(script("event: message\ndata: endpoint\n\n")).await;
    assert_eq!(codes(&findings), ["upstream_wrong_path"], "{findings}");
}

#[tokio::test]
async fn an_upstream_that_is_not_there() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let loaded = configuration(&format!("http = \"http://{closed}/mcp\""));
    assert_eq!(codes(&online::servers(&loaded).await), ["upstream_unreachable"]);
    let loaded = configuration("unix = \"missing.sock\", path = \"/mcp\"");
    assert_eq!(codes(&online::servers(&loaded).await), ["upstream_unreachable"]);
}

/// Time stands still until the upstream has the request, and then flies.
#[tokio::test]
async fn an_upstream_that_never_answers() {
    let mut gone = Vec::new();
    let (findings, _upstream) = ask(move |_| {
        tokio::time::pause();
        let (receiver, answer) = Answer::never();
        gone.push(receiver);
        answer
    })
    .await;
    assert_eq!(codes(&findings), ["upstream_timeout"], "{findings}");
}

#[tokio::test]
async fn roots_that_are_of_no_use_are_said_and_servers_asked_all_the_same() {
    let upstream = RecordingUpstream::start(|_| Answer::json(GREETING)).await;
    let mut loaded = configuration(&format!("http = \"{}\"", upstream.uri("/mcp")));
    loaded.material.outbound_roots.push(vec![0x30, 0].into());
    let findings = online(&loaded).await;
    assert_eq!(codes(&findings), ["upstream_answers", "outbound_unusable"], "{findings}");
}

#[cfg(unix)]
#[tokio::test]
async fn h20_a_program_is_started_and_asked() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("server.sh");
    let answer = GREETING;
    let check = async |script: &str| {
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let loaded = configuration(&format!("stdio = [\"{}\"]", program.display()));
        online::servers(&loaded).await
    };
    let answering = check(&format!("read line\necho '{answer}'\nread line")).await;
    assert_eq!(codes(&answering), ["upstream_answers"], "{answering}");
    assert!(answering.to_string().contains("files answers initialize"), "{answering}");
    let failing = check("exit 1").await;
    assert_eq!(codes(&failing), ["program_fails"], "{failing}");
}
