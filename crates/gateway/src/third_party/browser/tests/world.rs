//! A gateway, the third parties beside it, and browsers.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use axum::{Router, body::Body};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use oauth_client::{
    AllowRules, ClientSecret, ExpectedIdToken, IdTokenError, IdTokenVerifier, Provider, ProviderKind,
    ProviderPorts, ProviderSettings,
    local::{LocalAccount, LocalAccounts, Password, PasswordHash, hash_password},
};
use oauth_server::{
    AssertionKeys, AuthorizeEndpoint, Client, ClientAssertionError, ClientAssertionVerifier,
    ClientAuthMethod, ClientOrigin, ClientProof, ClientSources, Clients, ConfiguredClient, GrantType,
    OfferedResource, ServerSettings,
};
use oauth_types::{
    ClientId, GrantId, ManualClock, Principal, ProviderId, SeededEntropy, SystemEntropy, UnixTime,
};
use serde_json::{Map, Value, json};
use session_binding::{
    BrowserSessionLimits, BrowserSessions, Connection, Connections, DirectoryUnavailable, GrantDirectory,
    PendingAuthorizations, PendingLimits, ThirdPartySessionLimits, ThirdPartySessions,
};
use storage::MemoryStore;
use test_support::fake_http::{FakeHttp, Reply};
use token_manager::{
    AuditLog, EndCause, GrantParts, GrantSettings, Grants, KeyRing, MasterKey, Memberships, RedeemCheck,
    RefreshFailure, RefreshedTokens, Refresher, RevokeSelector, SessionKey, SigningKeySettings, SigningKeys,
    ThirdPartyIdentities, ThirdPartyRefreshToken, ThirdPartyTokenKeeper, ThirdPartyTokenParts,
    ThirdPartyTokenSettings, ThirdPartyTokens,
};
use tower_service::Service;
use url::{Url, form_urlencoded};

use super::super::{Browser, BrowserParts, ServerWords, router};
use crate::{
    reason::Reason,
    request_id::RequestIds,
    service::Arrival,
    third_party::adapters::{Foundations, Providers, Remembered, SignInProvider, TrustInForce},
};

pub(super) const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
pub(super) const ISSUER: &str = "https://mcp.example";
pub(super) const RESOURCE: &str = "https://mcp.example/mcp";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const REDIRECT: &str = "https://client.example/callback";
/// The client's own `state`, with everything that an encoder may change.
pub(super) const STATE: &str = "s t&a=t+e%/<b>";
pub(super) const HUB_TOKEN: &str = "https://hub.example/token";
pub(super) const HUB_USER: &str = "https://hub.example/user";
pub(super) const IDP: &str = "https://idp.example";
pub(super) const IDP_TOKEN: &str = "https://idp.example/token";
pub(super) const PASSWORD: &str = "correct horse";

/// What a test may change before the gateway starts.
pub(super) struct Setup {
    pub(super) rules: AllowRules,
    pub(super) pending: PendingLimits,
    pub(super) sessions: ThirdPartySessionLimits,
    pub(super) local: bool,
    pub(super) local_rules: AllowRules,
}

pub(super) struct World {
    pub(super) store: Arc<MemoryStore>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) http: FakeHttp,
    pub(super) grants: Grants,
    pub(super) tokens: ThirdPartyTokens,
    pub(super) third_party_sessions: ThirdPartySessions,
    pub(super) router: Router,
    pub(super) setup: Setup,
    foundations: Option<Foundations>,
    parts: Shared,
    request_ids: RequestIds,
    _keeper: ThirdPartyTokenKeeper,
}

