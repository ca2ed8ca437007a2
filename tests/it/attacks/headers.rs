//! What a client may put into headers, and what of it arrives (E01 to E07, E16, E27, E48).

use std::collections::BTreeSet;

use test_support::{
    issuer::TestIssuer,
    upstream::{Answer, Recorded},
};

use super::gateway::{BODY, Gateway, Setup, bearer, post};

/// Everything that the upstream was told, as one text.
fn everything(request: &Recorded) -> String {
    format!(
        "{} {} {:?} {}",
        request.method,
        request.uri,
        request.headers,
        String::from_utf8_lossy(&request.body)
    )
}

/// A token in the forms in which it could slip through.
fn disguises(token: &str) -> Vec<String> {
    let signature = token.rsplit('.').next().unwrap();
    let percent = token.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
    let hex = token.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let mut disguises = vec![token.to_owned(), signature.to_owned(), percent, hex, token.replace('.', "%2E")];
    // Base64 of anything around the token: one of three alignments.
    for skipped in 0..3 {
        disguises.push(base64(&token.as_bytes()[skipped..]).trim_end_matches('=')[..100].to_owned());
    }
    disguises
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| char::from(DIGITS[(bits & 63) as usize]);
    let mut text = String::new();
    for three in bytes.chunks_exact(3) {
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        text.extend([digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)]);
    }
    text
}

#[test]
fn the_disguises_are_what_they_seem() {
    assert_eq!(base64(b"abcdef"), "YWJjZGVm");
}

/// With each way of telling the upstream who calls.
fn identities() -> [Setup; 3] {
    [
        Setup::default(),
        Setup::default().server("identity = { headers = true }\n"),
        Setup::default()
            .server("identity = { headers = true, jwt = { audience = \"https://up.example\" } }\n"),
    ]
}

#[tokio::test]
async fn e01_e02_e04_no_credential_of_the_client_arrives_in_any_form() {
    for setup in identities() {
        let gateway = setup.start().await;
        let token = gateway.token().sign();
        let lines = format!(
            "{}Cookie: session=canary-cookie\r\nCookie: other=canary-cookie\r\nProxy-Authorization: Basic canary-proxy\r\n\
             DPoP: canary-dpop\r\nX-Forwarded-Access-Token: {token}\r\nX-Api-Key: {token}\r\n",
            bearer(&token)
        );
        let answer = gateway.ask(post("/mcp?key=canary-query", &lines, BODY)).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        let seen = everything(&gateway.upstream.request());
        assert!(seen.contains("tools/list"), "{seen}");
        for secret in disguises(&token) {
            assert!(!seen.contains(&secret), "{secret} in {seen}");
        }
        for secret in ["canary", "Bearer", "authorization", "cookie", "dpop"] {
            assert!(!seen.contains(secret), "{secret} in {seen}");
        }
    }
}

