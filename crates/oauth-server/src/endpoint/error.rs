use std::{error::Error, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
};
use oauth_types::TokenErrorCode;
use serde::Serialize;

use crate::{
    ClientAuthError, ClientAuthRefusal, DpopError, TokenRefusal, TokenUnavailable,
    parameters::InvalidParameter, resources::UnknownResource,
};

/// Why the token, the revocation or the introspection endpoint gives nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EndpointError {
    #[error("the method must be POST")]
    Method,
    #[error("the body is too large")]
    TooLarge,
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error("the client did not authenticate")]
    PublicClient,
    #[error("the grant_type is not supported")]
    UnsupportedGrantType,
    #[error("the client may not use this grant_type")]
    UnauthorizedClient,
    #[error("scope is malformed")]
    InvalidScope,
    #[error("nothing of the scope is allowed")]
    ScopeNotAllowed,
    /// The assertion of an authorization grant; a fixed text for the client's developer.
    #[error("{0}")]
    Assertion(&'static str),
    #[error(transparent)]
    UnknownResource(#[from] UnknownResource),
    #[error(transparent)]
    Client(#[from] ClientAuthError),
    #[error(transparent)]
    Dpop(#[from] DpopError),
    #[error(transparent)]
    Grant(#[from] TokenRefusal),
    #[error(transparent)]
    Unavailable(#[from] TokenUnavailable),
}

/// The body of a refusal (OAuth 2.1 section 3.2.4).
#[derive(Serialize)]
struct Members {
    error: &'static str,
    error_description: &'static str,
}

impl EndpointError {
    /// The answer, which is also the place where the failure is logged; `methods` are those of the endpoint.
    pub(crate) fn answer(&self, methods: &[Method]) -> Response<Bytes> {
        self.log();
        let (status, code) = self.wire();
        let members = Members { error: code.as_str(), error_description: self.description() };
        let mut response = super::json(&members);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Some(after) = self.retry_after() {
            headers.insert(RETRY_AFTER, after.as_secs().into());
        }
        if self.challenges() {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(BASIC_CHALLENGE));
        }
        if matches!(self, Self::Method) {
            let names: Vec<_> = methods.iter().map(Method::as_str).collect();
            headers.extend(HeaderValue::try_from(names.join(", ")).ok().map(|it| (ALLOW, it)));
        }
        response
    }

    /// Status and `error` (RFC 6749 section 5.2, RFC 8707 section 2, RFC 9449 section 5).
    fn wire(&self) -> (StatusCode, TokenErrorCode) {
        match self {
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, TokenErrorCode::InvalidRequest),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, TokenErrorCode::InvalidRequest),
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, TokenErrorCode::InvalidRequest),
            Self::PublicClient => (StatusCode::UNAUTHORIZED, TokenErrorCode::InvalidClient),
            Self::UnsupportedGrantType => (StatusCode::BAD_REQUEST, TokenErrorCode::UnsupportedGrantType),
            Self::UnauthorizedClient => (StatusCode::BAD_REQUEST, TokenErrorCode::UnauthorizedClient),
            Self::InvalidScope | Self::ScopeNotAllowed => {
                (StatusCode::BAD_REQUEST, TokenErrorCode::InvalidScope)
            }
            Self::Assertion(_) => (StatusCode::BAD_REQUEST, TokenErrorCode::InvalidGrant),
            Self::UnknownResource(_) => (StatusCode::BAD_REQUEST, TokenErrorCode::InvalidTarget),
            Self::Client(error) => error.wire(),
            Self::Dpop(error) => (status(error.code()), error.code()),
            Self::Grant(TokenRefusal::Refused { code, .. }) => (status(*code), *code),
            Self::Grant(TokenRefusal::Unavailable(_)) | Self::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, TokenErrorCode::TemporarilyUnavailable)
            }
        }
    }

    /// A fixed text for the client's developer.
    ///
    /// What was wrong with an authentication is not told: it would help whoever guesses.
    fn description(&self) -> &'static str {
        match self {
            Self::Method => "the method must be POST",
            Self::TooLarge => "the body is too large",
            Self::InvalidRequest(description)
            | Self::Assertion(description)
            | Self::Grant(TokenRefusal::Refused { description, .. }) => description,
            Self::Client(ClientAuthError::Refused { refusal: ClientAuthRefusal::TwoMethods, .. }) => {
                "the client must authenticate by one method only"
            }
            Self::PublicClient | Self::Client(ClientAuthError::Refused { .. }) => {
                "the client is not known here or did not authenticate"
            }
            Self::Dpop(error) => error.description(),
            Self::UnsupportedGrantType => "grant_type is not supported",
            Self::UnauthorizedClient => "the client may not use this grant_type",
            Self::InvalidScope => "scope is malformed",
            Self::ScopeNotAllowed => "the client may have none of these scopes here",
            Self::UnknownResource(_) => "resource must be one that is offered here",
            Self::Client(ClientAuthError::TooManyAttempts { .. }) => "too many attempts; try again later",
            Self::Client(ClientAuthError::Unavailable(_))
            | Self::Grant(TokenRefusal::Unavailable(_))
            | Self::Unavailable(_) => "the request cannot be answered now; try again later",
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Client(ClientAuthError::TooManyAttempts { retry_after }) => Some(*retry_after),
            _ if self.wire().0 == StatusCode::SERVICE_UNAVAILABLE => Some(RETRY),
            _ => None,
        }
    }

    /// Whether the answer names HTTP Basic, which is for those only who used it.
    const fn challenges(&self) -> bool {
        matches!(self, Self::Client(error) if error.uses_basic())
    }

    /// Only what hinders us is worth a warning; the rest is somebody else's mistake.
    fn log(&self) {
        let (status, code) = self.wire();
        let (error, code) = (self as &dyn Error, code.as_str());
        if status.is_server_error() {
            tracing::warn!(error, oauth.error = code, "a request cannot be answered");
        } else {
            tracing::info!(error, oauth.error = code, "a request is refused");
        }
    }
}

impl From<InvalidParameter> for EndpointError {
    fn from(error: InvalidParameter) -> Self {
        Self::InvalidRequest(match error {
            InvalidParameter::Repeated => "a parameter is given more than once",
            InvalidParameter::NotText => "a parameter is not valid UTF-8",
        })
    }
}

/// The status that goes with a code (RFC 6749 section 5.2); 503 tells clients to come again instead of signing in.
const fn status(code: TokenErrorCode) -> StatusCode {
    match code {
        TokenErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
        TokenErrorCode::InvalidRequest
        | TokenErrorCode::InvalidGrant
        | TokenErrorCode::UnauthorizedClient
        | TokenErrorCode::UnsupportedGrantType
        | TokenErrorCode::InvalidScope
        | TokenErrorCode::InvalidTarget
        | TokenErrorCode::InvalidDpopProof
        | TokenErrorCode::UseDpopNonce
        | TokenErrorCode::UnsupportedTokenType => StatusCode::BAD_REQUEST,
        TokenErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        TokenErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// When to come again while something hinders us.
const RETRY: Duration = Duration::from_secs(5);

const BASIC_CHALLENGE: &str = r#"Basic realm="token", charset="UTF-8""#;

#[cfg(test)]
mod tests;
