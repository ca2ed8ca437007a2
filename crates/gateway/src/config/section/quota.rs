use serde::{Deserialize, Serialize};

use crate::config::value::Period;

/// How often somebody may ask of one server; more is answered 429 with `Retry-After`.
///
/// Every quota that applies must have something left.
/// Requests come back evenly over the period, and time is counted in whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServerQuota {
    /// What has a count of its own: `"principal"` (whoever the token speaks for), `"client"` (the OAuth client), `"tool"` (the tool that is called).
    /// With several, each combination has one: `["principal", "tool"]`.
    pub per: Vec<QuotaPer>,
    /// Counts calls of these tools only; `*` in a name stands for any text.
    /// Without this key, and without `"tool"`, every request counts, whatever it asks for; then no body is read for it.
    pub tools: Option<Vec<String>>,
    /// How many, in one period; 1 to 1,000,000.
    pub requests: u32,
    /// The time in which they may be spent; `1s` to `30d`.
    pub period: Period,
    /// How many may come at once, at most `requests`, which it is without this key.
    /// It is at least what one second brings back.
    pub burst: Option<u32>,
}

/// What has a count of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum QuotaPer {
    /// Whoever the token speaks for.
    Principal,
    /// The OAuth client.
    Client,
    /// The tool that is called.
    Tool,
}