#[tokio::test]
async fn e05_e16_e27_claims_about_the_caller_come_from_the_token_or_not_at_all() {
    const SPOOFED: &str = "X-MCP-Subject: mallory\r\nx-mcp-subject: mallory\r\nX_MCP_Subject: mallory\r\n\
        X-Mcp_Subject: mallory\r\nX-MCP-Issuer: mallory\r\nX-MCP-Scope: mallory\r\nX-MCP-Client-Id: mallory\r\n\
        X-MCP-Assertion: mallory\r\nX_MCP_Assertion: mallory\r\nX-User: mallory\r\nx_user: mallory\r\nX-USER: mallory\r\n\
        X-Remote-User: mallory\r\nRemote-User: mallory\r\nX-Forwarded-User: mallory\r\nX-Forwarded-For: 192.0.2.66\r\n\
        X-Forwarded-Host: mallory\r\nForwarded: for=mallory\r\nX-Real-IP: 192.0.2.66\r\nX-Original-URL: /mallory\r\n\
        X-Rewrite-URL: /mallory\r\nX-Forwarded-Uri: /mallory\r\nX-Forwarded-Method: DELETE\r\n\
        X-HTTP-Method-Override: DELETE\r\nX-Request-Id: mallory\r\nMcp-Init-Host: mallory\r\nMcp-Router-Key: mallory\r\n\
        X-Gateway-Key: mallory\r\nMcp_Name: mallory\r\nBaggage: mallory=1\r\n";
    for (number, setup) in identities().into_iter().enumerate() {
        let gateway = setup.start().await;
        let lines = format!("{}{SPOOFED}", bearer(&gateway.token_of("alice")));
        assert_eq!(gateway.ask(post("/mcp", &lines, BODY)).await.status(), 200);
        let request = gateway.upstream.request();
        let seen = everything(&request);
        assert!(!seen.contains("mallory") && !seen.contains("192.0.2.66"), "{seen}");
        assert_eq!((request.method.as_str(), request.uri.path()), ("POST", "/up"));
        assert!(request.headers.keys().all(|name| !name.as_str().contains('_')), "{seen}");
        let expected = (number > 0).then_some("alice");
        assert_eq!(request.header("x-mcp-subject"), expected);
        assert_eq!(request.header("x-mcp-scope"), expected.and(Some("mcp")));
        assert_eq!(request.header("x-mcp-assertion").is_some(), number == 2);
    }
}

#[tokio::test]
async fn b26_e05_subjects_that_differ_in_a_blank_or_an_escape_stay_two() {
    let gateway = Setup::default().server("identity = { headers = true }\n").start().await;
    let subjects =
        ["alice", " alice", "alice ", "al ice", "al%20ice", "%20alice", "alic\u{e9}", "alic%C3%A9"];
    for subject in subjects {
        let answer = gateway.ask(post("/mcp", &bearer(&gateway.token_of(subject)), BODY)).await;
        assert_eq!(answer.status(), 200, "{subject:?}: {answer:?}");
    }
    let requests = gateway.upstream.requests();
    let seen: BTreeSet<_> = requests.iter().map(|it| it.header("x-mcp-subject").unwrap()).collect();
    assert_eq!(seen.len(), subjects.len(), "{seen:?}");
}

#[tokio::test]
async fn e05_a_header_with_a_space_before_its_colon_is_refused() {
    let gateway = Gateway::start().await;
    let good = bearer(&gateway.token().sign());
    let spaced = format!("{good}X-MCP-Subject : mallory\r\n");
    assert_eq!(gateway.ask(post("/mcp", &spaced, BODY)).await.status(), 400);
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(gateway.ask(post("/mcp", &good, BODY)).await.status(), 200);
}

