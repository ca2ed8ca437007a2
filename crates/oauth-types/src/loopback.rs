use url::Host;

/// Whether `host` names this machine: `localhost`, 127.0.0.0/8 or `::1`, and nothing that only looks like it.
#[must_use]
pub fn is_loopback_host(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
