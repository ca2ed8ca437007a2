//! What is written down, and what never is.

use serde_json::Value;
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use crate::support::{Gateway, Issuer, Setup, call, get, tool_call};

const ISSUER: &str = "https://as.example";
const LOG_REFERENCE: &str = include_str!("../../docs/reference/reasons.md");

fn configuration(listen: &str, upstream: &str, level: &str) -> String {
    let port = listen.rsplit(':').next().unwrap();
    format!(
        r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[log]
format = "json"
level = "{level}"
[sessions]
key = {{ env = "SESSION_KEY" }}
[[authorization_server]]
issuer = "{ISSUER}"
keys = {{ file = "keys.json" }}
[authorization_server.introspection]
endpoint = "https://as.example/introspect"
client_id = "gateway"
client_secret = {{ env = "CLIENT_SECRET" }}
[[server]]
path = "/mcp"
upstream = {{ http = "{upstream}" }}
scopes = ["mcp"]
[server.identity]
headers = true
jwt = {{ audience = "https://files.internal" }}
"#
    )
}

#[tokio::test]
async fn m01_m07_no_secret_is_ever_written() {
    const SESSION_KEY: &str = "canary-session-key-0123456789abcdefghij";
    const CLIENT_SECRET: &str = "canary-client-secret-0123456789";
    const OTHERS: [&str; 5] = [
        "canary-cookie",
        "canary-query-token",
        "canary-argument",
        "canary-upstream-cookie",
        "canary-opaque-token-value",
    ];
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| {
        Answer::json("{}")
            .header("set-cookie", "a=canary-upstream-cookie")
            .header("mcp-session-id", "canary-session-id")
    })
    .await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new()
        .keys("keys", &issuer)
        .variable("SESSION_KEY", SESSION_KEY)
        .variable("CLIENT_SECRET", CLIENT_SECRET)
        .start(|listen| configuration(listen, &address, "trace"));
    let url = gateway.url("/mcp");
    let good = issuer.token(&url).sign();
    let expired = issuer.token(&url).claim("exp", 1).sign();
    let forged = Issuer::new(ISSUER).token(&url).sign();
    for token in [Some(good.as_str()), Some(&expired), Some(&forged), Some("canary-opaque-token-value"), None]
    {
        let mut request = tool_call(&format!("{url}?access_token=canary-query-token"), token);
        if token == Some(&good) {
            request = tool_call(&url, token);
        }
        request.headers_mut().insert("cookie", "a=canary-cookie".parse().unwrap());
        *request.body_mut() = r#"{"x":"canary-argument"}"#.to_owned();
        call(request).await;
    }
    let session = upstream.request();
    let assertion = session.header("x-mcp-assertion").unwrap().to_owned();
    gateway.signal("HUP");
    gateway.wait_for("reloaded");

    let output = gateway.output();
    assert!(output.matches("\"target\":\"access\"").count() >= 5, "{output}");
    for secret in [SESSION_KEY, CLIENT_SECRET].into_iter().chain(OTHERS) {
        assert!(!output.contains(secret), "{secret} was written:\n{output}");
    }
    for token in [&good, &expired, &forged, &assertion] {
        for part in token.split('.').skip(1) {
            assert!(!output.contains(&part[..12]), "a part of a token was written:\n{output}");
        }
    }
}

#[tokio::test]
async fn each_request_has_one_line() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new()
        .keys("keys", &issuer)
        .variable("SESSION_KEY", "0123456789abcdefghijklmnopqrstuvw")
        .variable("CLIENT_SECRET", "a-fairly-long-secret-1234")
        .start(|listen| configuration(listen, &address, "info"));
    let url = gateway.url("/mcp");
    let answers = [
        call(tool_call(&url, Some(&issuer.token(&url).sign()))).await,
        call(tool_call(&url, None)).await,
        get(&gateway.url("/nothing")).await,
    ];
    for (answer, reason) in answers.iter().zip(["ok", "token_missing", "route_unknown"]) {
        let id = answer.header("x-request-id");
        gateway.wait_for(id);
        let output = gateway.output();
        let lines: Vec<Value> =
            output.lines().filter(|it| it.contains(id)).map(|it| serde_json::from_str(it).unwrap()).collect();
        assert_eq!(lines.len(), 1, "{output}");
        let line = &lines[0];
        assert_eq!(line["request.id"], id);
        assert_eq!(line["reason"], reason);
        assert_eq!(line["status"], answer.status.as_u16());
        assert!(line["head_us"].is_u64() && line["duration_us"].is_u64() && line["bytes"].is_u64(), "{line}");
        assert_eq!(line["subject"].is_string(), reason == "ok", "{line}");
        assert!(!line.to_string().contains("alice"), "{line}");
        for field in line.as_object().unwrap().keys() {
            let is_known = ["timestamp", "level", "target", "message"].contains(&field.as_str());
            assert!(
                is_known || LOG_REFERENCE.contains(&format!("| `{field}` |")),
                "{field} is not documented"
            );
        }
        if reason != "ok" {
            assert_eq!(answer.json()["request_id"], id);
        }
    }
}