/// What survives a reload of the configuration.
struct Shared {
    ring: Arc<KeyRing>,
    pending: PendingAuthorizations,
    browser_sessions: BrowserSessions,
    entropy: Arc<SeededEntropy>,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup {
            rules: everybody(),
            pending: PendingLimits::default(),
            sessions: ThirdPartySessionLimits::default(),
            local: false,
            local_rules: AllowRules { groups: ["alice".to_owned()].into(), ..AllowRules::default() },
        };
        change(&mut setup);
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::new(NOW)));
        let entropy = Arc::new(SeededEntropy::new(7));
        let ring = Arc::new(
            KeyRing::new(&MasterKey::new(b"0123456789abcdefghijklmnopqrstuv").unwrap(), []).unwrap(),
        );
        let grants = grants(&store, &clock, &ring).await;
        let (tokens, keeper) = ThirdPartyTokens::new(
            ThirdPartyTokenParts {
                store: store.clone(),
                ring: ring.clone(),
                refresher: Arc::new(Unasked),
                grants: grants.clone(),
                clock: clock.clone(),
                entropy: entropy.clone(),
            },
            ThirdPartyTokenSettings::default(),
        );
        let third_party_sessions =
            ThirdPartySessions::new(store.clone(), clock.clone(), entropy.clone(), setup.sessions);
        let pending =
            PendingAuthorizations::open(store.clone(), clock.clone(), entropy.clone(), setup.pending)
                .await
                .unwrap();
        let browser_sessions = BrowserSessions::new(
            store.clone(),
            clock.clone(),
            entropy.clone(),
            third_party_sessions.clone(),
            BrowserSessionLimits::default(),
        );
        let parts = Shared { ring, pending, browser_sessions, entropy };
        let http = FakeHttp::new();
        let mut world = Self {
            store,
            clock,
            http,
            grants,
            tokens,
            third_party_sessions,
            router: Router::new(),
            setup,
            foundations: None,
            parts,
            request_ids: RequestIds::new(&SystemEntropy),
            _keeper: keeper,
        };
        world.answers(583_231);
        world.reload(&["hub", "idp"], |_| {});
        world
    }

    /// Another configuration of the third parties, over the same store.
    pub(super) fn reload(&mut self, providers: &[&str], change: impl Fn(&mut ProviderSettings)) {
        let mut all: Vec<_> = providers.iter().map(|id| self.third_party(id, &change)).collect();
        if self.setup.local {
            all.push(self.local_accounts());
        }
        let kept = ThirdPartyIdentities::new(self.store.clone(), self.parts.ring.clone());
        let remembered = Remembered::new(kept, self.third_party_sessions.clone());
        let foundations = Foundations {
            grants: self.grants.clone(),
            sessions: self.third_party_sessions.clone(),
            browsers: self.parts.browser_sessions.clone(),
            tokens: self.tokens.clone(),
            providers: Providers::new(self.clock.clone(), remembered.clone()),
            remembered,
            trust: TrustInForce::default(),
        };
        self.foundations = Some(foundations.clone());
        let parts = BrowserParts {
            authorize: authorize_endpoint(&self.store, &self.clock),
            pending: self.parts.pending.clone(),
            browser_sessions: self.parts.browser_sessions.clone(),
            connections: Connections::new(Arc::new(Directory(self.grants.clone()))),
            foundations,
            ring: self.parts.ring.clone(),
            connectable: vec!["hub".parse().unwrap()],
            providers: all,
            issuer: ISSUER.parse().unwrap(),
            response_issuer: true,
            servers: [(RESOURCE.parse().unwrap(), server_words())].into(),
            body_idle: std::time::Duration::from_secs(10),
            clock: self.clock.clone(),
        };
        self.router = router(Arc::new(Browser::new(parts)));
    }

    pub(super) fn foundations(&self) -> &Foundations {
        self.foundations.as_ref().unwrap()
    }

    fn third_party(&self, id: &str, change: &impl Fn(&mut ProviderSettings)) -> SignInProvider {
        let kind = if id == "idp" { ProviderKind::Oidc } else { ProviderKind::GithubOauthApp };
        let mut settings = ProviderSettings {
            client_secret: Some(ClientSecret::new("third-party-secret".to_owned())),
            lookups: self.setup.rules.lookups(),
            ..ProviderSettings::new(id.parse().unwrap(), kind, "gateway-1".parse().unwrap())
        };
        if id == "idp" {
            settings.issuer = Some(IDP.parse().unwrap());
        } else {
            settings.endpoints.authorization = Some("https://hub.example/authorize".parse().unwrap());
            settings.endpoints.token = Some(HUB_TOKEN.parse().unwrap());
            settings.endpoints.userinfo = Some(HUB_USER.parse().unwrap());
        }
        change(&mut settings);
        let ports = ProviderPorts {
            http: Arc::new(self.http.clone()),
            clock: self.clock.clone(),
            entropy: self.parts.entropy.clone(),
            id_tokens: Arc::new(Signatures),
        };
        let provider = Arc::new(Provider::new(settings, ports).unwrap());
        SignInProvider::ThirdParty { provider, rules: self.setup.rules.clone(), name: format!("The {id}") }
    }

    fn local_accounts(&self) -> SignInProvider {
        let account = |username: &str| LocalAccount {
            username: username.to_owned(),
            password: password_hash(),
            name: Some("Alice Local".to_owned()),
            email: None,
            groups: [username.to_owned()].into(),
        };
        let id: ProviderId = "local".parse().unwrap();
        let accounts = ["alice", "mallory"].map(account);
        let accounts = LocalAccounts::new(id.clone(), accounts, self.clock.clone(), &SystemEntropy).unwrap();
        let rules = self.setup.local_rules.clone();
        SignInProvider::Local { id, accounts: Arc::new(accounts), rules, name: "A local account".to_owned() }
    }

    /// From now on this account is signed in at the hub.
    pub(super) fn answers(&self, account: u64) {
        let token =
            json!({ "access_token": format!("gho_{account}"), "token_type": "bearer", "scope": "read:user" });
        self.http.set(HUB_TOKEN, Reply::json(&token));
        let user =
            json!({ "id": account, "login": format!("user-{account}"), "name": format!("Person {account}") });
        self.http.set(HUB_USER, Reply::json(&user));
        let metadata = json!({
            "issuer": IDP,
            "authorization_endpoint": "https://idp.example/authorize",
            "token_endpoint": IDP_TOKEN,
            "userinfo_endpoint": "https://idp.example/userinfo",
            "jwks_uri": "https://idp.example/jwks",
            "authorization_response_iss_parameter_supported": true,
        });
        self.http.set("https://idp.example/.well-known/openid-configuration", Reply::json(&metadata));
        self.http.set("https://idp.example/userinfo", Reply::json(&json!({ "sub": "alice-1" })));
    }

    /// How many codes of third parties were exchanged.
    pub(super) fn exchanges(&self) -> usize {
        self.http.count(HUB_TOKEN) + self.http.count(IDP_TOKEN)
    }

    pub(super) fn jar(&self) -> Jar<'_> {
        self.jar_at("192.0.2.1")
    }

    /// A browser at this address.
    pub(super) fn jar_at(&self, address: &str) -> Jar<'_> {
        Jar { world: self, address: address.parse().unwrap(), cookies: BTreeMap::new(), sent: Vec::new() }
    }

    /// Redeems the code that a client was sent, as the client.
    pub(super) async fn redeem(&self, code: &str) -> Option<GrantId> {
        let client_id: ClientId = "client".parse().unwrap();
        let check = RedeemCheck {
            client_id: &client_id,
            redirect_uri: Some(REDIRECT),
            code_verifier: Some(VERIFIER),
            resources: &[],
            key: None,
            is_public: true,
            memberships: Memberships::NONE,
        };
        self.grants.redeem(code, check).await.ok().map(|it| it.grant)
    }

    /// Live grants, and codes that wait.
    pub(super) fn counts(&self) -> (usize, usize) {
        self.grants.count()
    }

    pub(super) async fn send(&self, from: IpAddr, request: Request<Body>) -> Page {
        let mut request = request;
        let arrival = Arrival::new(self.request_ids.next(), from);
        request.extensions_mut().insert(arrival);
        let response = self.router.clone().call(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let reason = head.extensions.get::<Reason>().copied();
        Page { status: head.status, headers: head.headers, body, reason }
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    /// What the access log is told of it.
    pub(super) reason: Option<Reason>,
}

impl Page {
    #[track_caller]
    pub(super) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.headers[header::LOCATION].to_str().unwrap()
    }

    #[track_caller]
    pub(super) fn location_url(&self) -> Url {
        Url::parse(self.location()).unwrap()
    }

    /// A parameter of the redirect, which must be there at most once.
    #[track_caller]
    pub(super) fn answered(&self, name: &str) -> Option<String> {
        let url = self.location_url();
        let values: Vec<_> =
            url.query_pairs().filter(|it| it.0 == name).map(|it| it.1.into_owned()).collect();
        assert!(values.len() <= 1, "{name} twice in {url}");
        values.into_iter().next()
    }

    /// What a hidden field of the page's first form holds.
    #[track_caller]
    pub(super) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let at = self.body.find(&start).unwrap_or_else(|| panic!("no field {name} in {self:?}"));
        self.body[at + start.len()..].split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub(super) fn expect(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.body.contains(text), "no `{text}` in {self:?}");
        assert!(!self.headers.contains_key(header::LOCATION));
        assert_eq!(self.headers[header::X_FRAME_OPTIONS], "DENY");
    }
}

