use ipnet::IpNet;

use crate::config::{
    Config,
    report::{KeyPath, Problem},
};

/// A proxy network that covers everything would let everybody be the proxy.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    let Some(networks) = &config.listen.behind_proxy else { return Ok(()) };
    let key = KeyPath::root("listen").key("behind_proxy");
    if networks.is_empty() {
        let message = "names no network, so nobody could connect: \
            write those of your proxies, such as [\"10.0.0.5/32\"], or remove the key";
        return Err(Problem::new(key, message));
    }
    for (index, network) in networks.iter().enumerate() {
        if covers_internet(network) {
            let message = format!(
                "`{network}` covers addresses that are not your proxies: \
                write their own network, such as `10.0.0.0/8`"
            );
            return Err(Problem::new(key.index(index), message));
        }
    }
    Ok(())
}

/// Shorter than the largest private networks, 10.0.0.0/8 and `fc00::/7`.
fn covers_internet(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() < 8,
        IpNet::V6(network) if network.addr().to_ipv4_mapped().is_some() => network.prefix_len() < 96 + 8,
        IpNet::V6(network) => network.prefix_len() < 7,
    }
}
