use ipnet::IpNet;

use crate::config::{
    Config,
    report::{KeyPath, Problem},
};

/// Only what is private anyway may be opened: never loopback, never link-local with its metadata services.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    let key = KeyPath::root("outbound").key("allow_networks");
    for (index, network) in config.outbound.allow_networks.iter().enumerate() {
        if !PRIVATE.iter().any(|private| is_within(network, private)) {
            let message =
                format!("`{network}` is no private network: write one within {}", PRIVATE.join(", "));
            return Err(Problem::new(key.index(index), message));
        }
    }
    Ok(())
}

fn is_within(network: &IpNet, private: &str) -> bool {
    private.parse::<IpNet>().is_ok_and(|it| it.contains(network))
}

/// RFC 1918, the shared address space of RFC 6598, and the unique local addresses of RFC 4193.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
