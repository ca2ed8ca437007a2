use std::path::PathBuf;

use serde::Deserialize;

/// What the gateway itself may fetch: metadata, keys and introspection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// PEM files with further certificate authorities, beside those of the system.
    pub ca_files: Vec<PathBuf>,
    /// Allow authorization servers on loopback hosts, over `http` or `https`.
    /// Development only: refused unless `public_url` is a loopback origin.
    pub allow_loopback: bool,
}