/// A browser: its cookies, and where it goes.
pub(super) struct Jar<'world> {
    pub(super) world: &'world World,
    pub(super) address: IpAddr,
    pub(super) cookies: BTreeMap<String, String>,
    /// Every `Set-Cookie` so far.
    pub(super) sent: Vec<String>,
}

impl Jar<'_> {
    pub(super) async fn get(&mut self, target: &str) -> Page {
        self.send(Method::GET, target, &[], None).await
    }

    /// Sends a form from a page of ours.
    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let headers = [("origin", ISSUER), ("sec-fetch-site", "same-origin")];
        self.post_with(path, &headers, fields).await
    }

    pub(super) async fn post_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, headers, Some(body)).await
    }

    pub(super) async fn send(
        &mut self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        form: Option<String>,
    ) -> Page {
        let mut request = Request::builder().method(method).uri(target);
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = Body::from(form.unwrap_or_default());
        let page = self.world.send(self.address, request.body(body).unwrap()).await;
        self.take_cookies(&page);
        page
    }

    fn take_cookies(&mut self, page: &Page) {
        for cookie in page.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            self.sent.push(cookie.to_owned());
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(super) fn session(&self) -> Option<&str> {
        self.cookies.get("__Host-mcp-session").map(String::as_str)
    }

    /// A client's request; the address of the consent page.
    pub(super) async fn begin(&mut self) -> String {
        let page = self.get(&request(&[])).await;
        page.location().to_owned()
    }

    /// The consent page of a new request.
    pub(super) async fn asked(&mut self) -> Page {
        let location = self.begin().await;
        let page = self.get(&location).await;
        assert_eq!(page.status, 200, "{page:?}");
        page
    }

    pub(super) async fn decide(&mut self, page: &Page, decision: &str) -> Page {
        let (transaction, csrf) = (page.hidden("transaction"), page.hidden("csrf"));
        let fields = [("transaction", &*transaction), ("csrf", &*csrf), ("decision", decision)];
        self.post("/consent", &fields).await
    }

    /// Approves a new request, to sign in with `provider`; where that sends the browser.
    pub(super) async fn away(&mut self, provider: &str) -> Url {
        let page = self.asked().await;
        self.decide(&page, &format!("provider:{provider}")).await.location_url()
    }

    /// The third party sends the browser back with a code.
    pub(super) async fn back(&mut self, away: &Url) -> Page {
        let target = callback(away, &[("code", "code-1")]);
        self.get(&target).await
    }

    /// A whole sign-in with the hub; the answer for the client.
    pub(super) async fn sign_in(&mut self) -> Page {
        let away = self.away("hub").await;
        self.back(&away).await
    }
}

