//! Option A with an authorization server that has an authority of its own, as in a company's network.

use std::time::{Duration, Instant};

use axum::{Router, routing::get as on_get};
use serde_json::json;
use test_support::{
    private_server::PrivateServer,
    upstream::{Answer, Recorded, RecordingUpstream},
};

use crate::support::{Gateway, ISSUER, Issuer, Setup, call, get, one_server, tool_call};

/// An authorization server over https, and its keys.
fn authorization_server() -> (PrivateServer, Issuer) {
    let mut issuer = None;
    let server = PrivateServer::start(|origin| {
        let it = Issuer::new(origin);
        let metadata = json!({ "issuer": origin, "jwks_uri": format!("{origin}/jwks") }).to_string();
        let keys = it.jwks();
        issuer = Some(it);
        Router::new()
            .route("/.well-known/oauth-authorization-server", on_get(async move || metadata))
            .route("/jwks", on_get(async move || keys))
    });
    (server, issuer.unwrap())
}

/// A gateway on loopback that asks `server`, with further lines of `[outbound]`.
fn start(server: &PrivateServer, upstream: &str, outbound: &str) -> Gateway {
    Setup::new().file("as.pem", server.certificate_pem()).start(|listen| {
        one_server(listen, upstream, &format!("[outbound]\nallow_loopback = true\n{outbound}"))
            .replace(ISSUER, &server.origin())
            .replace("keys = { file = \"keys.json\" }", "")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_believed_if_it_is_in_ca_files() {
    let (server, issuer) = authorization_server();
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = start(&server, &address, "ca_files = [\"as.pem\"]\n");
    let began = Instant::now();
    while get(&gateway.url("/readyz")).await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(60), "never ready:\n{}", gateway.output());
    }
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    assert_eq!(call(tool_call(&url, Some(&token))).await.status, 200);

    let gateway = start(&server, &address, "");
    gateway.wait_for("the keys of the authorization server were not fetched");
    // The line says that it was the certificate, not the network.
    gateway.wait_for("UnknownIssuer");
    assert_eq!(get(&gateway.url("/readyz")).await.status, 503);
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    assert_eq!(call(tool_call(&url, Some(&token))).await.status, 503);
    assert_eq!(upstream.requests().len(), 1);
}
