use std::fmt;

/// The `error` values a protected resource may put into a challenge (RFC 6750 section 3.1, RFC 9449 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BearerError {
    /// The request is malformed: a parameter is missing, repeated, or the token came in more than one way.
    InvalidRequest,
    /// The access token is expired, revoked, malformed, or invalid for another reason.
    InvalidToken,
    /// The request requires higher privileges than the access token grants.
    InsufficientScope,
    /// The DPoP proof is missing, malformed, or not for this request (RFC 9449 section 7.1).
    InvalidDpopProof,
    /// The DPoP proof must hold the nonce that the answer brings (RFC 9449 section 9).
    UseDpopNonce,
}

impl BearerError {
    /// The registered name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
        }
    }

    /// The HTTP status that goes with it (RFC 6750 section 3.1, RFC 9449 section 7.1).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::InvalidToken | Self::InvalidDpopProof | Self::UseDpopNonce => 401,
            Self::InsufficientScope => 403,
        }
    }
}

impl fmt::Display for BearerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The registered name on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// The `error` values of an authorization response (RFC 6749 section 4.1.2.1 and its registered additions).
    AuthorizeErrorCode {
        /// A parameter is missing, invalid or repeated.
        InvalidRequest = "invalid_request",
        /// The client may not use this response type.
        UnauthorizedClient = "unauthorized_client",
        /// The person, or a rule, said no.
        AccessDenied = "access_denied",
        /// Only `code` is supported.
        UnsupportedResponseType = "unsupported_response_type",
        /// The requested scope is malformed.
        InvalidScope = "invalid_scope",
        /// The resource is not one of ours (RFC 8707 section 2).
        InvalidTarget = "invalid_target",
        /// Consent is needed and `prompt=none` forbids to ask (OpenID Connect Core section 3.1.2.6).
        ConsentRequired = "consent_required",
        /// Request objects are not supported (OpenID Connect Core section 3.1.2.6).
        RequestNotSupported = "request_not_supported",
        /// Something failed here.
        ServerError = "server_error",
        /// It may work later.
        TemporarilyUnavailable = "temporarily_unavailable",
    }
}

codes! {
    /// The `error` values of a token, revocation or introspection response
    /// (RFC 6749 section 5.2, RFC 7009 section 2.2.1, RFC 8707 section 2, RFC 9449 section 12.2).
    TokenErrorCode {
        /// A parameter is missing, invalid or repeated.
        InvalidRequest = "invalid_request",
        /// The client is unknown or did not authenticate.
        InvalidClient = "invalid_client",
        /// The code or the refresh token is unknown, used, expired, revoked, or somebody else's.
        InvalidGrant = "invalid_grant",
        /// The client may not use this grant type.
        UnauthorizedClient = "unauthorized_client",
        /// The grant type is not supported.
        UnsupportedGrantType = "unsupported_grant_type",
        /// The scope is malformed or exceeds what was granted.
        InvalidScope = "invalid_scope",
        /// The resource is not one that was granted.
        InvalidTarget = "invalid_target",
        /// The token cannot be revoked here (RFC 7009 section 2.2.1).
        UnsupportedTokenType = "unsupported_token_type",
        /// The DPoP proof is missing, malformed, or not for this request (RFC 9449 section 5).
        InvalidDpopProof = "invalid_dpop_proof",
        /// The DPoP proof must hold the nonce that the answer brings (RFC 9449 section 8).
        UseDpopNonce = "use_dpop_nonce",
        /// Something failed here.
        ServerError = "server_error",
        /// It may work later; sent with 503 and `Retry-After`.
        TemporarilyUnavailable = "temporarily_unavailable",
    }
}

codes! {
    /// The `error` values of a registration response (RFC 7591 section 3.2.2).
    RegistrationErrorCode {
        /// A redirect URI is invalid.
        InvalidRedirectUri = "invalid_redirect_uri",
        /// Another member is invalid.
        InvalidClientMetadata = "invalid_client_metadata",
        /// The software statement is invalid.
        InvalidSoftwareStatement = "invalid_software_statement",
        /// The software statement is not approved.
        UnapprovedSoftwareStatement = "unapproved_software_statement",
    }
}
