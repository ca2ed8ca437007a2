//! `POST /consent`: what the person decided.

use std::sync::Arc;

use axum::{body::Body, extract::State, response::Response};
use oauth_types::{AuthorizeErrorCode, ProviderId};
use session_binding::{
    Authenticated, BrowserSession, Pending, PendingId, Purpose, Requested, SignedIn, Transaction,
};

use super::{
    ACCOUNT, Browser, CONSENT,
    answer::{Stop, see_other, see_page, with_cookies},
    audit,
    form::Form,
    visit::Visit,
};
use crate::third_party::pages::{Problem, SignedOutPage};

pub(super) async fn posted(State(browser): State<Arc<Browser>>, visit: Visit, body: Body) -> Response {
    visit.answer(browser.decide(&visit, body).await)
}

/// What the button says that the person pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Decision {
    Deny,
    /// Approve, as the account that the page showed.
    SignedIn,
    /// Approve, and sign in there.
    SignInWith(ProviderId),
}

impl Decision {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "deny" => Some(Self::Deny),
            "signed-in" => Some(Self::SignedIn),
            other => other.strip_prefix("provider:")?.parse().ok().map(Self::SignInWith),
        }
    }
}

impl Browser {
    async fn decide(&self, visit: &Visit, body: Body) -> Result<Response, Stop> {
        let form = self.read_form(visit, body).await?;
        let (id, csrf) = (form.transaction()?, form.csrf()?);
        let decision = Decision::parse(form.field("decision")?).ok_or(Problem::Malformed)?;
        let cookies = visit.cookies()?;
        match self.load(&cookies, &id).await? {
            Pending::SignedIn(it) => self.decide_again(it, csrf, &decision, &form).await,
            pending => {
                let requested = pending.into_requested().ok_or(Problem::Expired)?;
                if matches!(requested.purpose(), Purpose::Connect(_)) {
                    // It was decided on a page of its own.
                    return Err(Problem::Expired.into());
                }
                let session = self.signed_in(&cookies).await?;
                self.decide_first(requested, &decision, session.as_ref(), &form).await
            }
        }
    }

    async fn decide_first(
        &self,
        requested: Transaction<Requested>,
        decision: &Decision,
        session: Option<&BrowserSession>,
        form: &Form,
    ) -> Result<Response, Stop> {
        let csrf = form.csrf()?;
        let shown = session.map(BrowserSession::who).map(Authenticated::principal);
        let id = requested.id().clone();
        match (decision, session) {
            (Decision::Deny, _) => {
                let purpose = self.parts.pending.deny(requested, csrf, shown).await?;
                self.denied(&id, &purpose)
            }
            // The session has ended since the page was shown: it is shown again, without the account.
            (Decision::SignedIn, None) => see_page(CONSENT, &id),
            (Decision::SignedIn, Some(session)) => {
                let kept = self.kept(requested.purpose(), session.who(), form).await?;
                let done = self.parts.pending.approve_signed_in(requested, csrf, session).await?;
                audit::approved_by(done.who(), done.purpose(), &kept);
                self.issue(&id, done, &kept).await
            }
            (Decision::SignInWith(provider), _) => {
                let provider = self.provider(provider).ok_or(Problem::Malformed)?;
                let approved = self.parts.pending.approve(requested, csrf, provider.id().clone(), shown);
                let approved = approved.await?;
                audit::approved(provider.id(), approved.purpose());
                self.send_away(approved, provider).await
            }
        }
    }

    async fn decide_again(
        &self,
        signed_in: Transaction<SignedIn>,
        csrf: &str,
        decision: &Decision,
        form: &Form,
    ) -> Result<Response, Stop> {
        let id = signed_in.id().clone();
        match decision {
            Decision::Deny => {
                let purpose = self.parts.pending.deny_confirmation(signed_in, csrf).await?;
                self.denied(&id, &purpose)
            }
            Decision::SignedIn if !self.may_come_in(signed_in.who()).await? => {
                Err(Problem::NotAllowed.into())
            }
            Decision::SignedIn => {
                let kept = self.kept(signed_in.purpose(), signed_in.who(), form).await?;
                let done = self.parts.pending.confirm(signed_in, csrf).await?;
                audit::approved_by(done.who(), done.purpose(), &kept);
                self.issue(&id, done, &kept).await
            }
            // The page offered no other account.
            Decision::SignInWith(_) => Err(Problem::Malformed.into()),
        }
    }

    /// The client hears that the person said no (RFC 6749 section 4.1.2.1).
    pub(super) fn denied(&self, id: &PendingId, purpose: &Purpose) -> Result<Response, Stop> {
        audit::denied(purpose);
        let answer = match purpose {
            Purpose::Authorize(request) => {
                see_other(&self.error_location(request, AuthorizeErrorCode::AccessDenied, DENIED))?
            }
            Purpose::Account | Purpose::FollowLink(_) => SignedOutPage::default().into_response(),
            Purpose::Connect(_) => see_other(ACCOUNT)?,
        };
        Ok(with_cookies(answer, &[self.cookies.binding(id).clear()]))
    }
}

const DENIED: &str = "the person said no";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_one_of_three() {
        let provider = |id: &str| Some(Decision::SignInWith(id.parse().unwrap()));
        assert_eq!(Decision::parse("deny"), Some(Decision::Deny));
        assert_eq!(Decision::parse("signed-in"), Some(Decision::SignedIn));
        assert_eq!(Decision::parse("provider:github"), provider("github"));
        for text in ["", "Deny", "approve", "provider:", "provider:../x", "github"] {
            assert_eq!(Decision::parse(text), None, "{text}");
        }
    }
}
