use std::borrow::Cow;

use crate::reason::Reason;

/// Why there is no credential for the upstream.
///
/// It holds no credential and no text that somebody else has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CredentialError {
    pub(crate) reason: Reason,
    /// What the operator should know beyond the reason.
    pub(crate) detail: Cow<'static, str>,
    /// Where the person can do something about it.
    pub(crate) place: Option<String>,
}

impl CredentialError {
    /// This person can have none here (403).
    pub(crate) fn denied(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Reason::CredentialDenied, detail)
    }

    /// This person can have one after a visit to `place` (403).
    #[cfg(feature = "third-party")]
    pub(crate) fn not_connected(detail: impl Into<Cow<'static, str>>, place: String) -> Self {
        Self { place: Some(place), ..Self::of(Reason::CredentialNotConnected, detail) }
    }

    /// What it rests on has ended: the person must authorize again (401).
    pub(crate) fn ended(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Reason::CredentialRefused, detail)
    }

    /// Whoever gives it does not take the gateway's own request (502).
    pub(crate) fn misconfigured(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Reason::CredentialMisconfigured, detail)
    }

    /// Whoever gives it gives no answer now (503).
    pub(crate) fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Reason::CredentialUnavailable, detail)
    }

    /// It cannot be sent.
    pub(crate) fn unusable() -> Self {
        Self::misconfigured("the credential cannot stand in a header")
    }

    fn of(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: detail.into(), place: None }
    }
}
