//! What the tests of option B share: a state on a store that fails on demand, a clock that moves on demand, and a
//! third party in memory.

pub(super) mod audit;

use std::{
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use oauth_client::{
    AllowRules, ClaimMapping, ClientSecret, EndpointOverrides, Lookups, Provider, ProviderKind,
    ProviderPorts, ProviderSettings,
    local::{LocalAccount, LocalAccounts, Password, PasswordHash, hash_password},
};
use oauth_server::{CodeCheck, GrantPort, RefreshCheck, TokenGrant, TokenRefusal};
use oauth_types::{
    ClientId, Clock, CodeChallenge, GrantId, ManualClock, Principal, ProviderId, SystemEntropy,
    TokenErrorCode, UnixTime,
};
use outbound_http::HttpClient;
use serde_json::json;
use session_binding::{
    BrowserSessionLimits, PendingLimits, SignIn, ThirdPartySessionId, ThirdPartySessionLimits,
};
use storage::{FaultyStore, MemoryStore, RecordStore};
use test_support::fake_http::{FakeHttp, Reply};
use token_manager::{
    GrantSettings, KeyRing, MasterKey, NewGrant, SigningKeySettings, ThirdPartyAccessToken,
    ThirdPartyRefreshToken, ThirdPartyTokenSettings, TokenSet,
};

use super::{
    adapters::{GrantAccess, IdTokens, NamedMemberships, SignInProvider, session_key},
    state::{State, StateSettings, StorageSettings, Stores},
    tasks::{Tasks, Work},
};

pub(super) const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
pub(super) const ISSUER: &str = "https://mcp.example";
pub(super) const RESOURCE: &str = "https://mcp.example/mcp";
pub(super) const IDP: &str = "https://idp.example";
pub(super) const TOKEN: &str = "https://idp.example/token";
pub(super) const USERINFO: &str = "https://idp.example/user";
pub(super) const REVOKE: &str = "https://idp.example/revoke";
pub(super) const REDIRECT: &str = "http://127.0.0.1:33418/callback";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub(super) const CHECK: &str = "https://idp.example/check";
pub(super) const JWKS: &str = "https://idp.example/jwks";
pub(super) const EMAIL: &str = "me@example.org";

/// How it becomes known who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// By an API of the third party's own.
    Api,
    /// By the userinfo endpoint of an OpenID provider.
    Userinfo,
    /// By ID tokens only, of a third party that can be asked about its token.
    IdToken,
    /// By ID tokens only, of a third party that cannot.
    IdTokenAlone,
    /// By a built-in account.
    Local,
}

