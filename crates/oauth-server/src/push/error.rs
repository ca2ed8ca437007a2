use std::{error::Error, time::Duration};

use bytes::Bytes;
use http::{Method, Response, StatusCode, header::RETRY_AFTER};
use oauth_types::{AuthorizeErrorCode, TokenErrorCode};
use serde::Serialize;
use storage::StoreError;

use crate::{
    AuthorizePageError, AuthorizeRefusal, ClientAuthError,
    endpoint::{self, EndpointError},
};

/// Why a request is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum PushError {
    /// The request or its client, as at every endpoint that takes a form.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// What the authorization endpoint would refuse.
    #[error("{description}")]
    Refused { code: AuthorizeErrorCode, description: &'static str },
    /// Too many requests wait, and all of them are recent (429).
    #[error("too many pushed requests wait for their browsers")]
    Busy { retry_after: Duration },
    /// The requests cannot be kept now (503).
    #[error("the pushed requests cannot be kept")]
    Store(#[from] StoreError),
}

/// The body of a refusal (RFC 9126 section 2.3).
#[derive(Serialize)]
struct Members {
    error: &'static str,
    error_description: &'static str,
}

impl PushError {
    /// The answer; `methods` are those of the endpoint.
    pub(super) fn answer(&self, methods: &[Method]) -> Response<Bytes> {
        let (status, error, error_description) = match self {
            Self::Endpoint(error) => return error.answer(methods),
            Self::Refused { code, description } => (StatusCode::BAD_REQUEST, code.as_str(), *description),
            Self::Busy { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                TokenErrorCode::TemporarilyUnavailable.as_str(),
                "too many requests wait; try again later",
            ),
            Self::Store(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                TokenErrorCode::TemporarilyUnavailable.as_str(),
                "the request cannot be answered now; try again later",
            ),
        };
        let cause = self as &dyn Error;
        if status.is_server_error() {
            tracing::warn!(error = cause, oauth.error = error, "a pushed request cannot be answered");
        } else {
            tracing::info!(error = cause, oauth.error = error, "a pushed request is refused");
        }
        let mut response = endpoint::json(&Members { error, error_description });
        *response.status_mut() = status;
        if let Some(after) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, after.as_secs().into());
        }
        response
    }

    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => Some(*retry_after),
            Self::Store(_) => Some(Duration::from_secs(5)),
            Self::Endpoint(_) | Self::Refused { .. } => None,
        }
    }
}

impl From<ClientAuthError> for PushError {
    fn from(error: ClientAuthError) -> Self {
        Self::Endpoint(error.into())
    }
}

/// What would be a page for the person is an error for the client, which hears it itself.
impl From<AuthorizeRefusal> for PushError {
    fn from(refusal: AuthorizeRefusal) -> Self {
        let invalid_request =
            |description| Self::Refused { code: AuthorizeErrorCode::InvalidRequest, description };
        match refusal {
            AuthorizeRefusal::Redirect(error) => {
                Self::Refused { code: error.code, description: error.description }
            }
            AuthorizeRefusal::Page(AuthorizePageError::RedirectUri) => {
                invalid_request("redirect_uri is not one of the client's")
            }
            AuthorizeRefusal::Page(AuthorizePageError::TooLong) => invalid_request("state is too long"),
            AuthorizeRefusal::Page(
                AuthorizePageError::UnknownClient
                | AuthorizePageError::Document
                | AuthorizePageError::Malformed
                | AuthorizePageError::PushedRequest
                | AuthorizePageError::Unavailable(_),
            ) => invalid_request("the request is malformed"),
        }
    }
}
