use std::fmt;

/// The `error` values a protected resource may put into a challenge (RFC 6750 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BearerError {
    /// The request is malformed: a parameter is missing, repeated, or the token came in more than one way.
    InvalidRequest,
    /// The access token is expired, revoked, malformed, or invalid for another reason.
    InvalidToken,
    /// The request requires higher privileges than the access token grants.
    InsufficientScope,
}

impl BearerError {
    /// The registered name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }

    /// The HTTP status that goes with it (RFC 6750 section 3.1).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
        }
    }
}

impl fmt::Display for BearerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
