//! A third party that rotates its refresh tokens, takes each once, and fails when it is told to.

use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use outbound_http::{FetchError, HttpClient, Limits};
use serde_json::{Value, json};
use storage::Fault;
use test_support::issuer::{TestIssuer, TokenBuilder};

use crate::third_party::testing::{IDP, JWKS, REVOKE, TOKEN, USERINFO};

/// The third party; whoever asks it reaches it through [`HttpClient`].
#[derive(Debug)]
pub(super) struct Hub {
    state: Mutex<State>,
    signer: TestIssuer,
}

#[derive(Debug, Default)]
struct State {
    asked: u64,
    /// Which question fails, and whether it arrives.
    fails: Option<(u64, Fault)>,
    down: bool,
    /// Whether the person has left the group that may come in.
    has_left: bool,
    sign_ins: u64,
    /// The newest tokens of each sign-in, by its number from 1.
    newest: Vec<u64>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { state: Mutex::default(), signer: TestIssuer::new(IDP) }
    }
}

impl Hub {
    /// A statement in the making, signed with the key that it publishes.
    pub(super) fn says(&self) -> TokenBuilder {
        self.signer.token()
    }

    /// Takes the person out of the group that may come in.
    pub(super) fn removes_the_person(&self) {
        self.state().has_left = true;
    }

    /// Lets the `n`-th question from now fail, counted from 1.
    pub(super) fn fail_nth(&self, n: u64, fault: Fault) {
        let mut state = self.state();
        state.fails = Some((state.asked.saturating_add(n), fault));
    }

    pub(super) fn is_pending(&self) -> bool {
        self.state().fails.is_some()
    }

    /// Answers nobody from now on, or everybody again.
    pub(super) fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    pub(super) fn asked(&self) -> u64 {
        self.state().asked
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn answer(&mut self, request: &Request<Bytes>, signer: &TestIssuer) -> (StatusCode, Value) {
        let url = request.uri().to_string();
        match &*url {
            TOKEN => self.tokens(request.body()),
            USERINFO => {
                let bearer = request.headers()[header::AUTHORIZATION].to_str().unwrap();
                assert!(bearer.starts_with("Bearer third-access-"), "{bearer}");
                let groups = if self.has_left { ["visitors"] } else { ["staff"] };
                (StatusCode::OK, json!({ "id": "1", "sub": "1", "groups": groups }))
            }
            JWKS => (StatusCode::OK, signer.jwks()),
            DISCOVERY => (StatusCode::OK, signer.metadata()),
            REVOKE => (StatusCode::OK, json!({})),
            _ => panic!("nobody has an address like {url}"),
        }
    }

    fn tokens(&mut self, form: &[u8]) -> (StatusCode, Value) {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(form).into_owned().collect();
        let field = |name: &str| form.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
        let family = match field("grant_type") {
            Some("authorization_code") => {
                self.sign_ins += 1;
                self.newest.push(0);
                self.newest.len()
            }
            Some("refresh_token") => {
                let presented = field("refresh_token").unwrap();
                let found =
                    (1..).zip(&self.newest).find(|(it, newest)| presented == token("refresh", *it, **newest));
                match found {
                    Some((family, _)) => family,
                    None => return (StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" })),
                }
            }
            other => panic!("{other:?}"),
        };
        self.newest[family - 1] += 1;
        let newest = self.newest[family - 1];
        let answer = json!({
            "access_token": token("access", family, newest),
            "refresh_token": token("refresh", family, newest),
            "token_type": "bearer",
            "expires_in": 3600,
        });
        (StatusCode::OK, answer)
    }
}

const DISCOVERY: &str = "https://idp.example/.well-known/openid-configuration";

fn token(kind: &str, family: usize, number: u64) -> String {
    format!("third-{kind}-{family}-{number}")
}

#[async_trait]
impl HttpClient for Hub {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, FetchError> {
        let mut state = self.state();
        state.asked += 1;
        let asked = state.asked;
        let fault = state.fails.take_if(|(n, _)| *n == asked).map(|(_, fault)| fault);
        if state.down || fault == Some(Fault::Refused) {
            return Err(FetchError::Timeout(std::time::Duration::from_secs(5)));
        }
        let (status, body) = state.answer(&request, &self.signer);
        if fault == Some(Fault::AnswerLost) {
            return Err(FetchError::Timeout(std::time::Duration::from_secs(5)));
        }
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        Ok(response)
    }
}
