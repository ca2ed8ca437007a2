//! What handlers answer with beside pages: redirects, cookies, and the page that ends the way.

use std::error::Error;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use oauth_server::AuthorizationResponse;
use oauth_types::AuthorizeErrorCode;
use session_binding::{
    AuthorizationRequest, BeginError, CallbackError, PendingId, Purpose, SetCookie, StepError,
};
use storage::StoreError;

use super::{Browser, visit::TRANSACTION};
use crate::{
    request_id::RequestId,
    third_party::pages::{BackToClient, Problem, ProblemPage},
};

/// The way ends here, with a page that says why.
#[derive(Debug)]
pub(super) struct Stop {
    problem: Problem,
    back: Option<BackToClient>,
    cookies: Vec<SetCookie>,
}

impl Stop {
    /// With a button that leads to the client.
    pub(super) fn with_back(mut self, back: Option<BackToClient>) -> Self {
        self.back = back;
        self
    }

    pub(super) fn with_cookie(mut self, cookie: SetCookie) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Something of ours failed; the log says what.
    pub(super) fn unavailable(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error, "the browser's part of a sign-in failed");
        Problem::Unavailable.into()
    }

    pub(super) fn into_response(self, request_id: RequestId) -> Response {
        let Self { problem, back, cookies } = self;
        let page = ProblemPage { problem, request_id: request_id.to_string(), back_to_client: back };
        with_cookies(page.into_response(), &cookies)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self { problem, back: None, cookies: Vec::new() }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<StepError> for Stop {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Gone | StepError::OtherBrowser | StepError::Moved => Problem::Expired.into(),
            StepError::Csrf => Problem::NotOurForm.into(),
            StepError::OtherProvider => Problem::ThirdPartyRefused.into(),
            StepError::Storage(error) => error.into(),
        }
    }
}

impl From<CallbackError> for Stop {
    fn from(error: CallbackError) -> Self {
        match error {
            CallbackError::UnknownState | CallbackError::Used => Problem::Expired.into(),
            CallbackError::OtherProvider => Problem::ThirdPartyRefused.into(),
            CallbackError::Storage(error) => error.into(),
        }
    }
}

impl From<BeginError> for Stop {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Busy { .. } => Problem::Busy.into(),
            BeginError::TooLarge => Problem::TooLong.into(),
            BeginError::Storage(error) => error.into(),
        }
    }
}

impl Browser {
    /// Where the client hears of an error (RFC 6749 section 4.1.2.1).
    pub(super) fn error_location(
        &self,
        request: &AuthorizationRequest,
        error: AuthorizeErrorCode,
        description: &'static str,
    ) -> String {
        self.response(request).error(error, description)
    }

    /// Where the client gets its code.
    pub(super) fn code_location(
        &self,
        request: &AuthorizationRequest,
        code: &token_manager::AuthorizationCode,
    ) -> String {
        self.response(request).code(code.expose())
    }

    /// A button that takes the person to the client with an error; none for the account page, which has no client.
    pub(super) fn back_to_client(
        &self,
        purpose: &Purpose,
        error: AuthorizeErrorCode,
        description: &'static str,
    ) -> Option<BackToClient> {
        let Purpose::Authorize(request) = purpose else { return None };
        let location = self.error_location(request, error, description);
        Some(BackToClient { location, place: request.redirect_uri.place() })
    }

    fn response<'a>(&self, request: &'a AuthorizationRequest) -> AuthorizationResponse<'a> {
        AuthorizationResponse {
            redirect_uri: &request.redirect_uri,
            state: request.state.as_ref().map(session_binding::ClientState::as_bytes),
            // Of the record, so that it is the one of the metadata that the client had read.
            issuer: self.parts.response_issuer.then_some(&request.issuer),
        }
    }
}

/// A redirect that turns a form into a `GET` and tells nobody where it came from (RFC 9700 sections 4.2.4 and 4.12).
pub(super) fn see_other(location: &str) -> Result<Response, Stop> {
    let location = HeaderValue::try_from(location).map_err(|error| Stop::unavailable(&error))?;
    let mut response = (StatusCode::SEE_OTHER, Body::empty()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// The page `path` of a transaction.
pub(super) fn see_page(path: &str, transaction: &PendingId) -> Result<Response, Stop> {
    see_other(&format!("{path}?{TRANSACTION}={transaction}"))
}

/// The answer, with cookies.
pub(super) fn with_cookies(mut response: Response, cookies: &[SetCookie]) -> Response {
    for cookie in cookies {
        // A name of ours and base64url always make a header value.
        if let Ok(mut value) = HeaderValue::try_from(cookie.expose()) {
            value.set_sensitive(true);
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}
