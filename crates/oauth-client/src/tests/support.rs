//! A sign-in whose every part a test can change.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{ManualClock, SeededEntropy, UnixTime};
use outbound_http::HttpClient;
use serde_json::{Map, Value, json};
use test_support::fake_http::{FakeHttp, Recorded, Reply};
use url::{Url, form_urlencoded};

use crate::{
    CallbackParams, ClientSecret, ExpectedIdToken, IdTokenError, IdTokenVerifier, Provider, ProviderKind,
    ProviderPorts, ProviderSettings, SignIn, SignInError, StateSecrets,
};

pub(super) const NOW: u64 = 1_800_000_000;
pub(super) const CLIENT: &str = "client-1";
pub(super) const ISSUER: &str = "https://idp.example";
pub(super) const METADATA: &str = "https://idp.example/.well-known/openid-configuration";
pub(super) const TOKEN: &str = "https://idp.example/token";
pub(super) const USERINFO: &str = "https://idp.example/userinfo";

pub(super) fn callback() -> Url {
    Url::parse("https://gateway.example/callback/third").unwrap()
}

pub(super) fn settings(kind: ProviderKind) -> ProviderSettings {
    ProviderSettings {
        client_secret: Some(ClientSecret::new("s3cr3t+/%".to_owned())),
        ..ProviderSettings::new("third".parse().unwrap(), kind, CLIENT.parse().unwrap())
    }
}

pub(super) fn ports(http: impl HttpClient + 'static, clock: &Arc<ManualClock>) -> ProviderPorts {
    ProviderPorts {
        http: Arc::new(http),
        clock: clock.clone(),
        entropy: Arc::new(SeededEntropy::new(7)),
        id_tokens: Arc::new(Verifier),
    }
}

pub(super) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)))
}

pub(super) fn provider(settings: ProviderSettings, http: impl HttpClient + 'static) -> Provider {
    Provider::new(settings, ports(http, &clock())).unwrap()
}

pub(super) fn openid_settings() -> ProviderSettings {
    ProviderSettings { issuer: Some(ISSUER.parse().unwrap()), ..settings(ProviderKind::Oidc) }
}

pub(super) fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://idp.example/authorize",
        "token_endpoint": TOKEN,
        "userinfo_endpoint": USERINFO,
        "jwks_uri": "https://idp.example/jwks",
        "revocation_endpoint": "https://idp.example/revoke",
        "introspection_endpoint": "https://idp.example/introspect",
        "end_session_endpoint": "https://idp.example/end",
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": ["openid", "email", "offline_access"],
    })
}

/// Stands in for the gateway's: a signature is the word `good`.
#[derive(Debug)]
pub(super) struct Verifier;

#[async_trait]
impl IdTokenVerifier for Verifier {
    async fn verify(
        &self,
        id_token: &str,
        expected: ExpectedIdToken<'_>,
    ) -> Result<Map<String, Value>, IdTokenError> {
        let parts: Vec<&str> = id_token.split('.').collect();
        match parts[2] {
            "good" => {}
            "no-keys" => return Err(IdTokenError::Keys("the key set cannot be fetched".into())),
            _ => return Err(IdTokenError::Invalid("the signature is wrong")),
        }
        let claims: Map<String, Value> =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        if claims["exp"].as_u64().unwrap() <= NOW {
            return Err(IdTokenError::Invalid("expired"));
        }
        assert!(expected.jwks_uri.scheme() == "https");
        Ok(claims)
    }

    async fn verify_logout_token(
        &self,
        logout_token: &str,
        expected: ExpectedIdToken<'_>,
    ) -> Result<Map<String, Value>, IdTokenError> {
        self.verify(logout_token, expected).await
    }
}

