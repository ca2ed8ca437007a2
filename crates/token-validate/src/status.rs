use oauth_types::{Issuer, UnixTime};

/// How an issuer is doing, for readiness and for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerStatus {
    /// The issuer.
    pub issuer: Issuer,
    /// Whether tokens of it can be validated now: it has a usable key, or needs none.
    pub ready: bool,
    /// How many usable keys are known.
    pub usable_keys: usize,
    /// When keys or metadata were last fetched; `None` before the first success and with keys from a file.
    pub last_success: Option<UnixTime>,
    /// Why the latest fetch failed; `None` after a success.
    pub last_error: Option<String>,
}
