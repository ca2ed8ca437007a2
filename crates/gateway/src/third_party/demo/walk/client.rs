//! What an MCP client does, in its simplest form.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header;
use oauth_types::{CodeChallenge, CodeVerifier, Entropy, SystemEntropy};
use outbound_http::GuardedClient;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::demo::{
    DEMO_SCOPE,
    steps::{Answer, document, send, status},
};

/// A client that has registered itself.
pub(super) struct Client<'a> {
    http: &'a GuardedClient,
    endpoints: Value,
    id: String,
    resource: String,
}

/// One authorization request, with what the client keeps of it.
pub(super) struct Request {
    pub(super) url: String,
    pub(super) state: String,
    verifier: String,
}

/// What the token endpoint gave.
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// What the client calls itself.
pub(super) const NAME: &str = "Demo walk";

impl<'a> Client<'a> {
    /// Registers a public client (RFC 7591) at the authorization server with this metadata.
    pub(super) async fn register(
        http: &'a GuardedClient,
        metadata: &Value,
        resource: &str,
    ) -> (Answer, Option<Self>) {
        let body = json!({
            "client_name": NAME,
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        });
        let request = http::Request::post(text(metadata, "registration_endpoint"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()));
        let answer = send(http, request).await;
        let id = document(&answer).get("client_id").and_then(Value::as_str).map(str::to_owned);
        let client =
            id.map(|id| Self { http, endpoints: metadata.clone(), id, resource: resource.to_owned() });
        (answer, client)
    }

    /// An authorization request with a fresh `state` and PKCE verifier (OAuth 2.1 section 4.1.1).
    pub(super) fn authorization_request(&self) -> Request {
        let (state, verifier) = (random(), random());
        let challenge = CodeChallenge::of(&CodeVerifier::new(verifier.clone()));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", REDIRECT_URI),
            ("scope", DEMO_SCOPE),
            ("state", &state),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("resource", &self.resource),
        ]);
        let url = format!("{}?{query}", text(&self.endpoints, "authorization_endpoint"));
        Request { url, state, verifier }
    }

    /// A code for tokens (OAuth 2.1 section 4.1.3).
    pub(super) async fn redeem(&self, code: &str, request: &Request) -> (Answer, Option<Tokens>) {
        self.token_request(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &request.verifier),
            ("resource", &self.resource),
        ])
        .await
    }

    /// A refresh token for new tokens (OAuth 2.1 section 4.3).
    pub(super) async fn refresh(&self, refresh_token: &str) -> (Answer, Option<Tokens>) {
        self.token_request(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// Gives a token back (RFC 7009).
    pub(super) async fn revoke(&self, token: &str) -> Answer {
        self.post("revocation_endpoint", &[("token", token)]).await
    }

    async fn token_request(&self, fields: &[(&str, &str)]) -> (Answer, Option<Tokens>) {
        let answer = self.post("token_endpoint", fields).await;
        let document = document(&answer);
        let token = |name| document.get(name).and_then(Value::as_str).map(str::to_owned);
        let tokens = token("access_token").zip(token("refresh_token"));
        let tokens = tokens.filter(|_| status(&answer) == 200);
        (answer, tokens.map(|(access, refresh)| Tokens { access, refresh }))
    }

    async fn post(&self, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = [&[("client_id", self.id.as_str())], fields].concat();
        let request = http::Request::post(text(&self.endpoints, endpoint))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form(&fields)));
        send(self.http, request).await
    }
}

/// Reads a document.
pub(super) async fn get(http: &GuardedClient, url: &str) -> Answer {
    send(http, http::Request::get(url).body(Bytes::new())).await
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn random() -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Nobody listens there: the walk reads the redirect and does not follow it.
const REDIRECT_URI: &str = "http://127.0.0.1/callback";
