//! Tokens that are bound to a key of their client (RFC 9449).

use std::{error::Error, fmt::Debug};

use http::HeaderMap;
use oauth_types::{JwkThumbprint, TokenErrorCode};

use crate::{TokenRefusal, TokenUnavailable};

/// Checks DPoP proofs; this crate has no JOSE library.
pub trait DpopProofVerifier: Debug + Send + Sync {
    /// The one proof among `headers`, which must be for a POST to `url` and of now (RFC 9449 section 4.3).
    ///
    /// Nothing is remembered of it yet.
    ///
    /// # Errors
    /// [`DpopError`], also for several proofs.
    fn verify(&self, headers: &HeaderMap, url: &str) -> Result<Box<dyn DpopProof>, DpopError>;

    /// What the next proof must hold, if that is demanded (RFC 9449 section 8).
    fn nonce(&self) -> Option<String>;
}

/// A proof that is for this request; whether it was used before is not known yet.
pub trait DpopProof: Debug + Send + Sync {
    /// The key that signed it.
    fn key(&self) -> JwkThumbprint;

    /// Uses the proof up, which can be done once (RFC 9449 section 11.1).
    ///
    /// To be called when all else about the request is known to be good and before anything else of it is used up:
    /// then no stranger fills the memory of used proofs, and a proof that is refused costs its client nothing.
    ///
    /// # Errors
    /// [`DpopError`] if it was used before, or if nobody can say.
    fn spend(&self) -> Result<(), DpopError>;
}

/// Why a proof proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum DpopError {
    /// The proof is at fault; the text is a fixed one for the client's developer.
    #[error("{0}")]
    Invalid(&'static str),
    /// The proof lacks the nonce of [`DpopProofVerifier::nonce`].
    #[error("the DPoP proof must hold the nonce of this answer")]
    NonceMissing,
    /// Nobody can say now.
    #[error("DPoP proofs cannot be judged at the moment")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl DpopError {
    /// The `error` of the token response (RFC 9449 sections 5 and 8).
    #[must_use]
    pub const fn code(&self) -> TokenErrorCode {
        match self {
            Self::Invalid(_) => TokenErrorCode::InvalidDpopProof,
            Self::NonceMissing => TokenErrorCode::UseDpopNonce,
            Self::Unavailable(_) => TokenErrorCode::TemporarilyUnavailable,
        }
    }

    /// What the client's developer is told.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        match self {
            Self::Invalid(description) => description,
            Self::NonceMissing => "the DPoP proof must hold the nonce of this answer",
            Self::Unavailable(_) => "the request cannot be answered now; try again later",
        }
    }
}

impl From<DpopError> for TokenRefusal {
    fn from(error: DpopError) -> Self {
        match error {
            DpopError::Unavailable(source) => TokenUnavailable(source).into(),
            at_fault @ (DpopError::Invalid(_) | DpopError::NonceMissing) => {
                Self::Refused { code: at_fault.code(), description: at_fault.description() }
            }
        }
    }
}
