//! Where a token may stand, on the wire (group A).

use test_support::upstream::Answer;

use super::{
    gateway::{BODY, Gateway, Setup, bearer, post, request},
    wire::Message,
};

/// What came of a request with these header lines.
async fn with(gateway: &Gateway, lines: &str) -> Message {
    gateway.ask(post("/mcp", lines, BODY)).await
}

#[tokio::test]
async fn a01_no_token_gets_the_challenge_with_metadata_and_scope() {
    let gateway = Gateway::start().await;
    let refused = with(&gateway, "").await;
    refused.is_401_bare();
    let metadata = "resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/mcp\"";
    assert!(refused.challenge().starts_with("Bearer "), "{refused:?}");
    assert!(refused.challenge().contains(metadata), "{refused:?}");
    assert!(refused.challenge().contains("scope=\"mcp\""), "{refused:?}");
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(with(&gateway, &bearer(&gateway.token().sign())).await.status(), 200);
}

#[tokio::test]
async fn a02_a03_several_credentials_are_refused_whichever_is_good() {
    let gateway = Gateway::start().await;
    let (good, bad) = (bearer(&gateway.token().sign()), bearer("bad"));
    for lines in [
        format!("{good}{good}"),
        format!("{good}{bad}"),
        format!("{bad}{good}"),
        good.replace("\r\n", ", Bearer bad\r\n"),
        format!("{good}Authorization: Basic YTpi\r\n"),
    ] {
        let refused = with(&gateway, &lines).await;
        assert_eq!(refused.status(), 400, "{lines}");
        assert!(refused.challenge().contains("error=\"invalid_request\""), "{refused:?}");
    }
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(with(&gateway, &good).await.status(), 200);
}

#[tokio::test]
async fn a04_a05_a13_a15_a_token_elsewhere_is_no_credential() {
    let gateway = Gateway::start().await;
    let token = gateway.token().sign();
    for name in [
        "Proxy-Authorization",
        "X-Forwarded-Access-Token",
        "X-Authorization",
        "Authorization_",
        "Authorisation",
        "X-Original-Authorization",
    ] {
        with(&gateway, &format!("{name}: Bearer {token}\r\n")).await.is_401_bare();
    }
    with(&gateway, &format!("Cookie: access_token={token}\r\n")).await.is_401_bare();
    with(&gateway, &format!("Sec-WebSocket-Protocol: bearer, {token}\r\n")).await.is_401_bare();
    gateway.ask(post(&format!("/mcp?access_token={token}"), "", BODY)).await.is_401_bare();
    let form = format!("access_token={token}");
    gateway.ask(post("/mcp", "", &form)).await.is_401_bare();
    let meta =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"_meta":{{"token":"{token}"}}}}}}"#);
    gateway.ask(post("/mcp", "", &meta)).await.is_401_bare();
    let both = gateway.ask(post(&format!("/mcp?access_token={token}"), &bearer(&token), BODY)).await;
    assert_eq!(both.status(), 400);
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(with(&gateway, &bearer(&token)).await.status(), 200);
    assert!(!gateway.stop().await.contains(&token));
}

#[tokio::test]
async fn a08_other_schemes_are_no_credentials() {
    let gateway = Gateway::start().await;
    let token = gateway.token().sign();
    for scheme in ["Basic", "Token", "Bearer2", "DPoP2"] {
        with(&gateway, &format!("Authorization: {scheme} {token}\r\n")).await.is_401_bare();
    }
    let without_proof = with(&gateway, &format!("Authorization: DPoP {token}\r\n")).await;
    assert_eq!(without_proof.status(), 401);
    assert!(without_proof.challenge().starts_with("DPoP error=\"invalid_dpop_proof\""), "{without_proof:?}");
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(with(&gateway, &format!("Authorization: bEARER {token}\r\n")).await.status(), 200);
}

#[tokio::test]
async fn a09_e11_bytes_that_no_header_has_are_refused() {
    let gateway = Gateway::start().await;
    let token = gateway.token().sign();
    for spoiled in [
        format!("Authorization: Bearer \0{token}\r\n"),
        format!("Authorization: Bearer {token}\x7f\r\n"),
        format!("Authorization: Bearer {token}\u{e9}\r\n"),
        format!("Authorization: Bearer\r\n {token}\r\n"),
        format!("Authorization: Bearer {token}\r\n folded\r\n"),
        format!("Authorization: Bearer {token}\rX: y\r\n"),
        format!("Authorization : Bearer {token}\r\n"),
        format!(" Authorization: Bearer {token}\r\n"),
    ] {
        assert_eq!(with(&gateway, &spoiled).await.status(), 400, "{spoiled:?}");
    }
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(with(&gateway, &bearer(&token)).await.status(), 200);
}