/// The target of the callback that belongs to `away`, with these parameters.
pub(super) fn callback(away: &Url, params: &[(&str, &str)]) -> String {
    let query: BTreeMap<_, _> = away.query_pairs().into_owned().collect();
    let redirect = Url::parse(&query["redirect_uri"]).unwrap();
    let mut form = form_urlencoded::Serializer::new(String::new());
    if !params.iter().any(|it| it.0 == "state") {
        form.append_pair("state", &query["state"]);
    }
    let query = form.extend_pairs(params).finish();
    format!("{}?{query}", redirect.path())
}

/// The target of a good authorization request of `client`, with changes.
pub(super) fn request(changes: &[(&str, &str)]) -> String {
    format!("/authorize?{}", request_form(changes))
}

pub(super) fn request_form(changes: &[(&str, &str)]) -> String {
    let mut parameters = BTreeMap::from([
        ("client_id", "client"),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", RESOURCE),
        ("scope", "mcp"),
        ("state", STATE),
    ]);
    parameters.extend(changes.iter().copied());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

pub(super) fn everybody() -> AllowRules {
    AllowRules { everybody: true, ..AllowRules::default() }
}

pub(super) fn id_token(claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(&json!({ "alg": "ES256" })), part(claims))
}

/// Hashing takes a while, so all accounts of all tests share one hash.
fn password_hash() -> PasswordHash {
    static HASH: Mutex<Option<PasswordHash>> = Mutex::new(None);
    let mut hash = HASH.lock().unwrap();
    hash.get_or_insert_with(|| hash_password(&Password::new(PASSWORD.to_owned()), &SystemEntropy).unwrap())
        .clone()
}

fn server_words() -> ServerWords {
    let words = [("mcp".parse().unwrap(), "Use the tools".to_owned())].into();
    ServerWords { name: Some("The tool shed".to_owned()), scopes: words }
}

