//! A small authorization server of this crate alone: one resource, grants in memory, and a page that asks.
//!
//! Clients register themselves; `my-client` is there already.
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
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Method, Response},
    routing::{any, get, post},
};
use oauth_server::{
    AssertionKeys, AuthorizeEndpoint, Client, ClientAssertionError, ClientAssertionVerifier,
    ClientAuthMethod, ClientOrigin, ClientProof, ClientSources, Clients, ConfiguredClient, GrantType,
    IntrospectEndpoint, OfferedResource, RegistrationSettings, Registrations, RevokeEndpoint, ServerMetadata,
    ServerSettings, TokenEndpoint, paths,
};
use oauth_types::{SystemClock, SystemEntropy};
use serde_json::{Map, Value};
use storage::MemoryStore;

use consent::Consent;
use memory_grants::MemoryGrants;

#[derive(Debug)]
struct Server {
    metadata: ServerMetadata,
    registrations: Registrations,
    authorize: AuthorizeEndpoint,
    consent: Consent,
    token: TokenEndpoint,
    revoke: RevokeEndpoint,
    introspect: IntrospectEndpoint,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Arc::new(server().await?);
    let mut app = Router::new()
        .route(paths::AUTHORIZE, get(consent::ask))
        .route("/consent", post(consent::answer))
        .route(paths::REGISTER, post(register))
        .route(
            &format!("{}/{{client_id}}", paths::REGISTER),
            get(read_registration).put(update_registration).delete(delete_registration),
        )
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

async fn server() -> Result<Server, Box<dyn Error>> {
    const ISSUER: &str = "http://127.0.0.1:8080";
    let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    let store = Arc::new(MemoryStore::new());
    let grants = Arc::new(MemoryGrants::new(clock.clone(), entropy.clone()));
    let registration = RegistrationSettings::new(format!("{ISSUER}{}", paths::REGISTER).parse()?);
    let registrations =
        Registrations::open(store.clone(), grants.clone(), clock.clone(), entropy.clone(), registration)
            .await?;
    let clients = Clients::new(ClientSources {
        issuer: ISSUER.parse()?,
        configured: vec![ConfiguredClient::new(client()?, ClientProof::Nothing)?],
        // A server that has a guarded HTTP client takes these too.
        documents: None,
        registrations: Some(registrations.clone()),
        store,
        assertions: Arc::new(NoAssertions),
        clock,
    });
    let resource = OfferedResource {
        resource: format!("{ISSUER}/mcp").parse()?,
        scopes: "mcp files:write".parse()?,
        default_scopes: "mcp".parse()?,
    };
    let mut settings = ServerSettings::new(ISSUER.parse()?, vec![resource])?;
    settings.client_id_metadata_documents = false;
    settings.auth_methods.retain(|it| *it != ClientAuthMethod::PrivateKeyJwt);
    let settings = Arc::new(settings);
    Ok(Server {
        metadata: ServerMetadata::new(&settings),
        registrations,
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
        default_scope: None,
        dpop_bound_access_tokens: false,
        require_pushed_authorization_requests: false,
    })
}

async fn metadata(State(server): State<Arc<Server>>) -> Response<Body> {
    server.metadata.answer().map(Body::from)
}

async fn register(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    server.registrations.register(&headers, &body, None).await.map(Body::from)
}

async fn read_registration(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    server.registrations.read(&id, &headers).await.map(Body::from)
}

async fn update_registration(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    server.registrations.update(&id, &headers, &body).await.map(Body::from)
}

async fn delete_registration(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    server.registrations.delete(&id, &headers).await.map(Body::from)
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