pub(super) struct World {
    source: Source,
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Arc<FaultyStore>,
    pub(super) http: FakeHttp,
    pub(super) state: State,
    pub(super) access: GrantAccess,
    /// The groups of whoever signs in.
    groups: Mutex<Vec<String>>,
    /// What rules of servers name.
    named: Mutex<Option<NamedMemberships>>,
    work: Option<Work>,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::of(Source::Api).await
    }

    pub(super) async fn of(source: Source) -> Self {
        let clock = Arc::new(ManualClock::new(NOW));
        let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
        let shared: Arc<dyn RecordStore> = Arc::<FaultyStore>::clone(&store);
        let (state, work) = State::on(
            Stores::of_one_process(shared),
            settings(StorageSettings::Memory),
            clock.clone(),
            Arc::new(SystemEntropy),
        )
        .await
        .unwrap();
        let http = FakeHttp::new();
        let world_allows = AllowRules { everybody: true, ..AllowRules::default() };
        let provider = provider_of("third", source, Arc::new(http.clone()), clock.clone(), world_allows);
        state.foundations.providers.replace([provider], NamedMemberships::default());
        let access = state.grant_access();
        Self {
            source,
            clock,
            store,
            http,
            state,
            access,
            groups: Mutex::default(),
            named: Mutex::default(),
            work: Some(work),
        }
    }

    /// Nothing goes on in the background but what refreshes third-party tokens.
    pub(super) fn spawn_keeper(&mut self) {
        let keeper = self.work.take().unwrap().keeper;
        tokio::spawn(keeper.run(tokio::time::sleep, std::future::pending()));
    }

    pub(super) fn spawn(&mut self) -> Tasks {
        self.work.take().unwrap().spawn()
    }

    /// Another configuration: who may come in.
    pub(super) fn allow(&self, rules: AllowRules) {
        let lookups = if self.named.lock().unwrap().is_some() {
            Lookups { groups: true, ..rules.lookups() }
        } else {
            rules.lookups()
        };
        let http = Arc::new(self.http.clone());
        self.put_in_force(provider_with("third", self.source, http, self.clock.clone(), (rules, lookups)));
    }

    /// The id of the provider is that of another kind from the next configuration on.
    pub(super) fn becomes(&mut self, source: Source) {
        self.source = source;
    }

    /// Another configuration: everybody may come in, and rules of servers name these groups.
    pub(super) fn name(&self, named: NamedMemberships) {
        *self.named.lock().unwrap() = Some(named);
        self.allow(AllowRules { everybody: true, ..AllowRules::default() });
    }

    /// Another configuration: the built-in account is in these groups.
    pub(super) fn employ(&self, groups: &[&str]) {
        let rules = AllowRules { everybody: true, ..AllowRules::default() };
        self.put_in_force(accounts(self.clock.clone(), rules, groups));
    }

    fn put_in_force(&self, provider: SignInProvider) {
        let named = self.named.lock().unwrap().clone();
        self.state.foundations.providers.replace([provider], named.unwrap_or_default());
    }

    /// What the third party says of whoever asks with a token of theirs.
    pub(super) fn says(&self, subject: &str, groups: &[&str]) {
        *self.groups.lock().unwrap() = groups.iter().map(ToString::to_string).collect();
        let user = json!({
            "id": subject, "sub": subject, "email": EMAIL, "email_verified": true, "groups": groups,
        });
        self.http.set(USERINFO, Reply::json(&user));
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Somebody has signed in at the third party, which said the same as [`World::says`].
    pub(super) async fn sign_in(&self, subject: &str) -> ThirdPartySessionId {
        let on = &self.state.foundations;
        let sign_in = SignIn { principal: person(subject), display_name: None, sid: None };
        let session = *on.sessions.sign_in(sign_in).await.unwrap().who.session();
        if self.source == Source::Local {
            return session;
        }
        let group = |it: &String| json!({ "id": it, "name": null });
        let groups: Vec<_> = self.groups.lock().unwrap().iter().map(group).collect();
        let by = match self.source {
            Source::Userinfo | Source::IdToken | Source::IdTokenAlone => "id_token",
            Source::Api | Source::Local => "userinfo",
        };
        let said = json!({ "email": { "address": EMAIL, "verified": true }, "groups": groups });
        let known = serde_json::from_value(json!({ "principal": person(subject), by: said })).unwrap();
        on.remembered.keep(&session, &known, oauth_types::Clock::now(&*self.clock)).await.unwrap();
        session
    }

    /// The third party has given tokens for an hour.
    pub(super) async fn give_tokens(&self, session: &ThirdPartySessionId) {
        self.give(session, self.tokens()).await;
    }

    /// The third party has given an access token for an hour, and nothing to refresh it with.
    pub(super) async fn give_access_token(&self, session: &ThirdPartySessionId) {
        self.give(session, TokenSet { refresh_token: None, ..self.tokens() }).await;
    }

    /// The third party has given an access token without an end.
    pub(super) async fn give_long(&self, session: &ThirdPartySessionId) {
        self.give(session, TokenSet { refresh_token: None, expires_at: None, ..self.tokens() }).await;
    }

    fn tokens(&self) -> TokenSet {
        TokenSet {
            provider: "third".parse().unwrap(),
            access_token: ThirdPartyAccessToken::new("third-access-1".to_owned()),
            refresh_token: Some(ThirdPartyRefreshToken::new("third-refresh-1".to_owned())),
            expires_at: Some(oauth_types::Clock::now(&*self.clock) + Duration::from_secs(3600)),
            scope: "profile".parse().unwrap(),
        }
    }

    async fn give(&self, session: &ThirdPartySessionId, tokens: TokenSet) {
        let keep_until = NOW + Duration::from_secs(90 * 24 * 3600);
        self.state.foundations.tokens.store(&session_key(session), tokens, keep_until).await.unwrap();
    }

    /// A code for a client, which rests on a session.
    pub(super) async fn code(&self, session: &ThirdPartySessionId, subject: &str) -> (GrantId, String) {
        let new = NewGrant {
            client_id: client(),
            principal: person(subject),
            redirect_uri: REDIRECT.parse().unwrap(),
            scope: "mcp".parse().unwrap(),
            resource: RESOURCE.parse().unwrap(),
            code_challenge: CodeChallenge::of(&VERIFIER.parse().unwrap()),
            session: Some(session_key(session)),
            refreshable: true,
            key: None,
        };
        let (grant, code) = self.state.foundations.grants.issue_code(new).await.unwrap();
        self.state.foundations.sessions.bind(grant, session).await.unwrap();
        (grant, code.expose().to_owned())
    }

    pub(super) async fn redeem(&self, code: &str) -> Result<TokenGrant, TokenRefusal> {
        let client_id = client();
        let check = CodeCheck {
            client_id: &client_id,
            redirect_uri: Some(REDIRECT),
            code_verifier: Some(VERIFIER),
            resources: &[],
            proof: None,
            is_public: true,
        };
        self.access.redeem(code, check).await
    }

    pub(super) async fn refresh(&self, tokens: &TokenGrant) -> Result<TokenGrant, TokenRefusal> {
        let client_id = client();
        let check = RefreshCheck { client_id: &client_id, scope: None, resources: &[], proof: None };
        self.access.refresh(refresh_token(tokens), check).await
    }

    /// A grant of somebody, with its first tokens.
    pub(super) async fn live(&self, subject: &str) -> (ThirdPartySessionId, GrantId, TokenGrant) {
        let session = self.sign_in(subject).await;
        let (grant, code) = self.code(&session, subject).await;
        let tokens = self.redeem(&code).await.unwrap();
        (session, grant, tokens)
    }

    pub(super) fn is_live(&self, grant: GrantId) -> bool {
        // Not by a question that counts as use.
        self.state.foundations.grants.watch_end(&grant).is_some()
    }
}

