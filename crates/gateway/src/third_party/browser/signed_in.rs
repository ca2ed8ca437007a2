//! What follows when a person has proven who they are.

use axum::response::Response;
use oauth_client::ThirdPartyTokens;
use oauth_types::Scope;
use session_binding::{BrowserSession, Completion, Cookies, PendingId, Purpose, SignIn, StepError};

use super::{
    Browser, CONSENT,
    answer::{Stop, see_page, with_cookies},
    audit,
};
use crate::third_party::adapters::Permitted;

/// What a third party gave at a sign-in; nothing of a built-in account.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) tokens: Option<ThirdPartyTokens>,
    /// What it calls the sign-in.
    pub(super) sid: Option<String>,
}

impl Browser {
    /// The session of the browser, if somebody is signed in who may still come in.
    pub(super) async fn signed_in(&self, cookies: &Cookies<'_>) -> Result<Option<BrowserSession>, Stop> {
        let Some(secret) = self.cookies.find_session(cookies) else { return Ok(None) };
        let session = self.parts.browser_sessions.resume(&secret).await?;
        Ok(session.filter(|it| {
            let principal = it.who().principal();
            self.provider(&principal.provider).is_some_and(|it| it.still_permits(principal))
        }))
    }

    /// Signs the browser in, under a new cookie whoever was signed in before, and keeps what the third party gave.
    ///
    /// Grants of sessions that end by it have ended before the answer.
    pub(super) async fn sign_in(
        &self,
        cookies: &Cookies<'_>,
        person: &Permitted,
        given: Given,
        purpose: &Purpose,
    ) -> Result<BrowserSession, Stop> {
        let sign_in = SignIn {
            principal: person.principal().clone(),
            display_name: person.display_name().map(str::to_owned),
            sid: given.sid,
        };
        let outcome = self.parts.foundations.sessions.sign_in(sign_in).await?;
        self.end_grants_of(&outcome.ended).await;
        if let Some(tokens) = given.tokens {
            self.keep_tokens(&outcome.who, tokens).await?;
        }
        self.parts.foundations.providers.note_permitted(outcome.who.session());
        let previous = self.cookies.find_session(cookies);
        let session = self.parts.browser_sessions.sign_in(previous.as_ref(), &outcome.who).await?;
        audit::signed_in(&outcome.who, purpose);
        Ok(session)
    }

    /// The code for the client, or the question to somebody else than the page had shown.
    pub(super) async fn go_on(
        &self,
        id: &PendingId,
        session: &BrowserSession,
        completion: Result<Completion, StepError>,
    ) -> Result<Response, Stop> {
        let lifetime = self.parts.browser_sessions.cookie_lifetime();
        let cookie = self.cookies.session().set_session(session.secret(), lifetime);
        let answer = match completion {
            Ok(Completion::Completed(done)) => self.issue(id, done, &Scope::default()).await,
            Ok(Completion::ConsentAgain(it)) => see_page(CONSENT, it.id()),
            Err(error) => Err(error.into()),
        };
        match answer {
            Ok(answer) => Ok(with_cookies(answer, &[cookie])),
            Err(stop) => Err(stop.with_cookie(cookie)),
        }
    }
}
