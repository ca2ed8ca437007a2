//! Targets: one reading, ours, and no other method than MCP's (E15, E17, E18, E28).

use super::gateway::{BODY, Gateway, Setup, bearer, post, request};

#[tokio::test]
async fn e15_a_target_with_two_readings_is_refused() {
    let gateway = Gateway::start().await;
    let good = bearer(&gateway.token().sign());
    for target in [
        "/%2e%2e/mcp",
        "/healthz/%2e%2e/mcp",
        "/healthz/../mcp",
        "/healthz/..;/mcp",
        "/healthz/..%2fmcp",
        "/healthz;/../mcp",
        "//mcp",
        "/.//mcp",
        "/\\mcp",
        "/mcp\\..\\healthz",
        "/mcp%5c",
        "/mcp%00",
        "/mcp%2f",
        "/mcp%252f",
        "/mcp%3fhealthz",
        "/mcp;/healthz",
        "/mcp/.",
        "/mcp/..",
        "/mcp\u{e9}",
        "mcp",
        "*",
        "?/mcp",
    ] {
        for lines in [good.as_str(), ""] {
            let status = gateway.ask(post(target, lines, BODY)).await.status();
            assert_eq!(status, 400, "{target}");
        }
    }
    assert!(gateway.upstream.requests().is_empty());
}

#[tokio::test]
async fn e15_a_query_or_fragment_opens_nothing_and_goes_nowhere() {
    let gateway = Gateway::start().await;
    let good = bearer(&gateway.token().sign());
    for target in
        ["/mcp?/healthz", "/mcp?path=/.well-known/oauth-protected-resource/mcp", "/mcp?%2e%2e", "/mcp?"]
    {
        gateway.ask(post(target, "", BODY)).await.is_401_bare();
        assert_eq!(gateway.ask(post(target, &good, BODY)).await.status(), 200, "{target}");
    }
    assert_eq!(gateway.ask(post("/healthz/mcp", &good, BODY)).await.status(), 404);
    let hash = gateway.ask(post("/mcp#/healthz", "", BODY)).await.status();
    assert!([400, 401].contains(&hash), "{hash}");
    for request in gateway.upstream.requests() {
        assert_eq!((request.uri.path(), request.uri.query()), ("/up", None));
    }
}

#[tokio::test]
async fn e17_other_methods_are_405_with_and_without_a_token() {
    let gateway = Gateway::start().await;
    let good = bearer(&gateway.token().sign());
    for method in ["PUT", "PATCH", "TRACE", "QUERY", "post", "PROPFIND"] {
        for lines in ["", good.as_str()] {
            let answer = gateway.ask(request(method, "/mcp", lines)).await;
            assert_eq!(answer.status(), 405, "{method}");
            assert!(answer.header("allow").is_some_and(|it| it.contains("POST") && !it.contains("TRACE")));
        }
    }
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(gateway.ask(request("DELETE", "/mcp", &good)).await.status(), 200);
}

#[tokio::test]
async fn e18_e28_nothing_in_a_request_chooses_another_target() {
    let gateway = Setup::default()
        .sections("[[server]]\npath = \"/other\"\nupstream = { http = \"http://127.0.0.1:9/other\" }\n")
        .start()
        .await;
    let good = bearer(&gateway.token().sign());
    for target in
        ["http://169.254.169.254/latest/meta-data", "http://127.0.0.1:22/mcp", "https://mcp.example/mcp"]
    {
        assert_eq!(gateway.ask(request("GET", target, &good)).await.status(), 400, "{target}");
    }
    assert!(gateway.upstream.requests().is_empty());
    // A token for one server opens no other.
    gateway.ask(post("/other", &good, BODY)).await.is_401_invalid();
    let lines =
        format!("{good}X-Upstream: http://127.0.0.1:9\r\nX-Forwarded-Host: other\r\nMcp-Server: other\r\n");
    assert_eq!(gateway.ask(post("/mcp?upstream=other", &lines, BODY)).await.status(), 200);
    assert_eq!(gateway.upstream.request().uri.path(), "/up");
}
