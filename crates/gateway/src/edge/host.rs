//! Whom the client believes to talk to.

use std::collections::BTreeSet;

use http::{HeaderMap, Uri, Version, header, uri::Authority};
use url::Url;

use crate::reason::Reason;

/// The `Host` values that are ours.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    names: BTreeSet<String>,
    default_port: &'static str,
}

impl Hosts {
    /// The authority of `public_url` and `further` ones; for a loopback URL every loopback name with its port.
    pub(crate) fn new(public_url: &Url, further: &[String]) -> Self {
        let default_port = if public_url.scheme() == "https" { ":443" } else { ":80" };
        let port = public_url.port().map(|it| format!(":{it}")).unwrap_or_default();
        let mut names: BTreeSet<String> = further.iter().map(|it| it.to_ascii_lowercase()).collect();
        names.insert(format!("{}{port}", public_url.host_str().unwrap_or_default()));
        if public_url.host().is_some_and(|host| oauth_types::is_loopback_host(&host)) {
            names.extend(["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}{port}")));
        }
        Self { names, default_port }
    }

    /// # Errors
    /// [`Reason::HostMalformed`] when the request names no host, several, or two that differ;
    /// [`Reason::HostUnknown`] when it names one that is not ours (DNS rebinding, a wrong proxy).
    pub(crate) fn check(&self, version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), Reason> {
        let mut named = headers.get_all(header::HOST).iter();
        let from_header = named.next().map(|it| it.to_str().unwrap_or_default());
        if named.next().is_some() {
            return Err(Reason::HostMalformed);
        }
        let from_target = uri.authority().map(Authority::as_str);
        let host = match (from_target, from_header) {
            (Some(target), Some(header)) if !target.eq_ignore_ascii_case(header) => {
                return Err(Reason::HostMalformed);
            }
            (Some(host), _) if version >= Version::HTTP_2 => host,
            // An absolute-form target is for proxies, which this is not (RFC 9112 section 3.2.2).
            (Some(_), _) | (None, None) => return Err(Reason::HostMalformed),
            (None, Some(host)) => host,
        };
        if host.contains('@') {
            return Err(Reason::HostMalformed);
        }
        if self.is_ours(host) { Ok(()) } else { Err(Reason::HostUnknown) }
    }

    fn is_ours(&self, host: &str) -> bool {
        if self.names.contains(host) {
            return true;
        }
        let host = host.to_ascii_lowercase();
        self.names.contains(host.strip_suffix(self.default_port).unwrap_or(&host))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn hosts(public_url: &str) -> Hosts {
        Hosts::new(&public_url.parse().unwrap(), &["internal.example:8443".to_owned()])
    }

    #[track_caller]
    fn check(public_url: &str, host: &[&str], expected: Result<(), Reason>) {
        let headers: HeaderMap =
            host.iter().map(|it| (header::HOST, HeaderValue::from_str(it).unwrap())).collect();
        let outcome = hosts(public_url).check(Version::HTTP_11, &Uri::from_static("/mcp"), &headers);
        assert_eq!(outcome, expected, "{host:?}");
    }

    #[test]
    fn d01_d04_d12_only_our_own_host_is_served() {
        const PUBLIC: &str = "https://mcp.example";
        check(PUBLIC, &["mcp.example"], Ok(()));
        check(PUBLIC, &["MCP.Example"], Ok(()));
        check(PUBLIC, &["mcp.example:443"], Ok(()));
        check(PUBLIC, &["internal.example:8443"], Ok(()));
        check(PUBLIC, &["mcp.example:8443"], Err(Reason::HostUnknown));
        check(PUBLIC, &["mcp.example:80"], Err(Reason::HostUnknown));
        check(PUBLIC, &["evil.example"], Err(Reason::HostUnknown));
        check(PUBLIC, &["mcp.example.evil"], Err(Reason::HostUnknown));
        check(PUBLIC, &["localhost"], Err(Reason::HostUnknown));
        check(PUBLIC, &["mcp.example@evil"], Err(Reason::HostMalformed));
        check(PUBLIC, &["mcp.example", "mcp.example"], Err(Reason::HostMalformed));
        check(PUBLIC, &["mcp.example", "evil.example"], Err(Reason::HostMalformed));
        check(PUBLIC, &[], Err(Reason::HostMalformed));
        check(PUBLIC, &[""], Err(Reason::HostUnknown));
    }

    #[test]
    fn d12_a_loopback_gateway_is_reached_by_loopback_names_only() {
        const PUBLIC: &str = "http://127.0.0.1:8080";
        check(PUBLIC, &["127.0.0.1:8080"], Ok(()));
        check(PUBLIC, &["localhost:8080"], Ok(()));
        check(PUBLIC, &["[::1]:8080"], Ok(()));
        check(PUBLIC, &["localhost:8081"], Err(Reason::HostUnknown));
        check(PUBLIC, &["attacker.test:8080"], Err(Reason::HostUnknown));
        check(PUBLIC, &["localhost.evil:8080"], Err(Reason::HostUnknown));
    }

    #[test]
    fn e18_an_absolute_target_is_refused_on_http_1_and_is_the_host_on_http_2() {
        let check = |version, target: &str, host: Option<&str>| {
            let headers =
                host.map(|it| (header::HOST, HeaderValue::from_str(it).unwrap())).into_iter().collect();
            hosts("https://mcp.example").check(version, &target.parse().unwrap(), &headers)
        };
        let ours = "https://mcp.example/mcp";
        assert_eq!(check(Version::HTTP_2, ours, None), Ok(()));
        assert_eq!(check(Version::HTTP_2, ours, Some("mcp.example")), Ok(()));
        assert_eq!(check(Version::HTTP_2, ours, Some("evil.example")), Err(Reason::HostMalformed));
        assert_eq!(check(Version::HTTP_2, "https://evil.example/mcp", None), Err(Reason::HostUnknown));
        assert_eq!(check(Version::HTTP_11, ours, Some("mcp.example")), Err(Reason::HostMalformed));
        assert_eq!(
            check(Version::HTTP_11, "http://169.254.169.254/", Some("mcp.example")),
            Err(Reason::HostMalformed)
        );
    }
}
