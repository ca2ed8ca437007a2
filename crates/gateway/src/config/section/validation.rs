use serde::Deserialize;

use crate::config::value::Period;

/// Token validation, for every authorization server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Validation {
    /// Clock difference that `exp`, `nbf` and `iat` are given; `0s` to `2m`.
    pub leeway: Period,
    /// Verified tokens that are remembered; 1 to 1,000,000.
    pub cache_entries: u32,
    /// How long keys stay in use that cannot be refreshed because the authorization server is down.
    /// From `10m` to `7d`.
    pub stale_keys: Period,
}

impl Default for Validation {
    fn default() -> Self {
        Self {
            leeway: Period::from_secs(60),
            cache_entries: 10_000,
            stale_keys: Period::from_secs(24 * 60 * 60),
        }
    }
}
