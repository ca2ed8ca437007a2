use oauth_types::{ResourceUri, ScopeToken};
use serde::Deserialize;

use crate::config::value::{EndpointPath, text};

/// What a client that is an MCP server itself may do with the access tokens that reach it: get one for the next hop
/// (RFC 8693).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenExchange {
    /// The `path` of the `[[server]]` that it is: it exchanges tokens for that one only.
    #[serde(deserialize_with = "text::one")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub server: EndpointPath,
    /// Where it may go on to.
    pub targets: Vec<ExchangeTarget>,
}

/// A resource that tokens may be exchanged for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExchangeTarget {
    /// Its resource identifier: a server of this gateway, or one that takes tokens of this gateway.
    #[serde(deserialize_with = "text::one")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub resource: ResourceUri,
    /// The most that a token for it permits; what the exchanged token lacks, it lacks too.
    #[serde(deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub scopes: Vec<ScopeToken>,
}