#[tokio::test]
async fn a10_large_tokens_and_headers_are_refused() {
    let gateway = Gateway::start().await;
    let good = bearer(&gateway.token().sign());
    with(&gateway, &bearer(&"a".repeat(8 * 1024 + 1))).await.is_401_invalid();
    let large = format!("X-Large: {}\r\n", "a".repeat(32 * 1024));
    assert_eq!(with(&gateway, &format!("{good}{large}")).await.status(), 431);
    let many = |count| "X: a\r\n".repeat(count);
    assert_eq!(with(&gateway, &format!("{good}{}", many(100))).await.status(), 431);
    assert!(gateway.upstream.requests().is_empty());
    let large = format!("X-Large: {}\r\n", "a".repeat(24 * 1024));
    assert_eq!(with(&gateway, &format!("{good}{large}")).await.status(), 200);
    assert_eq!(with(&gateway, &format!("{good}{}", many(90))).await.status(), 200);
}

#[tokio::test]
async fn a12_shapes_that_are_no_token_are_refused_quickly() {
    let gateway = Gateway::start().await;
    let good = gateway.token().sign();
    for text in
        [".".repeat(8000), "a".to_owned(), "a.b".to_owned(), format!("{good}.x.y"), format!("{good}.x")]
    {
        with(&gateway, &bearer(&text)).await.is_401_invalid();
    }
    assert_eq!(with(&gateway, &bearer(&good)).await.status(), 200);
}

#[tokio::test]
async fn a14_a_connection_that_was_good_is_no_credential() {
    let gateway = Gateway::start().await;
    let mut wire = gateway.connect().await;
    wire.send(post("/mcp", &bearer(&gateway.token().sign()), BODY)).await;
    assert_eq!(wire.answer().await.status(), 200);
    wire.send(post("/mcp", "", BODY)).await;
    wire.answer().await.is_401_bare();
    assert_eq!(gateway.upstream.requests().len(), 1);
}

#[tokio::test]
async fn a16_keys_that_cannot_be_had_are_503_and_nothing_is_forwarded() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let gateway = Setup::default()
        .public_url("http://127.0.0.1:1")
        .authorization_server(&format!("issuer = \"{issuer}\""))
        .sections("[outbound]\nallow_loopback = true\n")
        .start()
        .await;
    let token = gateway.token().claim("iss", issuer).claim("aud", "http://127.0.0.1:1/mcp").sign();
    let ask = post("/mcp", &bearer(&token), BODY).replace("mcp.example", "127.0.0.1:1");
    let refused = gateway.ask(ask).await;
    assert_eq!(refused.status(), 503, "{refused:?}");
    assert!(refused.header("retry-after").is_some());
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(gateway.ask(request("GET", "/readyz", "")).await.status(), 503);
    assert_eq!(gateway.ask(request("GET", "/healthz", "")).await.status(), 200);
}

#[tokio::test]
async fn a17_every_route_and_method_asks_for_a_token() {
    let gateway = Setup::default()
        .start_before(|it| if it.method == "HEAD" { Answer::status(200) } else { Answer::json("{}") })
        .await;
    let good = bearer(&gateway.token().sign());
    for method in ["GET", "POST", "DELETE", "HEAD", "PUT", "PATCH", "TRACE", "PROPFIND", "QUERY"] {
        for path in ["/mcp", "/mcp/", "/mcp?x=1"] {
            let status = status_of(&gateway, method, path, "").await;
            let expected = if ["GET", "POST", "DELETE", "HEAD"].contains(&method) { 401 } else { 405 };
            assert_eq!(status, expected, "{method} {path}");
        }
        for path in ["/", "/sse", "/messages", "/mcp/sse", "/mcp/x", "/admin", "/metrics", "/debug"] {
            assert_eq!(status_of(&gateway, method, path, "").await, 404, "{method} {path}");
        }
    }
    assert!(gateway.upstream.requests().is_empty());
    for method in ["GET", "POST", "DELETE", "HEAD"] {
        assert_eq!(status_of(&gateway, method, "/mcp/", &good).await, 200, "{method}");
    }
}

async fn status_of(gateway: &Gateway, method: &str, path: &str, lines: &str) -> u16 {
    let mut wire = gateway.connect().await;
    wire.send(request(method, path, lines)).await;
    wire.head().await.unwrap().status()
}

#[tokio::test]
async fn a18_nobody_is_let_in_for_a_name_or_an_address() {
    let gateway = Gateway::start().await;
    for lines in [
        "User-Agent: GoogleHC/1.0\r\n",
        "User-Agent: kube-probe/1.30\r\n",
        "X-Forwarded-For: 127.0.0.1\r\n",
        "Forwarded: for=127.0.0.1\r\n",
        "X-Real-IP: 127.0.0.1\r\n",
    ] {
        with(&gateway, lines).await.is_401_bare();
        let both = format!("{lines}{}", bearer(&gateway.token().sign()));
        assert_eq!(with(&gateway, &both).await.status(), 200, "{lines}");
    }
}
