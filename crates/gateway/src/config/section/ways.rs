use std::path::PathBuf;

use oauth_types::ScopeToken;
use serde::Deserialize;

use crate::config::value::{MethodName, text};

/// API keys, for clients that cannot do OAuth, beside tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApiKeys {
    /// The file with the digests of the keys, which `mcp-gateway api-keys` writes and the gateway watches;
    /// a file for each server, not readable by everybody.
    /// It need not be there yet.
    pub file: PathBuf,
}

/// Requests without any credential, for chosen operations; all others are asked to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Anonymous {
    /// The methods of MCP that need no credential, such as `["initialize", "notifications/initialized", "tools/list"]`,
    /// compared exactly.
    #[serde(deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub methods: Vec<MethodName>,
    /// What such requests may do; all of the server's `scopes` must be among these.
    #[serde(default, deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub scopes: Vec<ScopeToken>,
}

/// Requests without any credential from programs on this machine, for a `public_url` on loopback only.
///
/// Whoever can open a connection on this machine is let in, other users of it too; web pages are not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Loopback {
    /// What such requests may do; all of the server's `scopes` must be among these.
    #[serde(default, deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub scopes: Vec<ScopeToken>,
}
