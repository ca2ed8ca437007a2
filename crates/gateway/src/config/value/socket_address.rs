use std::{net::SocketAddr, str::FromStr};

use serde::Deserializer;

use super::text;

struct SocketAddress(SocketAddr);

impl FromStr for SocketAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| EXPECTED)
    }
}

/// An IP address and a port.
pub(in crate::config) fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    text::one(deserializer).map(|it: SocketAddress| it.0)
}

const EXPECTED: &str = "write an IP address and a port, such as `0.0.0.0:443`, `127.0.0.1:8080` or `[::1]:8080`; \
    names are not looked up";
