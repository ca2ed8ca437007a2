use std::time::Duration;

use storage::StoreError;

use crate::{EndCause, OpenError, Unavailable};

/// Why there is no third-party access token; the same answer goes to everybody who waits for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThirdPartyTokenError {
    /// There are no tokens of this session.
    #[error("the third-party session has no tokens")]
    Unknown,
    /// The access token has ended, and the third party gave nothing to refresh it with; the grants live on.
    #[error("the third-party access token has expired, and there is no refresh token")]
    Expired,
    /// The third party takes them no more; the grants of the session have ended.
    #[error("the third party has ended the session: {0}")]
    Ended(EndCause),
    /// The third party cannot be reached or is in trouble (503).
    #[error("the third party does not answer properly, to be tried again in {retry_after:?}")]
    ThirdParty {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed (503).
    #[error(transparent)]
    Store(StoreError),
    /// The grants could not be ended (503).
    #[error("the grants of the session could not be ended: {0}")]
    Grants(String),
    /// The record cannot be opened (503).
    #[error("the third-party tokens cannot be opened: {0}")]
    Sealed(#[from] OpenError),
    /// The record cannot be read or written (503).
    #[error("the record of the third-party tokens cannot be read")]
    Record,
    /// The keeper does not run (503).
    #[error("nobody refreshes third-party tokens at present")]
    Stopped,
}

/// Why a third party gave no new tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshFailure {
    /// It said in so many words that the refresh token is good no more: a proper `invalid_grant`.
    Ended,
    /// Anything else: no answer, a status of 500 and above, 429, a page of some firewall.
    Temporary {
        /// When the third party wants to be asked again, if it said so.
        retry_after: Option<Duration>,
    },
}

impl ThirdPartyTokenError {
    /// Whether the same call may succeed later; all but the first three.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Expired | Self::Ended(_))
    }
}

impl From<Unavailable> for ThirdPartyTokenError {
    fn from(error: Unavailable) -> Self {
        Self::Grants(error.to_string())
    }
}
