use http::HeaderName;

use super::*;
use crate::ProxySetupError;

#[tokio::test]
async fn e03_headers_for_our_origin_are_dropped() {
    let dropped = [
        ("set-cookie", "session=evil"),
        ("access-control-allow-origin", "*"),
        ("strict-transport-security", "max-age=1"),
        ("clear-site-data", "\"*\""),
        ("server", "internal/1.0"),
        ("x-powered-by", "Express"),
        ("location", "https://evil.example/"),
        ("etag", "\"1\""),
        ("x-request-id", "theirs"),
        ("mcp-router-key", "k"),
    ];
    let passed = [
        ("content-type", "application/json"),
        ("content-language", "de"),
        ("retry-after", "3"),
        ("mcp-something-new", "1"),
    ];
    let mut answer = Answer::status(200).with_body("{}");
    for (name, value) in dropped.into_iter().chain(passed) {
        answer = answer.header(name, value);
    }
    let answer = relayed(answer).await;
    for (name, _) in dropped {
        assert_eq!(answer.headers().get(name), None, "{name}");
    }
    for (name, value) in passed {
        assert_eq!(answer.headers().get(name).unwrap(), value, "{name}");
    }
}

#[tokio::test]
async fn e07_hop_by_hop_headers_are_not_sent_down() {
    let answer = Answer::json("{}")
        .header("connection", "retry-after")
        .header("retry-after", "3")
        .header("keep-alive", "timeout=5")
        .header("proxy-authenticate", "Basic")
        .header("trailer", "x-user");
    let answer = relayed(answer).await;
    for name in ["connection", "retry-after", "keep-alive", "proxy-authenticate", "trailer"] {
        assert_eq!(answer.headers().get(name), None, "{name}");
    }
}

#[tokio::test]
async fn statuses_that_clients_act_on_pass_unchanged() {
    for status in [200, 202, 204, 400, 403, 404, 405, 406, 415, 429] {
        let answer = Answer::status(status).header("allow", "POST").header("www-authenticate", "Bearer");
        let answer = relayed(answer).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers().get("allow").unwrap(), "POST");
        assert_eq!(answer.headers().get("www-authenticate"), None);
    }
    let answer = relayed(Answer::json(r#"{"error":{"code":-32601}}"#).with_status(404)).await;
    assert_eq!(text(answer).await, r#"{"error":{"code":-32601}}"#);
}

#[tokio::test]
async fn a_head_request_is_answered_without_a_body() {
    let upstream = RecordingUpstream::answering([Answer::status(405).header("content-length", "17")]).await;
    let answer = proxy_to(&upstream).forward(request(Method::HEAD, &[], ""), alice()).await.unwrap();
    assert_eq!((upstream.request().method, answer.status().as_u16()), (Method::HEAD, 405));
    assert_eq!(text(answer).await, "");
}

#[tokio::test]
async fn e40_answers_stay_out_of_shared_caches() {
    let rows = [
        (None, "no-store"),
        (Some("public, max-age=3600"), "no-store"),
        (Some("max-age=60"), "no-store"),
        (Some("private=\"x\", max-age=60"), "no-store"),
        (Some("Private, max-age=60"), "Private, max-age=60"),
        (Some("max-age=0, no-store"), "max-age=0, no-store"),
    ];
    for (theirs, expected) in rows {
        let mut answer = Answer::json("{}");
        if let Some(theirs) = theirs {
            answer = answer.header("cache-control", theirs);
        }
        assert_eq!(relayed(answer).await.headers().get("cache-control").unwrap(), expected, "{theirs:?}");
    }
}

#[tokio::test]
async fn e26_a_coding_that_nobody_asked_for_is_refused() {
    for (coding, expected) in [("gzip", Some("upstream_protocol")), ("identity", None)] {
        let upstream =
            RecordingUpstream::answering([Answer::json("{}").header("content-encoding", coding)]).await;
        let outcome = proxy_to(&upstream).forward(post(&[]), alice()).await;
        assert_eq!(outcome.err().map(|error| error.code()), expected, "{coding}");
    }
}

#[tokio::test]
async fn e47_an_error_text_of_the_upstream_is_replaced() {
    let trace = "Error: connect db-7.internal\n    at /srv/app/index.js:7";
    for content_type in ["text/html", "text/plain", "text/event-stream", ""] {
        let mut answer = Answer::status(500).with_body(trace);
        if !content_type.is_empty() {
            answer = answer.header("content-type", content_type);
        }
        let answer = relayed(answer).await;
        assert_eq!(answer.status(), 500);
        assert_eq!(answer.headers().get("content-type").unwrap(), "text/plain; charset=utf-8");
        assert_eq!(answer.headers().get("content-length"), None);
        assert_eq!(text(answer).await, "the MCP server failed (request req-1)\n");
    }
}

#[tokio::test]
async fn e47_a_json_rpc_error_passes() {
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no"}}"#;
    let answer = relayed(Answer::json(error).with_status(503).header("retry-after", "3")).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers().get("retry-after").unwrap().as_bytes()),
        (503, &b"3"[..])
    );
    assert_eq!(text(answer).await, error);
}

#[tokio::test]
async fn e48_a_401_of_the_upstream_is_not_ours() {
    for status in [401, 407] {
        let challenge = "Bearer resource_metadata=\"https://evil.example\"";
        let error = refused(Answer::status(status).header("www-authenticate", challenge)).await;
        assert_eq!((error.code(), error.status().as_u16()), ("upstream_unauthorized", 502));
        assert!(!format!("{error:?}").contains("evil"));
    }
}

#[tokio::test]
async fn a_body_without_length_is_streamed_before_it_is_whole() {
    let (events, answer) = Answer::stream();
    let mut answer = relayed(answer).await;
    assert!(!answer.body().is_event_stream());
    for piece in ["{\"a\":", "1}"] {
        events.send(piece).await.unwrap();
        assert_eq!(next(&mut answer).await.unwrap(), piece);
    }
    drop(events);
    assert_eq!(next(&mut answer).await, None);
}

#[test]
fn headers_that_must_stop_cannot_be_configured() {
    let target = UpstreamTarget::Http("http://127.0.0.1/mcp".parse().unwrap());
    let with = |name: &'static str| {
        let response_headers = vec![HeaderName::from_static(name)];
        let settings = UpstreamSettings { response_headers, ..UpstreamSettings::new("/mcp", target.clone()) };
        Proxy::new(settings, SessionKey::new(&[7; 32])).map(drop)
    };
    assert!(with("x-ratelimit-remaining").is_ok());
    let never = [
        "set-cookie",
        "access-control-allow-origin",
        "strict-transport-security",
        "clear-site-data",
        "location",
        "www-authenticate",
        "proxy-authenticate",
        "transfer-encoding",
        "content-encoding",
        "mcp-session-id",
        "alt-svc",
    ];
    for name in never {
        assert!(
            matches!(with(name), Err(ProxySetupError::ResponseHeader(refused)) if refused == name),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_header_the_operator_lets_through_reaches_the_client() {
    let upstream =
        RecordingUpstream::answering([Answer::json("{}").header("x-cost", "3").header("x-other", "4")]).await;
    let mut settings = settings(&upstream);
    settings.response_headers = vec![HeaderName::from_static("x-cost")];
    let answer = proxy(settings).forward(post(&[]), alice()).await.unwrap();
    assert_eq!(answer.headers().get("x-cost").unwrap(), "3");
    assert_eq!(answer.headers().get("x-other"), None);
}
