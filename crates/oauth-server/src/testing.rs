//! One authorization server for the tests: four clients, two resources, grants in memory that can fail.

#[path = "../examples/authorization_server/memory_grants.rs"]
mod memory_grants;

mod direct;
mod enterprise;

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use oauth_types::{ClientId, ManualClock, SeededEntropy, UnixTime};
use serde_json::{Map, Value};
use storage::{FaultyStore, MemoryStore};
use url::form_urlencoded;

use crate::{
    AssertionKeys, AuthorizationRequest, AuthorizeEndpoint, Client, ClientAssertionError,
    ClientAssertionVerifier, ClientAuthMethod, ClientOrigin, ClientProof, ClientSources, Clients, CodeCheck,
    ConfiguredClient, GrantPort, GrantType, IntrospectEndpoint, OfferedResource, PushEndpoint,
    PushedRequests, RefreshCheck, RegistrationSettings, Registrations, RevokeEndpoint, SecretDigest,
    ServerSettings, TokenEndpoint, TokenFacts, TokenGrant, TokenRefusal, TokenUnavailable,
};
use direct::RecordedGrants;
use enterprise::Enterprise;
use memory_grants::MemoryGrants;

pub(crate) const ISSUER: &str = "https://mcp.example";
pub(crate) const RESOURCE: &str = "https://mcp.example/mcp";
pub(crate) const REDIRECT_URI: &str = "https://client.example/callback";
/// The example of RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The secret of the confidential clients.
pub(crate) const SECRET: &str = "c0nf1dent1al";

/// Everything of one server.
pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) grants: Arc<WatchedGrants>,
    pub(crate) direct: Arc<RecordedGrants>,
    pub(crate) enterprise: Arc<Enterprise>,
    pub(crate) settings: ServerSettings,
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) registrations: Registrations,
    pub(crate) pushed: PushedRequests,
    clients: Clients,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(1_800_000_000)));
        let grants = Arc::new(WatchedGrants::new(clock.clone()));
        let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
        let registrations = block_on(Registrations::open(
            store.clone(),
            grants.clone(),
            clock.clone(),
            Arc::new(SeededEntropy::new(8)),
            RegistrationSettings::new("https://mcp.example/register".parse().unwrap()),
        ));
        let registrations = registrations.unwrap();
        let clients = Clients::new(ClientSources {
            issuer: ISSUER.parse().unwrap(),
            configured: configured(),
            documents: None,
            registrations: Some(registrations.clone()),
            store: store.clone(),
            assertions: Arc::new(NoAssertions),
            clock: clock.clone(),
        });
        let pushed = PushedRequests::new(store.clone(), clock.clone(), Arc::new(SeededEntropy::new(9)));
        let settings = settings();
        Self {
            clock,
            grants,
            direct: Arc::default(),
            enterprise: Arc::default(),
            settings,
            store,
            registrations,
            pushed,
            clients,
        }
    }

    pub(crate) fn authorize(&self) -> AuthorizeEndpoint {
        AuthorizeEndpoint::new(Arc::new(self.settings.clone()), self.clients.clone())
            .with_pushed(self.pushed.clone())
    }

    pub(crate) fn clients(&self) -> Clients {
        self.clients.clone()
    }

    pub(crate) fn post_push(&self, post: &Post) -> Response<Bytes> {
        self.post_push_from(None, post)
    }

    pub(crate) fn post_push_from(&self, source: Option<&[u8]>, post: &Post) -> Response<Bytes> {
        let settings = Arc::new(self.settings.clone());
        let endpoint = PushEndpoint::new(settings, self.clients.clone(), self.pushed.clone());
        block_on(endpoint.answer(&post.method, &post.headers, post.query.as_deref(), &post.body(), source))
    }

    pub(crate) fn token(&self) -> TokenEndpoint {
        TokenEndpoint::new(Arc::new(self.settings.clone()), self.clients.clone(), self.grants.clone())
            .with_direct_grants(self.direct.clone())
            .with_identity_assertions(self.enterprise.clone())
    }

    pub(crate) fn revoke(&self) -> RevokeEndpoint {
        RevokeEndpoint::new(self.clients.clone(), self.grants.clone())
    }

    pub(crate) fn introspect(&self) -> IntrospectEndpoint {
        IntrospectEndpoint::new(Arc::new(self.settings.clone()), self.clients.clone(), self.grants.clone())
    }

    /// A code for `client`, as if the person had said yes to a good request.
    pub(crate) fn code(&self, client: &str) -> String {
        let query = good_query().with("client_id", client).encode();
        let request = block_on(self.authorize().check(Some(&query), None)).unwrap();
        self.grants.inner.issue_code(request, "alice").expose().to_owned()
    }

    /// The tokens of a fresh grant of `client`.
    pub(crate) fn tokens(&self, client: &str) -> Value {
        let answer = self.post_token(&code_request(client, &self.code(client)));
        assert_eq!(answer.status(), 200);
        serde_json::from_slice(answer.body()).unwrap()
    }

    pub(crate) fn post_token(&self, post: &Post) -> Response<Bytes> {
        let endpoint = self.token();
        block_on(endpoint.answer(&post.method, &post.headers, post.query.as_deref(), &post.body()))
    }

    pub(crate) fn post_revoke(&self, post: &Post) -> Response<Bytes> {
        let endpoint = self.revoke();
        block_on(endpoint.answer(&post.method, &post.headers, post.query.as_deref(), &post.body()))
    }

    pub(crate) fn post_introspect(&self, post: &Post) -> Response<Bytes> {
        let endpoint = self.introspect();
        block_on(endpoint.answer(&post.method, &post.headers, post.query.as_deref(), &post.body()))
    }

    pub(crate) fn is_active(&self, token: &str) -> bool {
        block_on(self.grants.inner.introspect(token)).unwrap().is_some()
    }
}

