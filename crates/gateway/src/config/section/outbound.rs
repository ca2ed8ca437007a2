use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

use crate::config::value::network;

/// What the gateway itself may fetch: metadata, keys and introspection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// PEM files with further certificate authorities, beside those of the system.
    pub ca_files: Vec<PathBuf>,
    /// Private networks in which authorization servers may be, such as `["10.20.0.0/16"]`; still over `https` only.
    /// Without it only public addresses are reached.
    #[serde(deserialize_with = "network::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub allow_networks: Vec<IpNet>,
    /// Allow authorization servers on loopback hosts, over `http` or `https`.
    /// Development only: refused unless `public_url` is a loopback origin.
    pub allow_loopback: bool,
}
