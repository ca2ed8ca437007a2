//! An MCP client that takes each step of OAuth when the test says so.

use std::sync::atomic::{AtomicU64, Ordering};

use http::Request;
use oauth_types::{CodeChallenge, CodeVerifier};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::support::{Answer, Gateway, Page, Person, call};

/// A registered client.
#[derive(Clone, Debug)]
pub(super) struct Client {
    gateway: String,
    pub(super) id: String,
    pub(super) redirect_uri: String,
}

/// An authorization request, and what only its client knows of it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) url: String,
    pub(super) verifier: String,
    state: String,
}

/// What a token request is answered with.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) whole: Value,
}

impl Client {
    /// Registers a public client on the person's own machine.
    pub(super) async fn register(gateway: &Gateway) -> Self {
        Self::register_as(gateway, json!({})).await
    }

    /// The same with further metadata, or other.
    pub(super) async fn register_as(gateway: &Gateway, metadata: Value) -> Self {
        Self::of_answer(gateway.origin(), &register(gateway, &whole(&metadata)).await)
    }

    #[track_caller]
    fn of_answer(origin: &str, answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{}", answer.body);
        let answer = answer.json();
        Self {
            gateway: origin.to_owned(),
            id: answer["client_id"].as_str().unwrap().to_owned(),
            redirect_uri: answer["redirect_uris"][0].as_str().unwrap().to_owned(),
        }
    }

    /// A public client of whatever answers at this origin.
    pub(super) async fn register_at(origin: &str) -> Self {
        Self::of_answer(origin, &register_at(origin, &whole(&json!({}))).await)
    }

    /// The client that a document at this address describes.
    pub(super) fn published(gateway: &Gateway, document: &str) -> Self {
        Self {
            gateway: gateway.origin().to_owned(),
            id: document.to_owned(),
            redirect_uri: REDIRECT_URI.to_owned(),
        }
    }

    /// A new authorization request.
    pub(super) fn asks(&self) -> Asked {
        self.asks_for(&[])
    }

    /// The same with further parameters.
    pub(super) fn asks_for(&self, parameters: &[(&str, &str)]) -> Asked {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let verifier = format!("verifier-of-the-tests-{number:022}");
        let challenge = CodeChallenge::of(&verifier.parse::<CodeVerifier>().unwrap());
        let state = format!("state-{number}");
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256")
            .append_pair("state", &state)
            .extend_pairs(parameters)
            .finish();
        Asked { url: format!("{}/authorize?{query}", self.gateway), verifier, state }
    }

    /// From nothing to tokens, by whatever the person does.
    pub(super) async fn connect(&self, person: &Person) -> Tokens {
        let asked = self.asks();
        let code = self.code(person, &asked).await;
        self.redeem(&code, &asked.verifier).await.tokens()
    }

    /// The code that the person brings; the person is left as they were, so each has a browser of their own.
    pub(super) async fn code(&self, person: &Person, asked: &Asked) -> String {
        let mut person = person.clone().stops_at(&self.redirect_uri);
        asked.code_in(&person.goes_to(&asked.url).await)
    }

    pub(super) async fn redeem(&self, code: &str, verifier: &str) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", code),
            ("code_verifier", verifier),
            ("redirect_uri", &self.redirect_uri),
        ])
        .await
    }

    pub(super) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", refresh_token),
        ])
        .await
    }

    pub(super) async fn revoke(&self, token: &str) -> Answer {
        post_form(&format!("{}/revoke", self.gateway), &[("client_id", &self.id), ("token", token)]).await
    }

    /// A token request with these parameters.
    pub(super) async fn token(&self, form: &[(&str, &str)]) -> Answer {
        post_form(&format!("{}/token", self.gateway), form).await
    }
}

impl Asked {
    /// The code that a redirect brought, which must answer this request.
    #[track_caller]
    pub(super) fn code_in(&self, page: &Page) -> String {
        let code = page.parameter("code");
        assert_eq!(page.parameter("state").as_ref(), Some(&self.state), "{}: {}", page.url, page.text());
        code.unwrap_or_else(|| panic!("no code: {}", page.url))
    }
}

/// What a token request came to.
pub(super) trait TokenAnswer {
    /// The tokens of a success.
    fn tokens(&self) -> Tokens;
    /// Status and `error` of a refusal.
    fn refusal(&self) -> (u16, String);
}

impl TokenAnswer for Answer {
    #[track_caller]
    fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.header("cache-control"), "no-store");
        let whole = self.json();
        let text =
            |name: &str| whole[name].as_str().unwrap_or_else(|| panic!("no {name}: {whole}")).to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token"), whole: whole.clone() }
    }

    #[track_caller]
    fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"].as_str().unwrap_or_default().to_owned())
    }
}

/// The metadata of a public client on the person's own machine, and more.
fn whole(further: &Value) -> Value {
    let mut whole = json!({
        "client_name": "Client of the tests",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
    });
    whole.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    whole
}

/// What registering with this metadata comes to.
pub(super) async fn register(gateway: &Gateway, metadata: &Value) -> Answer {
    register_at(gateway.origin(), metadata).await
}

async fn register_at(origin: &str, metadata: &Value) -> Answer {
    let request = Request::post(format!("{origin}/register")).header("content-type", "application/json");
    call(request.body(metadata.to_string()).unwrap()).await
}

pub(super) async fn post_form(url: &str, form: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post(url).header("content-type", "application/x-www-form-urlencoded");
    call(request.body(body).unwrap()).await
}

/// Nobody listens there: whoever plays the person stops before it.
const REDIRECT_URI: &str = "http://127.0.0.1:1/callback";
static NUMBER: AtomicU64 = AtomicU64::new(0);
