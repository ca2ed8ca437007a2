//! A small authorization server of this crate alone: one client, one resource, grants in memory, and a page that asks.
//!
//! ```sh
//! cargo run -p oauth-server --example authorization_server
//! curl http://127.0.0.1:8080/.well-known/oauth-authorization-server
//! ```
//!
//! Whoever opens the page is `alice`: a real server signs people in first, and ties the page to their browser.

mod consent;
mod memory_grants;

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{HeaderMap, Method, Response},
    routing::{any, get, post},
};
use oauth_server::{
    AssertionKeys, AuthorizeEndpoint, Client, ClientAssertionError, ClientAssertionVerifier,
    ClientAuthMethod, ClientOrigin, ClientProof, ClientSources, Clients, ConfiguredClient, GrantType,
    IntrospectEndpoint, OfferedResource, RevokeEndpoint, ServerMetadata, ServerSettings, TokenEndpoint,
    paths,
};
use oauth_types::{SystemClock, SystemEntropy};
use serde_json::{Map, Value};
use storage::MemoryStore;

use consent::Consent;
use memory_grants::MemoryGrants;

#[derive(Debug)]
struct Server {
    metadata: ServerMetadata,
    authorize: AuthorizeEndpoint,
    consent: Consent,
    token: TokenEndpoint,
    revoke: RevokeEndpoint,
    introspect: IntrospectEndpoint,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Arc::new(server()?);
    let mut app = Router::new()
        .route(paths::AUTHORIZE, get(consent::ask))
        .route("/consent", post(consent::answer))
        .route(paths::TOKEN, any(token))
        .route(paths::REVOKE, any(revoke))
        .route(paths::INTROSPECT, any(introspect))
        // The tokens of this example are no JWTs.
        .route(paths::JWKS, get(async || r#"{"keys":[]}"#));
    for location in server.metadata.locations() {
        app = app.route(location, get(metadata));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, app.with_state(server)).await?;
    Ok(())
}

fn server() -> Result<Server, Box<dyn Error>> {
    const ISSUER: &str = "http://127.0.0.1:8080";
    let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    let clients = Clients::new(ClientSources {
        issuer: ISSUER.parse()?,
        configured: vec![ConfiguredClient::new(client()?, ClientProof::Nothing)?],
        documents: None,
        registrations: None,
        store: Arc::new(MemoryStore::new()),
        assertions: Arc::new(NoAssertions),
        clock: clock.clone(),
    });
    let resource = OfferedResource {
        resource: format!("{ISSUER}/mcp").parse()?,
        scopes: "mcp files:write".parse()?,
        default_scopes: "mcp".parse()?,
    };
    let mut settings = ServerSettings::new(ISSUER.parse()?, vec![resource])?;
    settings.registration = false;
    settings.client_id_metadata_documents = false;
    settings.auth_methods = vec![ClientAuthMethod::None];
    let settings = Arc::new(settings);
    let grants = Arc::new(MemoryGrants::new(clock, entropy.clone()));
    Ok(Server {
        metadata: ServerMetadata::new(&settings),
        authorize: AuthorizeEndpoint::new(settings.clone(), clients.clone()),
        consent: Consent::new(settings.clone(), grants.clone(), entropy),
        token: TokenEndpoint::new(settings.clone(), clients.clone(), grants.clone()),
        revoke: RevokeEndpoint::new(clients.clone(), grants.clone()),
        introspect: IntrospectEndpoint::new(settings, clients, grants),
    })
}

fn client() -> Result<Client, Box<dyn Error>> {
    Ok(Client {
        id: "my-client".parse()?,
        origin: ClientOrigin::Configured,
        name: Some("My client".to_owned()),
        host: None,
        redirect_uris: vec!["http://127.0.0.1/callback".parse()?, "http://localhost/callback".parse()?],
        auth_method: ClientAuthMethod::None,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scope: None,
    })
}

async fn metadata(State(server): State<Arc<Server>>) -> Response<Body> {
    server.metadata.answer().map(Body::from)
}

async fn token(
    State(server): State<Arc<Server>>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    server.token.answer(&method, &headers, query.as_deref(), &body).await.map(Body::from)
}

async fn revoke(
    State(server): State<Arc<Server>>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    server.revoke.answer(&method, &headers, query.as_deref(), &body).await.map(Body::from)
}

async fn introspect(
    State(server): State<Arc<Server>>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    server.introspect.answer(&method, &headers, query.as_deref(), &body).await.map(Body::from)
}

/// No client has keys here.
#[derive(Debug)]
struct NoAssertions;

#[async_trait]
impl ClientAssertionVerifier for NoAssertions {
    async fn verify(
        &self,
        _: &str,
        _: AssertionKeys<'_>,
    ) -> Result<Map<String, Value>, ClientAssertionError> {
        Err(ClientAssertionError::Invalid("no client has keys here"))
    }
}
