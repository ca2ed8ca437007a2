//! `GET /callback/{provider}`: the third party sends the person back.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    response::Response,
};
use futures_util::future::BoxFuture;
use oauth_client::{CallbackParams, Provider, SignIn, SignInError, StateSecrets};
use oauth_types::{AuthorizeErrorCode, ProviderId};
use session_binding::{CalledBack, Cookies, PendingId, Purpose, Transaction};
use url::Url;

use super::{Browser, SignInProvider, answer::Stop, audit, signed_in::Given, visit::Visit};
use crate::third_party::pages::Problem;

pub(super) async fn came_back(
    State(browser): State<Arc<Browser>>,
    Path(provider): Path<String>,
    visit: Visit,
) -> Response {
    visit.answer(browser.come_back(&visit, &provider).await)
}

/// Why a sign-in did not succeed.
#[derive(Debug)]
enum Failure {
    SignIn(SignInError),
    /// The third party took longer than the person will wait.
    Late,
}

impl Browser {
    async fn come_back(&self, visit: &Visit, provider: &str) -> Result<Response, Stop> {
        let id: ProviderId = provider.parse().map_err(|_| Problem::NotFound)?;
        let chosen = self.provider(&id).ok_or(Problem::NotFound)?;
        let SignInProvider::ThirdParty { provider, .. } = chosen else {
            return Err(Problem::NotFound.into());
        };
        let query = visit.query.as_deref().unwrap_or_default();
        let params = CallbackParams::from_query(query).map_err(|_| Problem::Malformed)?;
        let state = params.state.as_deref().unwrap_or_default().parse().map_err(|_| Problem::Expired)?;
        let cookies = visit.cookies()?;
        let bindings = self.cookies.find_bindings(&cookies);
        let (back, sealed) = self.parts.pending.called_back(&bindings, &state, &id).await?;
        let secrets = self.unseal(&back, &sealed)?;
        match finish(provider, secrets, self.callback(&id), params).await {
            Ok(signed_in) if matches!(back.purpose(), Purpose::Connect(_)) => {
                self.connected(&cookies, back, signed_in).await
            }
            Ok(signed_in) => self.arrive(&cookies, back, chosen, signed_in).await,
            Err(failure) => self.fail(back, &id, failure).await,
        }
    }

    /// The third party says who it is.
    async fn arrive(
        &self,
        cookies: &Cookies<'_>,
        back: Transaction<CalledBack>,
        provider: &SignInProvider,
        signed_in: SignIn,
    ) -> Result<Response, Stop> {
        let principal = signed_in.identity.principal.clone();
        let person = match provider.permit(signed_in.identity) {
            Ok(person) => person,
            Err(reason) => {
                audit::kept_out(&principal, reason, back.purpose());
                return Err(self.close(back, Problem::NotAllowed, NOT_ALLOWED).await);
            }
        };
        let id = back.id().clone();
        let given = Given { tokens: signed_in.tokens, known: signed_in.known, sid: signed_in.sid };
        let session = match self.sign_in(cookies, &person, Some(given), back.purpose()).await {
            Ok(session) => session,
            Err(stop) => {
                let purpose = self.parts.pending.abandon(back).await.ok();
                return Err(self.stopped_at_client(stop, &id, purpose.as_ref()));
            }
        };
        let pending = &self.parts.pending;
        let completion = match self.has_more_to_show(back.purpose(), session.who()).await {
            Ok(true) => pending.ask_again(back, session.who()).await,
            Ok(false) => pending.complete(back, session.who()).await,
            Err(stop) => {
                let purpose = pending.abandon(back).await.ok();
                return Err(self.stopped_at_client(stop, &id, purpose.as_ref()));
            }
        };
        self.go_on(&id, &session, completion).await
    }

    /// Nobody is signed in: the transaction ends, and the person learns why.
    async fn fail(
        &self,
        back: Transaction<CalledBack>,
        provider: &ProviderId,
        failure: Failure,
    ) -> Result<Response, Stop> {
        let (problem, error) = match &failure {
            Failure::SignIn(SignInError::Denied(code)) if code.as_str() == "access_denied" => {
                let id = back.id().clone();
                let purpose = self.parts.pending.abandon(back).await?;
                return self.denied(&id, &purpose);
            }
            Failure::SignIn(error) if error.status() == 502 => (Problem::ThirdPartyUnavailable, LATER),
            Failure::SignIn(_) => (Problem::ThirdPartyRefused, REFUSED),
            Failure::Late => (Problem::ThirdPartyUnavailable, LATER),
        };
        match &failure {
            Failure::SignIn(error) => {
                let reason = error.reason();
                tracing::warn!(%provider, reason, error = error as &dyn std::error::Error, "a sign-in failed");
            }
            Failure::Late => tracing::warn!(%provider, reason = "late", "a sign-in failed"),
        }
        Err(self.close(back, problem, error).await)
    }

    /// Ends the transaction with a page, which leads to the client.
    async fn close(&self, back: Transaction<CalledBack>, problem: Problem, error: Told) -> Stop {
        let id = back.id().clone();
        match self.parts.pending.abandon(back).await {
            Ok(purpose) => {
                let button = self.back_to_client(&purpose, error.0, error.1);
                Stop::from(problem).with_back(button).with_cookie(self.cookies.binding(&id).clear())
            }
            Err(error) => error.into(),
        }
    }

    fn stopped_at_client(&self, stop: Stop, id: &PendingId, purpose: Option<&Purpose>) -> Stop {
        let button = purpose.and_then(|it| self.back_to_client(it, UNAVAILABLE.0, UNAVAILABLE.1));
        stop.with_back(button).with_cookie(self.cookies.binding(id).clear())
    }
}

/// Boxed, because the compiler cannot see through so many layers that it is `Send`.
fn finish(
    provider: &Provider,
    secrets: StateSecrets,
    callback: Url,
    params: CallbackParams,
) -> BoxFuture<'_, Result<SignIn, Failure>> {
    Box::pin(async move {
        match tokio::time::timeout(PATIENCE, provider.finish(secrets, &callback, params)).await {
            Ok(outcome) => outcome.map_err(Failure::SignIn),
            Err(_) => Err(Failure::Late),
        }
    })
}

/// What the client is told, if the person presses the button.
type Told = (AuthorizeErrorCode, &'static str);

const NOT_ALLOWED: Told = (AuthorizeErrorCode::AccessDenied, "the person has no access");
const REFUSED: Told = (AuthorizeErrorCode::AccessDenied, "the third party did not sign the person in");
const LATER: Told =
    (AuthorizeErrorCode::TemporarilyUnavailable, "the third party cannot be used at the moment");
const UNAVAILABLE: Told = (AuthorizeErrorCode::TemporarilyUnavailable, "something failed, to be tried again");

/// How long a person waits for the requests of a sign-in together.
const PATIENCE: Duration = Duration::from_secs(10);
