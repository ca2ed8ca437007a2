use std::{error::Error, time::Duration};

use storage::StoreError;

use crate::{TokenUnavailable, client::metadata::InvalidMetadata};

/// The store or the grants cannot be asked now.
#[derive(Debug, thiserror::Error)]
#[error("the registered clients are unavailable")]
pub struct RegistrationsUnavailable(#[source] pub Box<dyn Error + Send + Sync>);

/// Why a request about a registration is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegistrationError {
    #[error("the content type is not application/json")]
    ContentType,
    #[error("the body is too large")]
    TooLarge,
    #[error("the body is not a JSON object without repeated members")]
    NotJson,
    #[error("a software statement is not taken")]
    SoftwareStatement,
    #[error("the metadata are refused: {0}")]
    Metadata(#[from] InvalidMetadata),
    /// No token, or one that is nobody's; with the RFC 6750 error if one was presented.
    #[error("the token is missing or wrong")]
    Token { was_presented: bool },
    #[error("too many registrations")]
    TooMany { retry_after: Duration },
    #[error("there are too many clients, and none that may go")]
    Full,
    #[error(transparent)]
    Unavailable(#[from] RegistrationsUnavailable),
}

impl From<StoreError> for RegistrationsUnavailable {
    fn from(error: StoreError) -> Self {
        Self(Box::new(error))
    }
}

impl From<TokenUnavailable> for RegistrationsUnavailable {
    fn from(error: TokenUnavailable) -> Self {
        Self(Box::new(error))
    }
}

impl From<StoreError> for RegistrationError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<TokenUnavailable> for RegistrationError {
    fn from(error: TokenUnavailable) -> Self {
        Self::Unavailable(error.into())
    }
}
