//! `GET` and `POST /authorize`: what a client asks for (OAuth 2.1 section 4.1.1).

use std::sync::Arc;

use axum::{body::Body, extract::State, response::Response};
use oauth_server::{AuthorizePageError, AuthorizeRedirectError, AuthorizeRefusal, ClientOrigin};
use session_binding::{AuthorizationRequest, ClientFacts, ClientState, Purpose};

use super::{
    Browser, CONSENT,
    answer::{Stop, see_other, see_page, with_cookies},
    form::read_body,
    guard,
    visit::Visit,
};
use crate::third_party::{
    endpoints::source,
    pages::{BackToClient, Problem},
};

pub(super) async fn asked(State(browser): State<Arc<Browser>>, visit: Visit) -> Response {
    visit.answer(browser.begin_authorization(&visit, None).await)
}

pub(super) async fn asked_by_form(State(browser): State<Arc<Browser>>, visit: Visit, body: Body) -> Response {
    // No token of ours: this form is the client's own page.
    let begun = async {
        guard::check_content_type(&visit.headers)?;
        let most = oauth_server::AuthorizeEndpoint::MAX_BYTES;
        let form = read_body(body, most, browser.parts.body_idle).await?;
        browser.begin_authorization(&visit, Some(&form)).await
    };
    visit.answer(begun.await)
}

impl Browser {
    async fn begin_authorization(&self, visit: &Visit, form: Option<&[u8]>) -> Result<Response, Stop> {
        match self.parts.authorize.check(visit.query.as_deref(), form).await {
            Ok(request) => self.begin(visit, Purpose::Authorize(Box::new(self.record_of(request)?))).await,
            Err(AuthorizeRefusal::Page(error)) => Err(page_error(&error)),
            Err(AuthorizeRefusal::Redirect(error)) => self.tell_client(visit, error).await,
        }
    }

    /// Begins a transaction, bound to this browser, and shows its page.
    pub(super) async fn begin(&self, visit: &Visit, purpose: Purpose) -> Result<Response, Stop> {
        let mut cookies = self.cookies.surplus_bindings(&visit.cookies()?);
        let begun = self.parts.pending.begin(purpose, Some(&source(visit.address))).await?;
        let lifetime = self.parts.pending.cookie_lifetime();
        cookies.push(self.cookies.binding(begun.id()).set_binding(begun.binding(), lifetime));
        Ok(with_cookies(see_page(CONSENT, begun.id())?, &cookies))
    }

    /// The record that wins over whatever a browser says later.
    fn record_of(&self, request: oauth_server::AuthorizationRequest) -> Result<AuthorizationRequest, Stop> {
        let client = request.client;
        let state = request.state.map(ClientState::new).transpose();
        Ok(AuthorizationRequest {
            client: ClientFacts {
                loopback_only: client.is_loopback_only() || request.redirect_uri.is_on_own_device(),
                name: client.name,
                host: client.host,
                origin: match client.origin {
                    ClientOrigin::Configured => session_binding::ClientOrigin::Configured,
                    ClientOrigin::Registered => session_binding::ClientOrigin::Registered,
                    ClientOrigin::MetadataDocument => session_binding::ClientOrigin::MetadataDocument,
                },
            },
            client_id: client.id,
            redirect_uri: request.redirect_uri,
            scope: request.scope,
            resource: request.resource,
            state: state.map_err(|_| Problem::TooLong)?,
            code_challenge: request.code_challenge,
            refreshable: request.refreshable,
            key: request.key,
            issuer: self.parts.issuer.clone(),
        })
    }

    /// Sends the browser to the client with an error, unless nobody vouches for the place and nobody is signed in:
    /// then the person decides, so that we are no open redirector (RFC 9700 section 4.11.2).
    ///
    /// A redirect to the person's own machine leads to no stranger's site.
    async fn tell_client(&self, visit: &Visit, error: AuthorizeRedirectError) -> Result<Response, Stop> {
        let is_strange = error.client.origin != ClientOrigin::Configured && !error.redirect_uri.is_loopback();
        if is_strange && self.signed_in(&visit.cookies()?).await?.is_none() {
            let back = BackToClient { place: error.redirect_uri.place(), location: error.location };
            return Err(Stop::from(Problem::ClientMistake).with_back(Some(back)));
        }
        see_other(&error.location)
    }
}

fn page_error(error: &AuthorizePageError) -> Stop {
    match error {
        AuthorizePageError::UnknownClient => Problem::UnknownClient.into(),
        AuthorizePageError::Document => Problem::ClientDocument.into(),
        AuthorizePageError::RedirectUri => Problem::RedirectUri.into(),
        AuthorizePageError::PushedRequest => Problem::Expired.into(),
        AuthorizePageError::Malformed => Problem::Malformed.into(),
        AuthorizePageError::TooLong => Problem::TooLong.into(),
        AuthorizePageError::Unavailable(_) => Stop::unavailable(error),
    }
}
