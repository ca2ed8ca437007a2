//! A development authorization server: its own key, its documents, and tokens for one test client.
//!
//! It lives on loopback for as long as the demo does. It is no product: it authenticates nobody but that client.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, StatusCode, header};
use oauth_types::{Clock, Entropy};
use serde_json::{Value, json};

use crate::adapters::{SigningKey, SigningKeyError};

/// The issuer, its key, and the one client it knows.
#[derive(Debug)]
pub(crate) struct DemoAuthorizationServer {
    issuer: String,
    resource: String,
    key: SigningKey,
    client_secret: String,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What a token of the demo says; the usual one, or one that is wrong in a single claim.
#[derive(Clone, Debug)]
pub(crate) struct DemoClaims {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) scope: String,
    /// Seconds from now, negative for an expired one.
    pub(crate) lifetime: i64,
}

impl DemoAuthorizationServer {
    /// A server at `issuer` that gives tokens for `resource`.
    pub(crate) fn new(
        issuer: String,
        resource: String,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SigningKeyError> {
        let key = SigningKey::generate()?;
        let client_secret = random_text(entropy.as_ref());
        Ok(Self { issuer, resource, key, client_secret, clock, entropy })
    }

    /// The secret of the client `demo`.
    pub(crate) fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// The claims of a good token.
    pub(crate) fn usual(&self) -> DemoClaims {
        DemoClaims {
            issuer: self.issuer.clone(),
            audience: self.resource.clone(),
            scope: DEMO_SCOPE.to_owned(),
            lifetime: TOKEN_LIFETIME,
        }
    }

    /// A token that says `claims`, signed with this server's key.
    pub(crate) fn token(&self, claims: &DemoClaims) -> String {
        self.token_signed_by(&self.key, claims)
    }

    /// A token that says `claims` and names this server's key, but is signed with `key`.
    pub(crate) fn token_signed_by(&self, key: &SigningKey, claims: &DemoClaims) -> String {
        let now = i64::try_from(self.clock.now().as_seconds()).unwrap_or(i64::MAX);
        let issued = now.saturating_add(claims.lifetime.min(0)).saturating_sub(TOKEN_LIFETIME.min(60));
        let payload = json!({
            "iss": claims.issuer,
            "aud": claims.audience,
            "sub": "demo-user",
            "client_id": DEMO_CLIENT,
            "scope": claims.scope,
            "iat": issued,
            "exp": now.saturating_add(claims.lifetime),
            "jti": random_text(self.entropy.as_ref()),
        });
        key.sign_as(self.key.kid(), "at+jwt", &payload).unwrap_or_default()
    }

    fn metadata(&self) -> Value {
        json!({
            "issuer": self.issuer,
            "token_endpoint": format!("{}/token", self.issuer),
            "jwks_uri": format!("{}/jwks", self.issuer),
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "scopes_supported": [DEMO_SCOPE],
        })
    }

    fn grant(&self, form: &[u8]) -> Result<Value, &'static str> {
        let field = |name: &str| {
            url::form_urlencoded::parse(form)
                .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
        };
        if field("client_id").as_deref() != Some(DEMO_CLIENT)
            || field("client_secret").as_deref() != Some(&self.client_secret)
        {
            return Err("invalid_client");
        }
        if field("grant_type").as_deref() != Some("client_credentials") {
            return Err("unsupported_grant_type");
        }
        if field("resource").is_some_and(|resource| resource != self.resource) {
            return Err("invalid_target");
        }
        Ok(json!({
            "access_token": self.token(&self.usual()),
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME,
            "scope": DEMO_SCOPE,
        }))
    }
}

/// The server's documents and its token endpoint.
pub(crate) fn router(server: Arc<DemoAuthorizationServer>) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/jwks", get(jwks))
        .route("/token", post(token))
        .with_state(server)
}

async fn metadata(State(server): State<Arc<DemoAuthorizationServer>>) -> Response {
    json_answer(StatusCode::OK, &server.metadata())
}

async fn jwks(State(server): State<Arc<DemoAuthorizationServer>>) -> Response {
    json_answer(StatusCode::OK, &json!({ "keys": [server.key.public()] }))
}

async fn token(State(server): State<Arc<DemoAuthorizationServer>>, form: Bytes) -> Response {
    match server.grant(&form) {
        Ok(answer) => json_answer(StatusCode::OK, &answer),
        Err("invalid_client") => json_answer(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_client" })),
        Err(code) => json_answer(StatusCode::BAD_REQUEST, &json!({ "error": code })),
    }
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn random_text(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The scope that the demo's MCP server asks for.
pub(crate) const DEMO_SCOPE: &str = "demo";

/// The one client that the demo's authorization server knows.
pub(crate) const DEMO_CLIENT: &str = "demo";

/// Seconds; long enough to try things out, and the demo ends before it matters.
const TOKEN_LIFETIME: i64 = 8 * 3600;
