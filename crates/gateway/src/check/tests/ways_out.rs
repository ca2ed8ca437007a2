//! An authorization server in a private network, asked over real connections: `check` reaches what `serve` reaches.

use axum::{Router, routing::get};
use test_support::{issuer::TestIssuer, private_server::PrivateServer};

use super::{assert_found, load};
use crate::{
    check::{Findings, online},
    config::Loaded,
};

/// Keys and metadata over https, by a certificate of its own.
pub(super) fn authorization_server() -> PrivateServer {
    PrivateServer::start(|origin| {
        let issuer = TestIssuer::new(origin);
        let (metadata, keys) = (issuer.metadata().to_string(), issuer.jwks().to_string());
        Router::new()
            .route("/.well-known/oauth-authorization-server", get(async move || metadata))
            .route("/jwks", get(async move || keys))
    })
}

/// Lets `loaded` reach this machine as a private network, which no file could say, and trust `server`.
pub(super) fn open_to(loaded: &mut Loaded, server: &PrivateServer) {
    loaded.config.outbound.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    loaded.material.outbound_roots = vec![server.certificate()];
}

fn configuration(server: &PrivateServer) -> Loaded {
    let mut loaded = load(
        "public_url = \"https://mcp.example\"\nlisten = { address = \"127.0.0.1:0\" }\n\
         [[server]]\npath = \"/mcp\"\nupstream = { http = \"http://127.0.0.1:1/mcp\" }\n\
         [[authorization_server]]\nissuer = \"https://as.example\"\n",
    );
    loaded.config.authorization_servers[0].issuer = server.origin().parse().unwrap();
    open_to(&mut loaded, server);
    loaded
}

#[track_caller]
fn is_reached(findings: &Findings) {
    assert_found("metadata_found", true, findings);
    assert_found("keys_usable", true, findings);
}

/// Says `why`, and which key of the configuration changes it.
#[track_caller]
fn is_missed(findings: &Findings, why: &str) {
    assert_found("metadata_missing", true, findings);
    assert_found("metadata_found", false, findings);
    let said = findings.to_string();
    assert!(said.contains(why), "{said}");
    assert!(said.contains("`[outbound] allow_networks`") && said.contains("`outbound.ca_files`"), "{said}");
}

#[tokio::test]
async fn an_authorization_server_in_a_private_network_is_asked_if_the_network_is_open() {
    let server = authorization_server();
    let mut loaded = configuration(&server);
    is_reached(&online(&loaded).await);
    loaded.config.outbound.allow_networks.clear();
    is_missed(
        &online(&loaded).await,
        "the host is not a public address, nor in a network of `allow_networks`",
    );
}

#[tokio::test]
async fn a_private_authority_is_believed_if_its_certificate_is_there() {
    let server = authorization_server();
    let mut loaded = configuration(&server);
    is_reached(&online(&loaded).await);
    loaded.material.outbound_roots.clear();
    is_missed(&online(&loaded).await, "certificate");
}