#[tokio::test]
async fn e06_e07_connection_removes_the_clients_headers_and_none_of_ours() {
    let gateway = Setup::default().server("identity = { headers = true }\n").start().await;
    let lines = format!(
        "{}Connection: X-MCP-Subject, Authorization, Mcp-Name, Content-Type, Host, keep-alive\r\nMcp-Name: dropped\r\n\
         Keep-Alive: timeout=5\r\nTE: trailers\r\nTrailer: X\r\nProxy-Connection: keep-alive\r\nUpgrade: x\r\n\
         Mcp-Method: tools/list\r\n",
        bearer(&gateway.token_of("alice"))
    );
    assert_eq!(gateway.ask(post("/mcp", &lines, BODY)).await.status(), 200);
    let request = gateway.upstream.request();
    assert_eq!(request.header("x-mcp-subject"), Some("alice"));
    assert_eq!(request.header("mcp-method"), Some("tools/list"));
    assert!(request.header("host").is_some());
    for name in [
        "mcp-name",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "proxy-connection",
        "upgrade",
        "authorization",
    ] {
        assert_eq!(request.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn e03_e07_e40_headers_of_the_upstream_that_speak_for_our_origin_are_dropped() {
    const DROPPED: [(&str, &str); 12] = [
        ("set-cookie", "a=b"),
        ("access-control-allow-origin", "https://evil.example"),
        ("access-control-allow-credentials", "true"),
        ("strict-transport-security", "max-age=0"),
        ("clear-site-data", "*"),
        ("www-authenticate", "Bearer resource_metadata=\"https://evil.example\""),
        ("server", "internal/1.0"),
        ("x-powered-by", "internal"),
        ("alt-svc", "h3=\":443\""),
        ("keep-alive", "timeout=5"),
        ("location", "https://evil.example"),
        ("x-internal", "1"),
    ];
    let gateway = Setup::default()
        .start_before(|_| {
            let answer = Answer::json("{}").header("cache-control", "public, max-age=600");
            DROPPED.iter().fold(answer, |it, (name, value)| it.header(name, value))
        })
        .await;
    let answer = gateway.ask(post("/mcp", &bearer(&gateway.token().sign()), BODY)).await;
    assert_eq!((answer.status(), answer.body.as_str()), (200, "{}"));
    for (name, value) in DROPPED {
        assert_ne!(answer.header(name), Some(value), "{name}");
    }
    // The one that we say ourselves.
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    let caching = answer.header("cache-control").unwrap();
    assert!(caching.contains("no-store") || caching.contains("private"), "{caching}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn e48_a_401_of_the_upstream_is_never_shown_as_ours() {
    let gateway = Setup::default()
        .start_before(|request| {
            let challenge = "Bearer resource_metadata=\"https://evil.example/.well-known/x\"";
            let status = if request.header("mcp-name") == Some("403") { 403 } else { 401 };
            Answer::json("{\"evil\":1}").with_status(status).header("www-authenticate", challenge)
        })
        .await;
    for (name, status) in [("401", 502), ("403", 403)] {
        let lines = format!("{}Mcp-Name: {name}\r\n", bearer(&gateway.token().sign()));
        let answer = gateway.ask(post("/mcp", &lines, BODY)).await;
        assert_eq!(answer.status(), status, "{answer:?}");
        assert!(!format!("{answer:?}").contains("evil.example"), "{answer:?}");
        assert_eq!(answer.header("www-authenticate"), None);
    }
    gateway.ask(post("/mcp", "", BODY)).await.is_401_bare();
}

#[tokio::test]
async fn b24_what_the_gateway_signs_is_no_access_token() {
    let gateway = Setup::default()
        .server("identity = { jwt = { audience = \"https://mcp.example/mcp\" } }\n")
        .start()
        .await;
    assert_eq!(gateway.ask(post("/mcp", &bearer(&gateway.token().sign()), BODY)).await.status(), 200);
    let assertion = gateway.upstream.request().header("x-mcp-assertion").unwrap().to_owned();
    gateway.ask(post("/mcp", &bearer(&assertion), BODY)).await.is_401_invalid();
    assert_eq!(gateway.upstream.requests().len(), 1);
}

#[tokio::test]
async fn b22_b27_b01_a_token_for_somebody_else_or_something_less_is_refused() {
    let gateway = Gateway::start().await;
    let refused = [
        gateway.token().claim("aud", "https://mcp.example/mcp/").sign(),
        gateway.token().claim("iss", "https://as.example/").sign(),
        gateway.token().claim("exp", super::gateway::now().as_seconds() - 61).sign(),
        gateway.token().without("aud").sign(),
        gateway.token().header("alg", "none").with_signature(b""),
        TestIssuer::new(super::gateway::ISSUER).token().issued_at(super::gateway::now()).sign(),
    ];
    for token in &refused {
        gateway.ask(post("/mcp", &bearer(token), BODY)).await.is_401_invalid();
    }
    let narrow =
        gateway.ask(post("/mcp", &bearer(&gateway.token().claim("scope", "mcpx mc").sign()), BODY)).await;
    assert_eq!(narrow.status(), 403);
    assert!(narrow.challenge().contains("error=\"insufficient_scope\""), "{narrow:?}");
    assert!(gateway.upstream.requests().is_empty());
    let wide = bearer(&gateway.token().claim("scope", "other mcp").sign());
    assert_eq!(gateway.ask(post("/mcp", &wide, BODY)).await.status(), 200);
}