fn settings() -> ServerSettings {
    let offered = |resource: &str, scopes: &str, default_scopes: &str| OfferedResource {
        resource: resource.parse().unwrap(),
        scopes: scopes.parse().unwrap(),
        default_scopes: default_scopes.parse().unwrap(),
    };
    let resources = vec![
        offered(RESOURCE, "files:read files:write mcp", "mcp"),
        offered("https://mcp.example/other", "other", "other"),
    ];
    ServerSettings::new(ISSUER.parse().unwrap(), resources).unwrap()
}

/// `public`, `other` and `loopback` are public, `proving` too but with DPoP always, `limited` too but with one scope and without refresh tokens;
/// `basic`, `post` and `reader` are confidential, and `machine` may not use codes.
fn configured() -> Vec<ConfiguredClient> {
    let all = [GrantType::AuthorizationCode, GrantType::RefreshToken];
    let client = |id: &str, auth_method, grant_types: &[GrantType]| Client {
        id: id.parse().unwrap(),
        origin: ClientOrigin::Configured,
        name: None,
        host: None,
        redirect_uris: vec![REDIRECT_URI.parse().unwrap()],
        auth_method,
        grant_types: grant_types.to_vec(),
        scope: None,
        default_scope: None,
        dpop_bound_access_tokens: false,
        require_pushed_authorization_requests: false,
    };
    let public = |client: Client| ConfiguredClient::new(client, ClientProof::Nothing).unwrap();
    let confidential = |client: Client| {
        let proof = ClientProof::Secret(SecretDigest::of(SECRET));
        ConfiguredClient::new(client, proof).unwrap()
    };
    let mut loopback = client("loopback", ClientAuthMethod::None, &all);
    loopback.redirect_uris = [
        "http://127.0.0.1/callback",
        "http://localhost/",
        "http://[::1]/callback",
        "com.example.app:/callback",
    ]
    .map(|it| it.parse().unwrap())
    .into();
    let mut limited = client("limited", ClientAuthMethod::None, &[GrantType::AuthorizationCode]);
    limited.scope = Some("mcp files:read".parse().unwrap());
    let mut nothing = client("nothing", ClientAuthMethod::None, &all);
    nothing.scope = Some("elsewhere".parse().unwrap());
    let mut proving = client("proving", ClientAuthMethod::None, &all);
    proving.dpop_bound_access_tokens = true;
    vec![
        public(proving),
        public(client("public", ClientAuthMethod::None, &all)),
        public(client("other", ClientAuthMethod::None, &all)),
        public(loopback),
        public(limited),
        public(nothing),
        confidential(client("basic", ClientAuthMethod::ClientSecretBasic, &all)),
        confidential(client("post", ClientAuthMethod::ClientSecretPost, &all)),
        confidential(client("reader", ClientAuthMethod::ClientSecretPost, &[])),
        confidential(client("machine", ClientAuthMethod::ClientSecretPost, &[GrantType::RefreshToken])),
    ]
}

/// Parameters in an order; tests change one of them.
#[derive(Clone, Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn new(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// With this value instead of the one it had.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// With this value besides the one it had.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(it, _)| it != name);
        self
    }

    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    pub(crate) fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// An authorization request with nothing wrong.
pub(crate) fn good_query() -> Form {
    Form::new(&[
        ("response_type", "code"),
        ("client_id", "public"),
        ("redirect_uri", REDIRECT_URI),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "mcp files:read"),
        ("resource", RESOURCE),
        ("state", "st&te="),
    ])
}

/// A request to an endpoint that takes a form.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Option<String>,
    pub(crate) form: Form,
    raw: Option<Vec<u8>>,
}