fn authorize_endpoint(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>) -> AuthorizeEndpoint {
    let offered = OfferedResource {
        resource: RESOURCE.parse().unwrap(),
        scopes: "mcp files:read files:write".parse().unwrap(),
        default_scopes: "mcp".parse().unwrap(),
    };
    let settings = ServerSettings::new(ISSUER.parse().unwrap(), vec![offered]).unwrap();
    let client = |id: &str, origin, redirect_uris: &[&str]| {
        let client = Client {
            id: id.parse().unwrap(),
            origin,
            name: Some(format!("<i>{id}</i>")),
            host: Some(format!("{id}.example")),
            redirect_uris: redirect_uris.iter().map(|it| it.parse().unwrap()).collect(),
            auth_method: ClientAuthMethod::None,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scope: None,
            default_scope: None,
            dpop_bound_access_tokens: false,
            require_pushed_authorization_requests: false,
        };
        ConfiguredClient::new(client, ClientProof::Nothing).unwrap()
    };
    let clients = Clients::new(ClientSources {
        issuer: ISSUER.parse().unwrap(),
        configured: vec![
            client("client", ClientOrigin::Configured, &[REDIRECT]),
            client(
                "stranger",
                ClientOrigin::Registered,
                &["https://stranger.example/cb", "http://127.0.0.1/cb"],
            ),
        ],
        documents: None,
        registrations: None,
        store: store.clone(),
        assertions: Arc::new(NoAssertions),
        clock: clock.clone(),
    });
    AuthorizeEndpoint::new(Arc::new(settings), clients)
}

async fn grants(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>, ring: &Arc<KeyRing>) -> Grants {
    let entropy = Arc::new(SeededEntropy::new(9));
    let settings = SigningKeySettings::default();
    let signing_keys =
        SigningKeys::open(store.clone(), ring.clone(), clock.clone(), Arc::new(SystemEntropy), settings);
    let parts = GrantParts {
        store: store.clone(),
        feed: None,
        ring: ring.clone(),
        signing_keys: signing_keys.await.unwrap(),
        clock: clock.clone(),
        entropy,
        events: Arc::new(AuditLog),
    };
    Grants::open(parts, GrantSettings::new(ISSUER.parse().unwrap())).await.unwrap()
}

/// The account page's view of the grants.
#[derive(Debug)]
struct Directory(Grants);

#[async_trait]
impl GrantDirectory for Directory {
    async fn list(&self, principal: &Principal) -> Result<Vec<Connection>, DirectoryUnavailable> {
        let listed = self.0.list(&RevokeSelector::Principal(principal.clone())).await;
        let listed = listed.map_err(|error| DirectoryUnavailable(Box::new(error)))?;
        let connection = |it: token_manager::GrantSummary| Connection {
            grant: it.id,
            client_id: it.client_id,
            client_name: None,
            resource: it.resource,
            scope: it.scope,
            created: it.created_at,
            last_used: it.last_used_at,
        };
        Ok(listed.into_iter().map(connection).collect())
    }

    async fn end(&self, grants: &[GrantId]) -> Result<(), DirectoryUnavailable> {
        for grant in grants {
            let ended = self.0.revoke(&RevokeSelector::Grant(*grant), EndCause::PersonRevoked).await;
            ended.map_err(|error| DirectoryUnavailable(Box::new(error)))?;
        }
        Ok(())
    }

    async fn end_all(&self, principal: &Principal) -> Result<(), DirectoryUnavailable> {
        let ended =
            self.0.revoke(&RevokeSelector::Principal(principal.clone()), EndCause::PersonRevoked).await;
        ended.map(drop).map_err(|error| DirectoryUnavailable(Box::new(error)))
    }
}

#[derive(Debug)]
struct Unasked;

#[async_trait]
impl Refresher for Unasked {
    async fn refresh(
        &self,
        _: &ProviderId,
        _: &SessionKey,
        _: &ThirdPartyRefreshToken,
    ) -> Result<RefreshedTokens, RefreshFailure> {
        Err(RefreshFailure::Temporary { retry_after: Some(Duration::from_secs(1)) })
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

/// Stands in for the gateway's verifier: a signature is the word `good`.
#[derive(Debug)]
struct Signatures;

#[async_trait]
impl IdTokenVerifier for Signatures {
    async fn verify(
        &self,
        id_token: &str,
        _: ExpectedIdToken<'_>,
    ) -> Result<Map<String, Value>, IdTokenError> {
        let parts: Vec<_> = id_token.split('.').collect();
        if parts[2] != "good" {
            return Err(IdTokenError::Invalid("the signature is wrong"));
        }
        let claims: Map<String, Value> =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        if claims["exp"].as_u64().unwrap() <= NOW.as_seconds() {
            return Err(IdTokenError::Invalid("expired"));
        }
        Ok(claims)
    }

    async fn verify_logout_token(
        &self,
        _: &str,
        _: ExpectedIdToken<'_>,
    ) -> Result<Map<String, Value>, IdTokenError> {
        Err(IdTokenError::Invalid("these tests have no logout tokens"))
    }
}
