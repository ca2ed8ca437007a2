//! Protects a small axum server with this crate alone; the key of the authorization server is in a file.
//!
//! ```sh
//! cargo run -p token-validate --features tower --example protect_axum -- https://as.example as-key.pem
//! curl -i http://127.0.0.1:8080/
//! ```
//!
//! The file holds a public key or a certificate in PEM; tokens must be for `http://127.0.0.1:8080/`.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use axum::{Extension, Router, body::Body, routing::get};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header::WWW_AUTHENTICATE};
use oauth_types::SystemClock;
use outbound_http::{FetchError, HttpClient, Limits};
use token_validate::{
    BearerLayer, IssuerPolicy, KeySet, KeySource, Refusal, ResourcePolicy, ValidatedToken, Validator,
    ValidatorSettings,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(issuer), Some(key_file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: protect_axum ISSUER KEY_FILE".into());
    };
    let mut policy = IssuerPolicy::new(issuer.parse()?);
    policy.keys = KeySource::Static(KeySet::from_pem(&std::fs::read(key_file)?)?);
    let settings = ValidatorSettings::default();
    let (validator, refresher) =
        Validator::new(vec![policy], settings, Arc::new(Offline), Arc::new(SystemClock::new()));
    // With a key from a file there is nothing to fetch, but a server with `KeySource::Discovery` needs this.
    tokio::spawn(refresher.run(tokio::time::sleep));

    let resource = ResourcePolicy::new(["http://127.0.0.1:8080/", "http://127.0.0.1:8080"])?;
    let app = Router::new().route("/", get(greet)).layer(BearerLayer::new(validator, resource, refuse));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, app).await?;
    Ok(())
}

async fn greet(Extension(caller): Extension<ValidatedToken>) -> String {
    format!("hello {}, you may: {}\n", caller.subject(), caller.scope())
}

/// The challenge of RFC 6750; the crate `resource-metadata` builds the full one for MCP clients.
fn refuse(refusal: &Refusal) -> Response<Body> {
    let reason = refusal.reason;
    let challenge = match reason.bearer_error() {
        Some(error) => format!("Bearer error=\"{error}\", error_description=\"{}\"", reason.description()),
        None => "Bearer realm=\"example\"".to_owned(),
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(reason.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    if let Ok(challenge) = challenge.parse() {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// A server that fetches uses `outbound_http::GuardedClient` instead.
#[derive(Debug)]
struct Offline;

#[async_trait]
impl HttpClient for Offline {
    async fn send(&self, _: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, FetchError> {
        Err(FetchError::Unresolved)
    }
}
