//! Hosts of URLs that strangers name.

use oauth_types::is_loopback_host;
use url::{Host, Url};

/// Whether a host name can be somebody's on the public internet: a whole name, no address, and none of the names that
/// are resolved inside of a network only.
///
/// Where it leads is for the HTTP client to check; this spares the question.
pub(crate) fn is_public_host(host: &Host<&str>) -> bool {
    let Host::Domain(name) = host else { return false };
    let mut labels = name.rsplit('.');
    let (Some(last), Some(_)) = (labels.next(), labels.next()) else { return false };
    name.split('.').all(|it| !it.is_empty())
        && !last.bytes().all(|it| it.is_ascii_digit())
        && !INTERNAL.iter().any(|it| is_in(name, it))
}

/// Whether `url` can be published for people and programs: `https` on a public host, without a user name.
pub(crate) fn is_public_url(url: &Url) -> bool {
    url.scheme() == "https"
        && url.host().is_some_and(|host| is_public_host(&host))
        && url.username().is_empty()
        && url.password().is_none()
}

/// Whether `url` names this machine by a plain name or address.
pub(crate) fn is_loopback_url(url: &Url) -> bool {
    url.host().is_some_and(|host| is_loopback_host(&host))
}

fn is_in(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Names that are never public (RFC 6761, RFC 6762, RFC 8375, RFC 9476), and those of clouds and home routers.
const INTERNAL: [&str; 16] = [
    "alt",
    "arpa",
    "corp",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "cluster.local",
    "localtest.me",
    "lvh.me",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let is_public = Url::parse(text).is_ok_and(|it| is_public_url(&it));
        assert_eq!(is_public, expected, "{text}");
    }

    #[test]
    fn h07_h18_only_whole_public_names_are_hosts() {
        for good in [
            "https://claude.ai/x",
            "https://app.example/",
            "https://xn--bcher-kva.example/",
            "https://internal.example/",
            "https://mylocal.example/",
            "https://notlvh.me/",
        ] {
            check(good, true);
        }
        for bad in [
            "http://app.example/",
            "https://localhost/",
            "https://localhost./",
            "https://app.example./",
            "https://ip6-localhost/",
            "https://intranet/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://①②⑦.0.0.1/",
            "https://127.0.0.1/",
            "https://8.8.8.8/",
            "https://[::1]/",
            "https://[2001:4860:4860::8888]/",
            "https://metadata.google.internal/",
            "https://instance-data.ec2.internal/",
            "https://printer.local/",
            "https://a.localhost/",
            "https://kubernetes.default.svc.cluster.local/",
            "https://x.localtest.me/",
            "https://user@app.example/",
            "https://user:pw@app.example/",
            "ftp://app.example/",
            "javascript:alert(1)",
        ] {
            check(bad, false);
        }
    }
}