pub(super) fn settings(storage: StorageSettings) -> StateSettings {
    StateSettings {
        storage,
        ring: KeyRing::new(&master_key(1), []).unwrap(),
        grants: GrantSettings::new(ISSUER.parse().unwrap()),
        signing_keys: SigningKeySettings::default(),
        sessions: ThirdPartySessionLimits::default(),
        browser_sessions: BrowserSessionLimits::default(),
        pending: PendingLimits::default(),
        third_party_tokens: ThirdPartyTokenSettings::default(),
    }
}

pub(super) fn master_key(seed: u8) -> MasterKey {
    let bytes: Vec<u8> = (0..32).map(|it| it ^ seed).collect();
    MasterKey::new(&bytes).unwrap()
}

/// The third party with an API, reached by `http`.
pub(super) fn provider(
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    rules: AllowRules,
) -> SignInProvider {
    provider_of("third", Source::Api, http, clock, rules)
}

/// The third party under another id.
pub(super) fn provider_of(
    id: &str,
    source: Source,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    rules: AllowRules,
) -> SignInProvider {
    let lookups = rules.lookups();
    provider_with(id, source, http, clock, (rules, lookups))
}

/// The same where rules of servers need to know something too.
fn provider_with(
    id: &str,
    source: Source,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    (rules, lookups): (AllowRules, Lookups),
) -> SignInProvider {
    let url = |text: &str| Some(text.parse().unwrap());
    let kind = match source {
        Source::Api => ProviderKind::Oauth2,
        Source::Userinfo => ProviderKind::Oidc,
        Source::IdToken => ProviderKind::Google,
        Source::IdTokenAlone => ProviderKind::Cognito,
        Source::Local => return accounts(clock, rules, &["staff"]),
    };
    let settings = ProviderSettings {
        client_secret: Some(ClientSecret::new("secret".to_owned())),
        issuer: (source != Source::Api).then(|| IDP.parse().unwrap()),
        claims: ClaimMapping {
            groups: Some("groups".parse().unwrap()),
            email_verified: Some("email_verified".parse().unwrap()),
            ..ClaimMapping::default()
        },
        lookups,
        endpoints: EndpointOverrides {
            authorization: url("https://idp.example/authorize"),
            token: url(TOKEN),
            userinfo: Some(USERINFO.parse().unwrap())
                .filter(|_| matches!(source, Source::Api | Source::Userinfo)),
            revocation: url(REVOKE),
            introspection: Some(CHECK.parse().unwrap()).filter(|_| source == Source::IdToken),
            jwks: url(JWKS),
            ..EndpointOverrides::default()
        },
        ..ProviderSettings::new(id.parse().unwrap(), kind, "gateway".parse().unwrap())
    };
    let ports = ProviderPorts {
        http: Arc::clone(&http),
        clock: Arc::clone(&clock),
        entropy: Arc::new(SystemEntropy),
        id_tokens: Arc::new(IdTokens::new(http, clock, Duration::from_secs(60))),
    };
    let provider = Arc::new(Provider::new(settings, ports).unwrap());
    SignInProvider::ThirdParty { provider, rules, name: "The third party".to_owned() }
}

