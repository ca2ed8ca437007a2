use oauth_types::is_loopback_host;
use url::{Host, Url};

use crate::config::{Config, Upstream, report::Problem};

/// A gateway that forwards to itself would loop.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        let Upstream::Http(url) = &server.upstream else { continue };
        if is_public_host(config, url) || is_listener(config, url) {
            let message = "is this gateway itself, which would loop: write the MCP server's own address";
            return Err(Problem::new(section.key("upstream").key("http"), message));
        }
    }
    Ok(())
}

fn is_public_host(config: &Config, url: &Url) -> bool {
    let public = config.public_url.url();
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let same_port = url.port_or_known_default() == public.port_or_known_default();
    (url.host() == public.host() && same_port) || config.hosts.iter().any(|it| it.as_str() == authority)
}

fn is_listener(config: &Config, url: &Url) -> bool {
    let listen = config.listen.address;
    let ip = listen.ip();
    let reaches = url.host().is_some_and(|host| match host {
        Host::Ipv4(address) if ip == address => true,
        Host::Ipv6(address) if ip == address => true,
        host => {
            is_loopback_host(&host)
                && (ip.is_loopback() || ip.is_unspecified())
                && !is_other_loopback(&host, ip)
        }
    });
    listen.port() != 0 && url.port_or_known_default() == Some(listen.port()) && reaches
}

/// 127.0.0.2 is not 127.0.0.1, and `::1` is neither; only a name or an unspecified listener may be any of them.
fn is_other_loopback(host: &Host<&str>, listen: std::net::IpAddr) -> bool {
    !listen.is_unspecified() && !matches!(host, Host::Domain(_))
}
