//! One attempt at each flow.

use serde_json::{Value, json};

use super::*;
use crate::third_party::{
    browser::link_for,
    every_operation::{
        clients::{KEYED, MACHINE, MACHINE_SECRET, NEXT_HOP},
        gateway::Page,
    },
    tasks,
};

impl Stage {
    /// One attempt; in the background it is done as often as it is due, and so what has not come to its end is
    /// unavailable.
    pub(super) async fn attempt(&mut self, attempt: u64) -> Step<()> {
        match self.flow {
            Flow::Connect => self.connect().await,
            Flow::Disconnect => self.disconnect().await,
            Flow::BackChannelLogout => self.tell_of_a_sign_out().await,
            Flow::ClientCredentials => self.token(&[("grant_type", "client_credentials")]).await,
            Flow::IdentityAssertion => self.bring_an_assertion(attempt).await,
            Flow::Exchange => self.exchange().await,
            Flow::Push => self.push(attempt).await,
            Flow::RevokeGrants => self.command("/grants/revoke", &json!("all")).await,
            Flow::RotateKeys => self.command("/keys/rotate", &json!({ "at_once": true })).await,
            Flow::Look | Flow::Rules | Flow::Overdue => self.go_over_sessions(attempt).await,
        }
    }

    pub(super) async fn connect(&mut self) -> Step<()> {
        let (gateway, browser) = (&self.gateway, &mut self.browser);
        let link = link_for(&person("1"), &FURTHER.parse().unwrap()).unwrap();
        let page = browser.get(gateway, &link).await;
        if page.status != 200 {
            return Err(Broken::page(&page));
        }
        let (csrf, subject) = (page.hidden("csrf"), page.hidden("subject"));
        let form = [("csrf", &*csrf), ("subject", &*subject), ("decision", "connect")];
        let away = browser.post(gateway, &format!("/connect/{FURTHER}"), &form).await;
        let back = life::answer_of_the_third_party(&away)?;
        let landed = browser.get(gateway, &format!("/callback/{FURTHER}?{back}")).await;
        let is_there = landed.location().is_some_and(|it| it.path() == "/account");
        if is_there { Ok(()) } else { Err(Broken::page(&landed)) }
    }

    async fn disconnect(&mut self) -> Step<()> {
        let (gateway, browser) = (&self.gateway, &mut self.browser);
        let page = browser.get(gateway, "/account").await;
        if page.status != 200 {
            return Err(Broken::page(&page));
        }
        let (csrf, action) = (page.hidden("csrf"), format!("disconnect:{FURTHER}"));
        done(&browser.post(gateway, "/account", &[("csrf", &csrf), ("action", &action)]).await)
    }

    /// The same token, as often as the answer is that it may come again.
    async fn tell_of_a_sign_out(&self) -> Step<()> {
        let now = NOW.as_seconds();
        let token = self.scene.hub.says().header("typ", "logout+jwt");
        let token = token.claim("aud", "gateway").claim("iat", now).claim("exp", now + 240);
        let token = token.claim("sub", "1").claim("jti", "sign-out");
        let token =
            token.claim("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
        let form = [("logout_token", &*token.sign())];
        let answer = self.gateway.post(&format!("/backchannel-logout/{CORP}"), &form).await;
        // Once it was done, and its answer lost, the token is spent.
        if answer.status == 400 && !self.gateway.takes(&self.tokens.access) {
            return Ok(());
        }
        done(&answer)
    }

    /// A token request of the client with a secret.
    async fn token(&mut self, form: &[(&str, &str)]) -> Step<()> {
        let own = [("client_id", MACHINE), ("client_secret", MACHINE_SECRET)];
        let answer = self.gateway.post("/token", &[&own, form].concat()).await;
        self.gained = Some(text_of(&answer, "access_token")?);
        Ok(())
    }

    /// Whoever is refused fetches another assertion.
    async fn bring_an_assertion(&mut self, attempt: u64) -> Step<()> {
        let number = if self.spent.is_none() { 0 } else { attempt };
        let assertion = self.scene.hub.says().header("typ", "oauth-id-jag+jwt");
        let assertion = assertion.claim("aud", ISSUER).claim("sub", "1").claim("client_id", MACHINE);
        let assertion = assertion.claim("resource", RESOURCE).claim("groups", json!(["staff"]));
        let assertion = assertion.claim("jti", format!("assertion-{number}")).sign();
        let form = [("grant_type", JWT_BEARER), ("assertion", &*assertion)];
        let outcome = self.token(&form).await;
        if !matches!(outcome, Err(Broken::Unavailable(_))) {
            self.spent = Some(assertion);
        }
        outcome
    }

    async fn exchange(&mut self) -> Step<()> {
        let subject_token = self.tokens.access.clone();
        self.token(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", &subject_token),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("resource", NEXT_HOP),
        ])
        .await
    }

    /// Each attempt has an assertion of its own, as every request of such a client.
    async fn push(&mut self, attempt: u64) -> Step<()> {
        let now = self.scene.clock.now();
        let assertion = self.scene.hub.says().header("typ", "JWT").claim("iss", KEYED).claim("sub", KEYED);
        let assertion = assertion.claim("aud", ISSUER).claim("jti", format!("proof-{attempt}"));
        let assertion = assertion.claim("iat", now.as_seconds()).claim("exp", now.as_seconds() + 120).sign();
        let answer = self.gateway.post("/par", &pushed(&assertion)).await;
        self.gained = Some(text_of(&answer, "request_uri")?);
        self.spent = Some(assertion);
        Ok(())
    }

    async fn command(&self, path: &str, question: &Value) -> Step<()> {
        let answer = self.gateway.command(path, question).await;
        match (answer.get("answer"), answer["error"].as_str()) {
            (Some(_), None) => Ok(()),
            (None, Some(error)) => Err(Broken::Unavailable(error.to_owned())),
            other => panic!("{other:?}"),
        }
    }

    async fn go_over_sessions(&self, attempt: u64) -> Step<()> {
        let on = &self.gateway.state.foundations;
        let outcome = match self.flow {
            Flow::Look => tasks::look_at_persons(on, self.scene.clock.now()).await,
            Flow::Rules => {
                if attempt == 0 {
                    let clock: Arc<dyn Clock> = self.scene.clock.clone();
                    on.providers.replace(providers(&self.scene.hub, &clock, "board"), named());
                }
                tasks::apply_rules(on).await
            }
            _ => tasks::end_overdue(on).await,
        };
        outcome.map_err(|error| Broken::Unavailable(error.to_string()))?;
        let lives = self.gateway.takes(&self.tokens.access);
        if lives { Err(Broken::Unavailable("the grant lives".to_owned())) } else { Ok(()) }
    }
}

/// A request of the client with keys, beside what proves it.
pub(super) fn pushed(assertion: &str) -> [(&str, &str); 10] {
    [
        ("client_id", KEYED),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("resource", RESOURCE),
        ("scope", "mcp"),
        ("state", "client-state"),
    ]
}

fn done(answer: &Page) -> Step<()> {
    if answer.status == 200 { Ok(()) } else { Err(Broken::page(answer)) }
}

/// A member of an answer that gives something.
fn text_of(answer: &Page, name: &str) -> Step<String> {
    match answer.status.as_u16() {
        200 | 201 => Ok(answer.json()[name].as_str().unwrap().to_owned()),
        503 => Err(Broken::Unavailable(answer.body.clone())),
        400 | 401 => Err(Broken::Refused(answer.body.clone())),
        _ => panic!("{answer:?}"),
    }
}

pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
