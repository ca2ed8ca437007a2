//! What keeps a gateway from starting, and what it reaches once it has.

use std::net::{Ipv4Addr, TcpListener, TcpStream};

use axum::{Router, routing::get};
use test_support::{issuer::TestIssuer, private_server::PrivateServer};

use super::*;
use crate::demo::without_files;

/// A gateway in front of nothing, at `address`.
fn configuration(address: SocketAddr) -> Loaded {
    let text = format!(
        "public_url = \"https://mcp.example\"\nlisten = {{ address = \"{address}\" }}\n\
         [[server]]\npath = \"/mcp\"\nupstream = {{ http = \"http://127.0.0.1:1/mcp\" }}\n\
         [[authorization_server]]\nissuer = \"https://as.example\"\n"
    );
    without_files(Config::parse(&text, "a gateway").unwrap())
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn o23_a_library_that_gives_another_answer_opens_no_socket() {
    let address = free_address();
    let loaded = configuration(address);
    let mut answers = KNOWN_ANSWERS.to_vec();
    answers[0].signature = "AAAA";
    let start = async |answers| {
        Running::start_judged_by(answers, &loaded, Trail::default(), StateFile::default()).await
    };
    let refused = start(&*answers).await.unwrap_err();
    assert!(matches!(refused, StartError::SelfTest), "{refused}");
    assert!(TcpStream::connect(address).is_err(), "nobody listens");

    let running = start(KNOWN_ANSWERS).await.unwrap();
    assert!(TcpStream::connect(address).is_ok());
    running.stop(async {}).await;
}

/// What the gateway knows of the keys of `server`, after its first fetch, if it has this in its `[outbound]`.
async fn knows_keys(server: &PrivateServer, network: Option<&str>, trusts: bool) -> Result<(), String> {
    let mut loaded = configuration(free_address());
    loaded.config.authorization_servers[0].issuer = server.origin().parse().unwrap();
    // This machine stands for a private network, which no file could say.
    loaded.config.outbound.allow_networks = network.into_iter().map(|it| it.parse().unwrap()).collect();
    loaded.material.outbound_roots = trusts.then(|| server.certificate()).into_iter().collect();
    let running = Box::pin(Running::start(&loaded)).await.unwrap();
    let outcome = loop {
        match running.issuers().remove(0) {
            it if it.ready => break Ok(()),
            it if it.last_error.is_some() => break Err(it.last_error.unwrap()),
            _ => tokio::task::yield_now().await,
        }
    };
    Box::pin(running.stop(async {})).await;
    outcome
}

#[tokio::test]
async fn an_authorization_server_in_a_private_network_is_reached_if_both_keys_of_outbound_say_so() {
    let server = PrivateServer::start(|origin| {
        let issuer = TestIssuer::new(origin);
        let (metadata, keys) = (issuer.metadata().to_string(), issuer.jwks().to_string());
        Router::new()
            .route("/.well-known/oauth-authorization-server", get(async move || metadata))
            .route("/jwks", get(async move || keys))
    });
    let network = Some("127.0.0.0/8");
    assert_eq!(knows_keys(&server, network, true).await, Ok(()));
    let closed = knows_keys(&server, None, true).await.unwrap_err();
    assert!(closed.contains("nor in a network of `allow_networks`"), "{closed}");
    let other = knows_keys(&server, Some("10.0.0.0/8"), true).await.unwrap_err();
    assert!(other.contains("nor in a network of `allow_networks`"), "{other}");
    let untrusted = knows_keys(&server, network, false).await.unwrap_err();
    assert!(untrusted.contains("certificate"), "the cause is named: {untrusted}");
}