#[tokio::test]
async fn lines_that_waited_for_each_other_are_there_at_the_end() {
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let mut gateway = Setup::new()
        .keys("keys", &Issuer::new(ISSUER))
        .variable("SESSION_KEY", "0123456789abcdefghijklmnopqrstuvw")
        .variable("CLIENT_SECRET", "a-fairly-long-secret-1234")
        .start(|listen| configuration(listen, &address, "info"));
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let url = gateway.url("/nothing");
        requests.spawn(async move { get(&url).await.header("x-request-id").to_owned() });
    }
    let ids = requests.join_all().await;
    gateway.signal("TERM");
    assert!(gateway.wait().success());
    for id in ids {
        let name = format!("\"request.id\":\"{id}\"");
        gateway.wait_for(&name);
        assert_eq!(gateway.output().matches(&name).count(), 1);
    }
}

/// The line about the answer to `request`.
async fn line_of(gateway: &Gateway, request: http::Request<String>) -> Value {
    let answer = call(request).await;
    let id = answer.header("x-request-id");
    gateway.wait_for(id);
    let output = gateway.output();
    serde_json::from_str(output.lines().find(|it| it.contains(id)).unwrap()).unwrap()
}

#[tokio::test]
async fn m04_a_refusal_says_in_its_line_what_was_wrong() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new()
        .keys("keys", &issuer)
        .variable("SESSION_KEY", "0123456789abcdefghijklmnopqrstuvw")
        .variable("CLIENT_SECRET", "a-fairly-long-secret-1234")
        .start(|listen| configuration(listen, &address, "info"));
    let url = gateway.url("/mcp");
    let elsewhere = issuer.token(&url).claim("aud", "https://x.example/\r\n\u{1b}[31m").sign();
    let line = line_of(&gateway, tool_call(&url, Some(&elsewhere))).await;
    let detail = format!(r#"aud is "https://x.example/\r\n\u{{1b}}[31m", expected "{url}""#);
    assert_eq!(
        (line["reason"].as_str(), line["detail"].as_str()),
        (Some("audience_mismatch"), Some(&*detail))
    );
    let narrow = issuer.token(&url).claim("scope", "other").sign();
    let line = line_of(&gateway, tool_call(&url, Some(&narrow))).await;
    assert_eq!(
        (line["reason"].as_str(), line["detail"].as_str()),
        (Some("scope_insufficient"), Some("missing: mcp"))
    );
    let good = line_of(&gateway, tool_call(&url, Some(&issuer.token(&url).sign()))).await;
    assert!(good.get("detail").is_none(), "{good}");
}

#[tokio::test]
async fn what_a_router_refuses_has_a_reason_and_an_id_too() {
    const METADATA: &str = "/.well-known/oauth-protected-resource";

    let issuer = Issuer::new(ISSUER);
    let gateway = Setup::new()
        .keys("keys", &issuer)
        .variable("SESSION_KEY", "0123456789abcdefghijklmnopqrstuvw")
        .variable("CLIENT_SECRET", "a-fairly-long-secret-1234")
        .start(|listen| configuration(listen, "http://127.0.0.1:1/", "info"));
    let request = |method: &str, path: &str| {
        http::Request::builder().method(method).uri(gateway.url(path)).body(String::new()).unwrap()
    };
    for (method, path, status, reason) in [
        ("GET", format!("{METADATA}/mcp"), 200, "ok"),
        ("GET", format!("{METADATA}/other"), 404, "route_unknown"),
        ("POST", format!("{METADATA}/mcp"), 405, "method_not_allowed"),
        ("GET", "/healthz".to_owned(), 200, "ok"),
        ("POST", "/healthz".to_owned(), 405, "method_not_allowed"),
        ("POST", "/readyz".to_owned(), 405, "method_not_allowed"),
    ] {
        let line = line_of(&gateway, request(method, &path)).await;
        assert_eq!(
            (line["status"].as_u64(), line["reason"].as_str()),
            (Some(status), Some(reason)),
            "{line}"
        );
        let answer = call(request(method, &path)).await;
        assert_eq!(answer.status.as_u16(), u16::try_from(status).unwrap());
        if reason != "ok" {
            assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(status == 405, answer.header("allow").contains("GET"), "{path}");
            assert_eq!(path.starts_with(METADATA), !answer.header("access-control-allow-origin").is_empty());
        }
    }
}

#[tokio::test]
async fn an_answer_to_head_has_no_body_that_could_be_cut() {
    let issuer = Issuer::new(ISSUER);
    let gateway = Setup::new()
        .keys("keys", &issuer)
        .variable("SESSION_KEY", "0123456789abcdefghijklmnopqrstuvw")
        .variable("CLIENT_SECRET", "a-fairly-long-secret-1234")
        .start(|listen| configuration(listen, "http://127.0.0.1:1/", "info"));
    let mut head = tool_call(&gateway.url("/mcp"), None);
    *head.method_mut() = http::Method::HEAD;
    *head.body_mut() = String::new();
    let line = line_of(&gateway, head).await;
    assert_eq!((line["status"].as_u64(), line["cut"].as_bool()), (Some(401), Some(false)), "{line}");
}
