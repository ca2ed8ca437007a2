use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

/// The socket through which the commands `grants`, `clients`, `keys` and `storage` reach the running gateway, and
/// where it serves `/metrics`.
/// A change takes effect at the next restart.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Whether there is one.
    pub enabled: bool,
    /// A unix socket, which is made for the gateway's own user alone.
    /// Without this key it lies beside the file of `third_party.storage`, with `.sock` at the end of its name;
    /// with any other storage, or without `[third_party]`, there is none then.
    pub socket: Option<PathBuf>,
    /// An address at which `/metrics` alone is served, in plain HTTP, for a collector that cannot read a unix socket,
    /// such as `"127.0.0.1:9464"`: of loopback or a private network, and only for who may know the figures.
    pub metrics: Option<SocketAddr>,
}

impl Default for Admin {
    fn default() -> Self {
        Self { enabled: true, socket: None, metrics: None }
    }
}
