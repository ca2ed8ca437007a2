use std::{error::Error, fmt, time::Duration};

use outbound_http::FetchError;

use crate::IdTokenRefusal;

/// Why somebody is not signed in.
///
/// No variant holds a token, a body or a text of the third party other than its error code.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// `state` is missing or another one: this browser did not start this sign-in.
    #[error("`state` is missing or not the one of this sign-in")]
    State,
    /// The sign-in was started with another third party.
    #[error("the sign-in was started with another third party")]
    OtherProvider,
    /// The sign-in was started with another callback.
    #[error("the sign-in was started with another callback")]
    OtherCallback,
    /// The configuration of the third party changed meanwhile.
    #[error("the configuration of the third party has changed since the sign-in was started")]
    SettingsChanged,
    /// `iss` is another issuer, or missing although the metadata promises it (RFC 9207 section 2.4).
    #[error("`iss` is missing or names another issuer")]
    Issuer,
    /// The third party refused; `access_denied` mostly means that the person said no.
    #[error("the third party refused the authorization request: {0}")]
    Denied(WireCode),
    /// Neither a code nor an error.
    #[error("the callback has neither `code` nor `error`")]
    CodeMissing,
    /// The third party does not take the code: used, expired, or not from this sign-in.
    #[error("the third party refused the code: {0}")]
    CodeRefused(WireCode),
    /// The ID token is missing, or is not about this sign-in.
    #[error("the ID token was refused")]
    IdToken(#[source] IdTokenRefusal),
    /// The userinfo endpoint speaks of somebody else than the ID token (OpenID Connect Core section 5.3.2).
    #[error("the userinfo endpoint speaks of another subject than the ID token")]
    OtherSubject,
    /// The third party did not say who it is in a way that can be kept.
    #[error("the third party gave no usable user id")]
    SubjectMissing,
    /// The token endpoint answered nonsense.
    #[error("the answer of the token endpoint is unusable: {0}")]
    BadAnswer(&'static str),
    /// It may work later.
    #[error("the third party cannot be used at the moment")]
    Temporary(#[source] Temporary),
}

impl SignInError {
    /// A short stable name for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::State => "state",
            Self::OtherProvider => "other_provider",
            Self::OtherCallback => "other_callback",
            Self::SettingsChanged => "settings_changed",
            Self::Issuer => "issuer",
            Self::Denied(_) => "denied",
            Self::CodeMissing => "code_missing",
            Self::CodeRefused(_) => "code_refused",
            Self::IdToken(_) => "id_token",
            Self::OtherSubject => "other_subject",
            Self::SubjectMissing => "subject_missing",
            Self::BadAnswer(_) => "bad_answer",
            Self::Temporary(_) => "temporary",
        }
    }

    /// The HTTP status of the page that tells the person: 400 for what the browser brought, 403 for a refusal,
    /// 502 for a third party that gives nonsense or nothing.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::State
            | Self::OtherProvider
            | Self::OtherCallback
            | Self::SettingsChanged
            | Self::Issuer
            | Self::CodeMissing
            | Self::CodeRefused(_)
            | Self::IdToken(_)
            | Self::OtherSubject => 400,
            Self::Denied(_) => 403,
            Self::SubjectMissing | Self::BadAnswer(_) | Self::Temporary(_) => 502,
        }
    }
}

/// Why there are no fresh tokens.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The third party says, in the words of OAuth, that this is over: sign in again.
    #[error("the third-party grant has ended: {0}")]
    Ended(EndedReason),
    /// Anything else: keep the session, try again later.
    #[error("the third-party tokens cannot be refreshed at the moment")]
    Temporary(#[source] Temporary),
}

/// Why an identity could not be read again.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The token no longer works, or works for somebody else.
    #[error("the third-party grant has ended: {0}")]
    Ended(EndedReason),
    /// There is nothing to read it from: this third party says it in a fresh ID token only.
    #[error("the third party tells the identity in ID tokens only, and there is no valid one")]
    Unavailable,
    /// It may work later.
    #[error("the identity cannot be read at the moment")]
    Temporary(#[source] Temporary),
}

/// Why a token could not be revoked.
#[derive(Debug, thiserror::Error)]
#[error("the third-party token could not be revoked")]
pub struct RevokeError(#[source] pub Temporary);

/// Why a third-party grant is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndedReason {
    /// The third party refused with this code.
    Refused(WireCode),
    /// The third party says that the token is not active.
    Inactive,
    /// The token belongs to another client.
    OtherClient,
    /// The token speaks for another person.
    OtherSubject,
}

impl fmt::Display for EndedReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code) => code.fmt(formatter),
            Self::Inactive => formatter.write_str("the token is not active"),
            Self::OtherClient => formatter.write_str("the token belongs to another client"),
            Self::OtherSubject => formatter.write_str("the token speaks for another person"),
        }
    }
}

/// A failure that says nothing about the grant.
#[derive(Debug, thiserror::Error)]
pub enum Temporary {
    /// No answer, or one that is too large.
    #[error("the {endpoint} endpoint gave no answer")]
    NoAnswer {
        /// Who was asked.
        endpoint: Endpoint,
        /// What happened.
        source: FetchError,
    },
    /// A status that is no answer: 5xx, 429, a redirect, a refusal without a reason.
    #[error("the {endpoint} endpoint answered {status}")]
    Status {
        /// Who was asked.
        endpoint: Endpoint,
        /// The HTTP status.
        status: u16,
        /// When to come back, if it said so.
        retry_after: Option<Duration>,
    },
    /// A body that cannot be read: HTML, broken JSON, a missing or impossible member.
    #[error("the {endpoint} endpoint answered {what}")]
    Unreadable {
        /// Who was asked.
        endpoint: Endpoint,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A refusal that is not about the grant, such as `invalid_client` after a secret was changed.
    #[error("the {endpoint} endpoint refused: {code}")]
    Refused {
        /// Who was asked.
        endpoint: Endpoint,
        /// Its error code.
        code: WireCode,
    },
    /// The metadata cannot be had.
    #[error("the metadata of the third party cannot be used")]
    Metadata(#[source] MetadataError),
    /// The keys for ID tokens cannot be had.
    #[error("the keys of the third party cannot be used")]
    Keys(#[source] Box<dyn Error + Send + Sync>),
}

impl Temporary {
    /// When to come back, if the third party said so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Why metadata cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// No document at any of the well-known places.
    #[error("no document was found")]
    NotFound,
    /// No answer.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The document cannot be read.
    #[error("the document is no metadata")]
    Malformed,
    /// The document speaks for another issuer (RFC 8414 section 3.3).
    #[error("the document belongs to another issuer")]
    OtherIssuer,
    /// An endpoint is missing, or not `https`.
    #[error("`{0}` is missing or not https")]
    Endpoint(&'static str),
    /// It failed a moment ago and is not asked again yet.
    #[error("it failed a moment ago")]
    BackingOff,
}

/// One of a third party's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// RFC 6749 section 3.2.
    Token,
    /// Who somebody is.
    Userinfo,
    /// Whether a token is good.
    Check,
    /// RFC 7009.
    Revocation,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Token => "token",
            Self::Userinfo => "userinfo",
            Self::Check => "token check",
            Self::Revocation => "revocation",
        })
    }
}

/// An `error` code of a third party: at most 64 of letters, digits, `_`, `-` and `.`, so that it may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireCode(String);

impl WireCode {
    /// The code, or `unreadable` for a text that is none.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(plain);
        Self(if fits { text } else { "unreadable" }.to_owned())
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WireCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
