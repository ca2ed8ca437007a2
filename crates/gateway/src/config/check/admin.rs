use std::net::IpAddr;

use super::{Config, KeyPath, Problem};

/// Figures are for the operator: the whole world cannot be told by mistake (N09).
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    match config.admin.metrics {
        Some(address) if !is_private(address.ip()) => Err(Problem::new(
            KeyPath::root("admin").key("metrics"),
            "anybody could read the figures: write an address of loopback or of a private network",
        )),
        _ => Ok(()),
    }
}

const fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}