impl Post {
    pub(crate) fn new(pairs: &[(&str, &str)]) -> Self {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, form)]);
        Self { method: Method::POST, headers, query: None, form: Form::new(pairs), raw: None }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.form = self.form.with(name, value);
        self
    }

    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.form = self.form.and(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.form = self.form.without(name);
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn basic(self, id: &str, secret: &str) -> Self {
        let credentials = STANDARD.encode(format!("{id}:{secret}"));
        self.header(AUTHORIZATION, &format!("Basic {credentials}"))
    }

    pub(crate) fn raw(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.raw = Some(body.into());
        self
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.raw.clone().unwrap_or_else(|| self.form.encode().into_bytes())
    }
}

/// A token request of a client for a code, with nothing wrong.
pub(crate) fn code_request(client: &str, code: &str) -> Post {
    authenticated(
        client,
        Post::new(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ]),
    )
}

/// A token request of a client for a refresh token, with nothing wrong.
pub(crate) fn refresh_request(client: &str, token: &str) -> Post {
    authenticated(client, Post::new(&[("grant_type", "refresh_token"), ("refresh_token", token)]))
}

/// The request with whatever its client authenticates by.
pub(crate) fn authenticated(client: &str, post: Post) -> Post {
    match client {
        "basic" => post.basic(client, SECRET),
        "post" | "reader" | "machine" => post.with("client_id", client).with("client_secret", SECRET),
        _ => post.with("client_id", client),
    }
}

/// Status and `error` of an answer, and for a good one the status alone.
pub(crate) fn outcome(answer: &Response<Bytes>) -> String {
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let error = body.get("error").and_then(Value::as_str).unwrap_or_default();
    format!("{} {error}", answer.status().as_u16()).trim_end().to_owned()
}

/// The whole answer, for a golden file.
pub(crate) fn text(answer: &Response<Bytes>) -> String {
    let line = |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}\n", value.to_str().unwrap());
    let headers: String = answer.headers().iter().map(line).collect();
    format!("{}\n{headers}\n{}\n", answer.status(), std::str::from_utf8(answer.body()).unwrap())
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The grants of the example, which can be out of order and say what they were asked.
#[derive(Debug)]
pub(crate) struct WatchedGrants {
    pub(crate) inner: MemoryGrants,
    is_down: AtomicBool,
    calls: Mutex<Vec<String>>,
}

impl WatchedGrants {
    fn new(clock: Arc<ManualClock>) -> Self {
        let inner = MemoryGrants::new(clock, Arc::new(SeededEntropy::new(7)));
        Self { inner, is_down: AtomicBool::new(false), calls: Mutex::default() }
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    /// What was asked since the last look.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn call(&self, text: String) -> Result<(), TokenUnavailable> {
        self.calls.lock().unwrap().push(text);
        if self.is_down.load(Ordering::SeqCst) {
            return Err(TokenUnavailable("the disk of db-7.internal is full".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl GrantPort for WatchedGrants {
    async fn redeem(&self, code: &str, check: CodeCheck<'_>) -> Result<TokenGrant, TokenRefusal> {
        let CodeCheck { client_id, redirect_uri, code_verifier, resources, .. } = check;
        self.call(format!(
            "redeem for {client_id}, {redirect_uri:?}, {code_verifier:?}, {:?}",
            resources.iter().map(oauth_types::ResourceUri::as_str).collect::<Vec<_>>()
        ))?;
        self.inner.redeem(code, check).await
    }

    async fn refresh(&self, token: &str, check: RefreshCheck<'_>) -> Result<TokenGrant, TokenRefusal> {
        let RefreshCheck { client_id, scope, resources, .. } = check;
        self.call(format!(
            "refresh for {client_id}, {:?}, {:?}",
            scope.map(ToString::to_string),
            resources.iter().map(oauth_types::ResourceUri::as_str).collect::<Vec<_>>()
        ))?;
        self.inner.refresh(token, check).await
    }

    async fn revoke(&self, token: &str, client: &ClientId) -> Result<(), TokenRefusal> {
        self.call(format!("revoke for {client}"))?;
        self.inner.revoke(token, client).await
    }

    async fn introspect(&self, token: &str) -> Result<Option<TokenFacts>, TokenUnavailable> {
        self.call("introspect".to_owned())?;
        self.inner.introspect(token).await
    }

    async fn has_grants(&self, client: &ClientId) -> Result<bool, TokenUnavailable> {
        self.inner.has_grants(client).await
    }

    async fn end_grants(&self, client: &ClientId) -> Result<(), TokenUnavailable> {
        self.inner.end_grants(client).await
    }
}

#[derive(Debug)]
struct NoAssertions;

#[async_trait]
impl ClientAssertionVerifier for NoAssertions {
    async fn verify(
        &self,
        _: &str,
        _: AssertionKeys<'_>,
    ) -> Result<Map<String, Value>, ClientAssertionError> {
        Err(ClientAssertionError::Invalid("these tests have no keys"))
    }
}

/// An authorization request that must be good.
pub(crate) fn good(world: &World, query: &Form) -> AuthorizationRequest {
    block_on(world.authorize().check(Some(&query.encode()), None)).unwrap()
}
