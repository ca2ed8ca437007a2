use std::{error::Error, time::Duration};

use http::StatusCode;
use oauth_types::TokenErrorCode;

/// Why a request is not taken for its client's.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthError {
    /// The client is unknown or did not prove itself (401 `invalid_client`), or used two methods at once
    /// (400 `invalid_request`).
    #[error("the client did not authenticate: {refusal}")]
    Refused {
        /// What was wrong, for the log.
        refusal: ClientAuthRefusal,
        /// Whether HTTP Basic was used, so that the answer carries `WWW-Authenticate: Basic` (RFC 6749 section 5.2).
        uses_basic: bool,
    },
    /// Too many wrong secrets came in the name of this client (429 with `Retry-After`); nothing was compared.
    #[error("too many wrong secrets for this client")]
    TooManyAttempts {
        /// When to try again, in whole seconds.
        retry_after: Duration,
    },
    /// Nobody can say now (503 with `Retry-After`).
    ///
    /// Also every failure of a metadata document, so that nobody learns from us what answers at an address, and no
    /// client takes a short failure for the end of its registration.
    #[error("the client cannot be authenticated now")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

/// What was wrong with the authentication of a client, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientAuthRefusal {
    /// The `Authorization` header is there twice, or is no HTTP Basic that can be read (RFC 7617 section 2).
    #[error("the Authorization header is malformed")]
    MalformedBasic,
    /// More than one method, or two different `client_id` (RFC 6749 section 2.3).
    #[error("more than one method or client_id was used")]
    TwoMethods,
    /// No `client_id` in any form.
    #[error("no client_id was sent")]
    NoClientId,
    /// Nobody has this `client_id`.
    #[error("the client is not known here")]
    UnknownClient,
    /// The client has a secret or a key and presented nothing.
    #[error("the client presented nothing")]
    NothingPresented,
    /// The client authenticates in another way, or not at all.
    #[error("the client uses another method than it registered")]
    OtherMethod,
    /// The secret is wrong.
    #[error("the secret is wrong")]
    WrongSecret,
    /// The assertion is no JWT, or has another `client_assertion_type` (RFC 7521 section 4.2).
    #[error("the assertion is malformed")]
    MalformedAssertion,
    /// The assertion is not signed by a key of the client; the text is the verifier's.
    #[error("the assertion is not proven: {0}")]
    AssertionSignature(&'static str),
    /// A claim of the assertion is missing or wrong (RFC 7523 section 3); the text names it.
    #[error("the assertion has a bad claim: {0}")]
    AssertionClaim(&'static str),
    /// The `jti` was used before.
    #[error("the assertion was used before")]
    AssertionReplayed,
}

impl ClientAuthError {
    /// The status and the `error` value of the answer (RFC 6749 section 5.2).
    #[must_use]
    pub const fn wire(&self) -> (StatusCode, TokenErrorCode) {
        match self {
            Self::Refused { refusal: ClientAuthRefusal::TwoMethods, .. } => {
                (StatusCode::BAD_REQUEST, TokenErrorCode::InvalidRequest)
            }
            Self::Refused { .. } => (StatusCode::UNAUTHORIZED, TokenErrorCode::InvalidClient),
            Self::TooManyAttempts { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, TokenErrorCode::TemporarilyUnavailable)
            }
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, TokenErrorCode::TemporarilyUnavailable),
        }
    }

    /// Whether the answer carries `WWW-Authenticate: Basic`.
    #[must_use]
    pub const fn uses_basic(&self) -> bool {
        match self {
            Self::Refused { refusal: ClientAuthRefusal::TwoMethods, .. }
            | Self::TooManyAttempts { .. }
            | Self::Unavailable(_) => false,
            Self::Refused { uses_basic, .. } => *uses_basic,
        }
    }
}

impl From<storage::StoreError> for ClientAuthError {
    fn from(error: storage::StoreError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}
