use oauth_types::TokenErrorCode;
use storage::StoreError;

use super::EndCause;
use crate::signing_keys::SigningError;

/// Why the token endpoint gives nothing for a code or refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not issued here, or its grant is long gone.
    #[error("the code or refresh token is not known")]
    Unknown,
    /// Issued to another client.
    #[error("the code or refresh token belongs to another client")]
    WrongClient,
    /// Without a proof by the key that the code or the refresh token is bound to (RFC 9449 sections 5 and 10).
    #[error("the code or refresh token is bound to another key")]
    WrongKey,
    /// Not the `redirect_uri` of the authorization request.
    #[error("redirect_uri is not the one of the authorization request")]
    WrongRedirectUri,
    /// The `code_verifier` does not answer the `code_challenge` (RFC 7636 section 4.6).
    #[error("code_verifier does not match the code_challenge")]
    WrongVerifier,
    /// The `resource` is not the one that was granted (RFC 8707 section 2.2).
    #[error("resource was not granted")]
    WrongResource,
    /// Nothing of the asked `scope` was granted.
    #[error("scope was not granted")]
    WrongScope,
    /// The code is too old.
    #[error("the code has expired")]
    CodeExpired,
    /// The code has been redeemed; not by this request's sender, as far as can be told.
    #[error("the code has been used")]
    CodeUsed,
    /// The grant is over, or will be within a minute.
    #[error("the grant has expired")]
    Expired,
    /// The grant has ended before, or because of, this request.
    #[error("the grant has ended: {0}")]
    Ended(EndCause),
    /// The request makes no sense in the grant's state.
    #[error("there is nothing to do")]
    NothingToDo,
}

/// Why an operation on grants fails.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The request is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request may be right; it cannot be answered now (503).
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What hinders us; the request that met it changed nothing, or at least got nothing.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored grant cannot be read.
    #[error("the record of grant {0} cannot be read")]
    Record(oauth_types::GrantId),
    /// Signing failed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The master key that a refresh token was made with has left the key ring.
    #[error("the key ring lacks the key of a refresh token: {0}")]
    MissingKey(crate::KeyId),
    /// The store that other processes write to has not been heard of for too long.
    #[error("what other gateways did to the grant is not known")]
    Unheard,
    /// Others kept changing the grant at the same time.
    #[error("too many requests for one grant at the same time")]
    Contended,
    /// Only a part of what should end has ended; the same call may be repeated.
    #[error("{ended} grants have ended, {failed} not; the first failure: {first}")]
    Partly {
        /// How many ended.
        ended: usize,
        /// How many are left.
        failed: usize,
        /// What hindered the first.
        first: Box<Unavailable>,
    },
}

impl Refusal {
    /// The `error` of the token response (RFC 6749 section 5.2, RFC 8707 section 2).
    #[must_use]
    pub const fn error_code(self) -> TokenErrorCode {
        match self {
            Self::WrongResource => TokenErrorCode::InvalidTarget,
            Self::WrongScope => TokenErrorCode::InvalidScope,
            Self::Unknown
            | Self::WrongClient
            | Self::WrongKey
            | Self::WrongRedirectUri
            | Self::WrongVerifier
            | Self::CodeExpired
            | Self::CodeUsed
            | Self::Expired
            | Self::Ended(_)
            | Self::NothingToDo => TokenErrorCode::InvalidGrant,
        }
    }
}

impl From<StoreError> for GrantError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}