/// One built-in account, whose name is the id of the first person.
fn accounts(clock: Arc<dyn Clock>, rules: AllowRules, groups: &[&str]) -> SignInProvider {
    static HASH: LazyLock<PasswordHash> =
        LazyLock::new(|| hash_password(&Password::new("password".to_owned()), &SystemEntropy).unwrap());
    let account = LocalAccount {
        username: "1".to_owned(),
        password: HASH.clone(),
        name: None,
        email: Some(EMAIL.parse().unwrap()),
        groups: groups.iter().map(ToString::to_string).collect(),
    };
    let id: ProviderId = "third".parse().unwrap();
    let accounts = LocalAccounts::new(id.clone(), [account], clock, &SystemEntropy).unwrap();
    SignInProvider::Local { id, accounts: Arc::new(accounts), rules, name: "An account".to_owned() }
}

/// What the third party answers to a refresh.
pub(super) fn refreshed(number: u8) -> Reply {
    Reply::json(&json!({
        "access_token": format!("third-access-{number}"),
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": format!("third-refresh-{number}"),
    }))
}

/// A refusal in the words of OAuth.
pub(super) fn refused_by_third_party() -> Reply {
    Reply::Answer {
        status: http::StatusCode::BAD_REQUEST,
        body: json!({ "error": "invalid_grant" }).to_string().into(),
    }
}

pub(super) fn client() -> ClientId {
    "client-a".parse().unwrap()
}

pub(super) fn person(subject: &str) -> Principal {
    Principal { provider: "third".parse().unwrap(), subject: subject.parse().unwrap() }
}

pub(super) fn refresh_token(tokens: &TokenGrant) -> &str {
    tokens.refresh_token.as_ref().unwrap().expose()
}

#[track_caller]
pub(super) fn invalid_grant(outcome: Result<TokenGrant, TokenRefusal>) {
    let code = match outcome {
        Err(TokenRefusal::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code, TokenErrorCode::InvalidGrant);
}

#[track_caller]
pub(super) fn unavailable(outcome: Result<TokenGrant, TokenRefusal>) {
    assert!(matches!(outcome, Err(TokenRefusal::Unavailable(_))), "{outcome:?}");
}