pub(super) fn id_token(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// Everything the third party and the browser bring, good unless a test changes it.
pub(super) struct Answers {
    pub(super) secrets: StateSecrets,
    pub(super) callback: Url,
    pub(super) params: CallbackParams,
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) signature: &'static str,
    pub(super) token: Value,
    /// Replaces the token answer as a whole.
    pub(super) token_reply: Option<Reply>,
    pub(super) userinfo: Value,
    pub(super) userinfo_reply: Option<Reply>,
}

/// An OpenID provider and a client of it.
pub(super) struct OpenId {
    pub(super) http: FakeHttp,
    pub(super) provider: Provider,
}

impl OpenId {
    pub(super) fn new() -> Self {
        Self::with(openid_settings(), &metadata())
    }

    pub(super) fn with(settings: ProviderSettings, metadata: &Value) -> Self {
        let http = FakeHttp::new();
        http.set(METADATA, Reply::json(metadata));
        Self { provider: provider(settings, http.clone()), http }
    }

    pub(super) async fn sign_in(&self, change: impl FnOnce(&mut Answers)) -> Result<SignIn, SignInError> {
        let begun = self.provider.begin(&callback()).await?;
        let mut answers = Answers {
            params: CallbackParams {
                code: Some("code-1".to_owned()),
                state: Some(begun.secrets.state().expose().to_owned()),
                iss: Some(ISSUER.to_owned()),
                ..CallbackParams::default()
            },
            header: json!({ "alg": "ES256" }),
            claims: json!({
                "iss": ISSUER, "sub": "alice-1", "aud": CLIENT, "exp": NOW + 300, "iat": NOW,
                "nonce": query(&begun.authorize_url, "nonce").unwrap(),
            }),
            signature: "good",
            token: json!({
                "access_token": "access-1", "token_type": "Bearer", "expires_in": 3600,
                "refresh_token": "refresh-1", "scope": "openid profile email offline_access",
            }),
            token_reply: None,
            userinfo: json!({ "sub": "alice-1", "email": "alice@ok.example", "email_verified": true }),
            userinfo_reply: None,
            callback: callback(),
            secrets: begun.secrets,
        };
        change(&mut answers);
        if answers.token.get("id_token").is_none() {
            answers.token["id_token"] = id_token(&answers.header, &answers.claims, answers.signature).into();
        }
        self.http.set(TOKEN, answers.token_reply.unwrap_or_else(|| Reply::json(&answers.token)));
        self.http.set(USERINFO, answers.userinfo_reply.unwrap_or_else(|| Reply::json(&answers.userinfo)));
        self.provider.finish(answers.secrets, &answers.callback, answers.params).await
    }

    /// How many codes were exchanged.
    pub(super) fn exchanges(&self) -> usize {
        self.http.count(TOKEN)
    }

    /// Signs in and compares the reason of a refusal; `None` expects success.
    #[track_caller]
    pub(super) fn check(
        name: &str,
        change: impl FnOnce(&mut Answers),
        expected: Option<&str>,
    ) -> impl Future<Output = Self> {
        let place = std::panic::Location::caller();
        async move {
            let bench = Self::new();
            let outcome = bench.sign_in(change).await;
            let reason = outcome.as_ref().err().map(SignInError::reason);
            assert_eq!(reason, expected, "{name} at {place}: {outcome:?}");
            bench
        }
    }
}

pub(super) fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// The form that was posted to `url` last.
pub(super) fn form(http: &FakeHttp, url: &str) -> Vec<(String, String)> {
    let request = last(http, url);
    form_urlencoded::parse(&request.body).into_owned().collect()
}

pub(super) fn last(http: &FakeHttp, url: &str) -> Recorded {
    http.requests().into_iter().rev().find(|it| it.url == url).unwrap()
}

pub(super) fn value(form: &[(String, String)], name: &str) -> Option<String> {
    form.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// The error and its sources, as a log would have them.
pub(super) fn whole_text(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |it| it.source());
    chain.map(|it| format!("{it} {it:?}")).collect::<Vec<_>>().join("\n")
}
