use std::net::IpAddr;

use url::{Host, Url};

use crate::config::{Config, report::Problem};

/// A gateway that forwards to itself would loop.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        let Some((key, url)) = server.upstream.url() else { continue };
        if is_public_host(config, url) || is_listener(config, url) {
            let message = "is this gateway itself, which would loop: write the MCP server's own address";
            return Err(Problem::new(section.key("upstream").key(key), message));
        }
    }
    Ok(())
}

fn is_public_host(config: &Config, url: &Url) -> bool {
    let public = config.public_url.url();
    let further = config.hosts.iter().filter_map(|it| authority(it.as_str(), url.scheme()));
    let ours = public.host().zip(public.port_or_known_default()).map(|(host, port)| (Place::of(&host), port));
    let upstream = url.host().zip(url.port_or_known_default()).map(|(host, port)| (Place::of(&host), port));
    upstream.is_some_and(|it| ours.into_iter().chain(further).any(|ours| ours == it))
}

/// A `Host` value of ours, with the port that `scheme` has if it names none.
fn authority(host: &str, scheme: &str) -> Option<(Place, u16)> {
    let url = Url::parse(&format!("{scheme}://{host}/")).ok()?;
    Some((Place::of(&url.host()?), url.port_or_known_default()?))
}

fn is_listener(config: &Config, url: &Url) -> bool {
    let listen = config.listen.address;
    let ip = listen.ip().to_canonical();
    let reaches = url.host().is_some_and(|host| match Place::of(&host) {
        Place::Named(name) => name == "localhost" && (ip.is_loopback() || ip.is_unspecified()),
        // 127.0.0.2 is not 127.0.0.1, and `::1` is neither; only an unspecified listener is all of them.
        Place::At(address) => address == ip || (address.is_loopback() && ip.is_unspecified()),
    });
    listen.port() != 0 && url.port_or_known_default() == Some(listen.port()) && reaches
}

/// A host in the one spelling that can be compared.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// In lower case and without the dot of the root.
    Named(String),
    /// An IPv4 address also where it was written as an IPv6 one.
    At(IpAddr),
}

impl Place {
    fn of(host: &Host<&str>) -> Self {
        match *host {
            Host::Domain(name) => Self::Named(name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()),
            Host::Ipv4(address) => Self::At(address.into()),
            Host::Ipv6(address) => Self::At(IpAddr::from(address).to_canonical()),
        }
    }
}
