use serde::Deserialize;

use crate::config::value::SecretSource;

/// Protection of the MCP session ids of protocol revisions up to 2025-11-25.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// Secret of at least 32 bytes that binds MCP session ids to their subject.
    /// Without this key a random one is made at each start, and older MCP sessions end with a restart.
    pub key: Option<SecretSource>,
}
