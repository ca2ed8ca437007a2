//! What follows when a person has proven who they are.

use axum::response::Response;
use oauth_client::{Known, ThirdPartyTokens};
use oauth_types::Scope;
use session_binding::{
    Authenticated, BrowserSession, Completion, Cookies, PendingId, Purpose, SignIn, StepError,
};

use super::{
    Browser, CONSENT,
    answer::{Stop, see_page, with_cookies},
    audit,
};
use crate::third_party::adapters::Permitted;

/// What a third party gave and said at a sign-in.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) tokens: ThirdPartyTokens,
    /// What is known of the person by it.
    pub(super) known: Known,
    /// What it calls the sign-in.
    pub(super) sid: Option<String>,
}

impl Browser {
    /// The session of the browser, if somebody is signed in who may still come in.
    pub(super) async fn signed_in(&self, cookies: &Cookies<'_>) -> Result<Option<BrowserSession>, Stop> {
        let Some(secret) = self.cookies.find_session(cookies) else { return Ok(None) };
        let session = self.parts.browser_sessions.resume(&secret).await?;
        match session {
            Some(session) if self.may_come_in(session.who()).await? => Ok(Some(session)),
            Some(_) | None => Ok(None),
        }
    }

    /// Whether the rules still let in somebody who signed in before, by what is known of them.
    pub(super) async fn may_come_in(&self, who: &Authenticated) -> Result<bool, Stop> {
        let Some(provider) = self.provider(&who.principal().provider) else { return Ok(false) };
        let permitted = self.parts.foundations.may_come_in(provider, who.principal(), who.session()).await;
        permitted.map_err(|error| Stop::unavailable(&error))
    }

    /// Signs the browser in, under a new cookie whoever was signed in before, and keeps what the third party gave and
    /// said; a built-in account has nothing of that.
    ///
    /// Grants of sessions that end by it have ended before the answer.
    pub(super) async fn sign_in(
        &self,
        cookies: &Cookies<'_>,
        person: &Permitted,
        given: Option<Given>,
        purpose: &Purpose,
    ) -> Result<BrowserSession, Stop> {
        let sign_in = SignIn {
            principal: person.principal().clone(),
            display_name: person.display_name().map(str::to_owned),
            sid: given.as_ref().and_then(|it| it.sid.clone()),
        };
        let outcome = self.parts.foundations.sessions.sign_in(sign_in).await?;
        if let Some(Given { tokens, known, .. }) = given {
            let (remembered, now) = (&self.parts.foundations.remembered, self.parts.clock.now());
            let kept = remembered.keep(outcome.who.session(), &known, now).await;
            kept.map_err(|error| Stop::unavailable(&error))?;
            self.keep_tokens(&outcome.who, tokens).await?;
        }
        self.parts.foundations.providers.note_permitted(outcome.who.session());
        let previous = self.cookies.find_session(cookies);
        let session = self.parts.browser_sessions.sign_in(previous.as_ref(), &outcome.who).await?;
        // Only now, when the new session is in use: third parties are waited for.
        self.end_grants_of(&outcome.ended).await;
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
