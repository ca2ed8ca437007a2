//! `/sign-in`: name and password of a built-in account.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{body::Body, extract::State, response::Response};
use oauth_client::{
    Identity,
    local::{LocalAccounts, LoginError, Password},
};
use oauth_types::AuthorizeErrorCode;
use session_binding::{Consented, Cookies, Pending, PendingId, Purpose, Transaction};

use super::{
    Browser, SignInProvider,
    answer::Stop,
    audit,
    show::{client_view, form_view},
    visit::Visit,
};
use crate::third_party::pages::{Problem, SignInPage, SignInProblem};

pub(super) async fn shown(State(browser): State<Arc<Browser>>, visit: Visit) -> Response {
    let page = async {
        let (consented, provider) = browser.consented(&visit.cookies()?, &visit.transaction()?).await?;
        Ok(sign_in_page(&consented, provider, String::new(), None))
    };
    visit.answer(page.await)
}

pub(super) async fn posted(State(browser): State<Arc<Browser>>, visit: Visit, body: Body) -> Response {
    visit.answer(browser.sign_in_here(&visit, body).await)
}

impl Browser {
    /// The transaction of a person who approved and chose a built-in account.
    async fn consented(
        &self,
        cookies: &Cookies<'_>,
        id: &PendingId,
    ) -> Result<(Transaction<Consented>, &SignInProvider), Stop> {
        let Pending::Consented(consented) = self.load(cookies, id).await? else {
            return Err(Problem::Expired.into());
        };
        let provider = self.provider(consented.provider()).ok_or(Problem::Expired)?;
        Ok((consented, provider))
    }

    async fn sign_in_here(&self, visit: &Visit, body: Body) -> Result<Response, Stop> {
        let form = self.read_form(visit, body).await?;
        let (id, csrf) = (form.transaction()?, form.csrf()?);
        let (username, password) = (form.field("username")?, form.field("password")?);
        let cookies = visit.cookies()?;
        let (consented, provider) = self.consented(&cookies, &id).await?;
        let SignInProvider::Local { accounts, .. } = provider else { return Err(Problem::Expired.into()) };
        if !consented.csrf_token(None).is_answered_by(csrf) {
            // Before the password is looked at, so that another site cannot use up somebody's attempts.
            return Err(Problem::NotOurForm.into());
        }
        let password = Password::new(password.to_owned());
        let identity = match self.verify(accounts, username, password, visit.address).await? {
            Ok(identity) => identity,
            Err(error) => return Ok(refuse(&consented, provider, username, &error)),
        };
        let principal = identity.principal.clone();
        let person = provider.permit(identity).map_err(|reason| {
            audit::kept_out(&principal, reason, consented.purpose());
            self.kept_out(consented.purpose())
        })?;
        let session = self.sign_in(&cookies, &person, None, consented.purpose()).await?;
        let pending = &self.parts.pending;
        let completion = if self.has_more_to_show(consented.purpose(), session.who()).await? {
            pending.ask_again_here(consented, csrf, session.who()).await
        } else {
            pending.complete_here(consented, csrf, session.who()).await
        };
        self.go_on(&id, &session, completion).await
    }

    /// Checks a password where blocking is allowed, a few at a time.
    ///
    /// What has begun is finished even if the browser goes away, and holds its place until then.
    async fn verify(
        &self,
        accounts: &Arc<LocalAccounts>,
        username: &str,
        password: Password,
        from: IpAddr,
    ) -> Result<Result<Identity, LoginError>, Stop> {
        let permit = tokio::time::timeout(QUEUE, Arc::clone(&self.hashing).acquire_owned()).await;
        let permit = permit.map_err(|_| Problem::Busy)?.map_err(|error| Stop::unavailable(&error))?;
        let (accounts, username) = (Arc::clone(accounts), username.to_owned());
        let verified = tokio::task::spawn_blocking(move || {
            let outcome = accounts.verify(&username, &password, from);
            drop(permit);
            outcome
        });
        verified.await.map_err(|error| Stop::unavailable(&error))
    }

    /// The transaction stays open: the person may have another account.
    fn kept_out(&self, purpose: &Purpose) -> Stop {
        let error = AuthorizeErrorCode::AccessDenied;
        Stop::from(Problem::NotAllowed).with_back(self.back_to_client(
            purpose,
            error,
            "the person has no access",
        ))
    }
}

fn refuse(
    consented: &Transaction<Consented>,
    provider: &SignInProvider,
    username: &str,
    error: &LoginError,
) -> Response {
    let (problem, reason) = match error {
        LoginError::Wrong => (SignInProblem::Wrong, "wrong"),
        LoginError::TooManyAttempts(_) => (SignInProblem::TooMany, "too_many_attempts"),
    };
    // Without the name: people type passwords there.
    tracing::info!(target: "audit", { principal.provider = %consented.provider(), reason }, "sign-in failed");
    let mut page = sign_in_page(consented, provider, username.to_owned(), Some(problem));
    if let LoginError::TooManyAttempts(wait) = error {
        page.headers_mut().insert(http::header::RETRY_AFTER, wait.as_secs().into());
    }
    page
}

fn sign_in_page(
    consented: &Transaction<Consented>,
    provider: &SignInProvider,
    username: String,
    problem: Option<SignInProblem>,
) -> Response {
    let client = match consented.purpose() {
        Purpose::Authorize(request) => Some(client_view(request)),
        Purpose::Account | Purpose::FollowLink(_) | Purpose::Connect(_) => None,
    };
    let form = form_view(consented.id(), &consented.csrf_token(None));
    SignInPage { form, provider: provider.name().to_owned(), client, username, problem }.into_response()
}

/// How long somebody waits for their turn.
const QUEUE: Duration = Duration::from_secs(5);
