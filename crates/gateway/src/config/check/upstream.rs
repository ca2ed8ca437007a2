use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::config::{Config, Upstream, report::Problem};

/// An upstream is an ordinary HTTP endpoint, never an address that hands out cloud credentials.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        if let Some((key, url)) = server.upstream.url() {
            check_url(url).map_err(|message| Problem::new(section.key("upstream").key(key), message))?;
        }
        if server.filter_lists && matches!(server.upstream, Upstream::Sse(_)) {
            let message = "does not reach the answers of `upstream.sse`, which come on a stream: \
                remove it, or let the server speak streamable HTTP";
            return Err(Problem::new(section.key("filter_lists"), message));
        }
        match &server.upstream {
            Upstream::Unix { socket, .. } if socket.as_os_str().is_empty() => {
                return Err(Problem::new(section.key("upstream").key("unix"), "write the path of a socket"));
            }
            Upstream::Unix { .. } | Upstream::Http(_) | Upstream::Sse(_) => {}
            Upstream::Stdio(stdio) => super::stdio::check(&section, server, stdio)?,
        }
    }
    Ok(())
}

fn check_url(url: &Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must be an `http` or `https` URL, such as `http://127.0.0.1:3000/mcp`");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user name and no password: a URL ends up in logs");
    }
    if url.fragment().is_some() {
        return Err("must have no fragment (`#`), which HTTP cannot send");
    }
    match url.host() {
        None => Err("must have a host"),
        Some(host) if is_link_local(&host) => Err(
            "is a link-local or cloud metadata address, which hands out credentials: write the MCP server's own",
        ),
        Some(host) if is_no_host(&host) => Err("must be the address of one host, such as 127.0.0.1"),
        Some(_) => Ok(()),
    }
}

fn is_link_local(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => METADATA_NAMES.contains(&name.trim_end_matches('.')),
        Host::Ipv4(address) => is_link_local_v4(*address),
        Host::Ipv6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_link_local_v4(mapped),
            None => address.is_unicast_link_local() || METADATA_V6.contains(address),
        },
    }
}

fn is_link_local_v4(address: Ipv4Addr) -> bool {
    address.is_link_local() || METADATA_V4.contains(&address)
}

fn is_no_host(host: &Host<&str>) -> bool {
    let address: IpAddr = match host {
        Host::Domain(_) => return false,
        Host::Ipv4(address) => (*address).into(),
        Host::Ipv6(address) => address.to_canonical(),
    };
    address.is_unspecified() || address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST)
}

const METADATA_NAMES: [&str; 3] = ["metadata", "metadata.google.internal", "instance-data"];

/// Alibaba Cloud and Azure, beside 169.254.0.0/16.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];

/// Amazon EC2 and Google Cloud, beside `fe80::/10`.
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];
