use std::{net::IpAddr, str::FromStr};

use ipnet::IpNet;
use serde::Deserializer;

use super::text;

/// A network such as `10.0.0.0/8`, or one address.
struct Network(IpNet);

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Self).map_err(|_| EXPECTED)
    }
}

/// A list of networks and addresses.
pub(in crate::config) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let networks: Vec<Network> = text::list(deserializer)?;
    Ok(networks.into_iter().map(|it| it.0).collect())
}

/// Such a list under a key that is there; `default` stands for one that is not.
pub(in crate::config) fn some_list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<IpNet>>, D::Error> {
    list(deserializer).map(Some)
}

const EXPECTED: &str =
    "write a network or an address, such as `10.0.0.0/8` or `10.0.0.5`; names are not looked up";
