//! Where a request came from, for the log and for limits, and for nothing else.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use crate::{config::ForwardedHeader, reason::Reason};

/// Who may speak for somebody else's address, and in which header.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustedProxies {
    networks: Vec<IpNet>,
    header: Option<ForwardedHeader>,
}

impl TrustedProxies {
    /// The networks of the declared proxies; none means that nobody is believed.
    ///
    /// Without a `header` either is read, and neither where both are there.
    pub(crate) const fn new(networks: Vec<IpNet>, header: Option<ForwardedHeader>) -> Self {
        Self { networks, header }
    }

    /// Plain HTTP is for the declared proxies: anybody else would send its token in the clear.
    ///
    /// # Errors
    /// [`Reason::NotFromProxy`] when proxies are declared and `peer` is none of them.
    pub(crate) fn check(&self, peer: SocketAddr) -> Result<(), Reason> {
        if self.networks.is_empty() || self.trusts(peer.ip()) { Ok(()) } else { Err(Reason::NotFromProxy) }
    }

    /// The address that asked: the right-most one in the header of the proxies that is no declared proxy, or the peer itself (RFC 7239 section 5.2).
    ///
    /// For logging and limits; identity and URLs never depend on it.
    pub(crate) fn client_address(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.ip().to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let mut nearest = peer;
        for hop in hops(headers, self.header).into_iter().rev() {
            let Some(address) = hop else { return nearest };
            nearest = address;
            if !self.trusts(address) {
                return address;
            }
        }
        nearest
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// The addresses that the proxies named, the client's first; `None` for a hop that hides or garbles its address.
fn hops(headers: &HeaderMap, only: Option<ForwardedHeader>) -> Vec<Option<IpAddr>> {
    let values = |header, name: &HeaderName| {
        if only.is_some_and(|it| it != header) {
            return String::new();
        }
        headers.get_all(name).iter().filter_map(|it| it.to_str().ok()).collect::<Vec<_>>().join(",")
    };
    let forwarded = values(ForwardedHeader::Forwarded, &header::FORWARDED);
    let x_forwarded_for = values(ForwardedHeader::XForwardedFor, &HeaderName::from_static("x-forwarded-for"));
    if !forwarded.is_empty() && !x_forwarded_for.is_empty() {
        // A proxy writes one of them, and passes the client's own other one on.
        return vec![None];
    }
    if !forwarded.is_empty() {
        return forwarded
            .split(',')
            .map(|hop| hop.split(';').find_map(forwarded_for).and_then(address))
            .collect();
    }
    x_forwarded_for.split(',').filter(|it| !it.trim().is_empty()).map(address).collect()
}

fn forwarded_for(pair: &str) -> Option<&str> {
    let (name, value) = pair.split_once('=')?;
    name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
}

fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip().to_canonical());
    }
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().map(|it| it.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn proxies(networks: &[&str]) -> TrustedProxies {
        TrustedProxies::new(networks.iter().map(|it| it.parse().unwrap()).collect(), None)
    }

    #[track_caller]
    fn check(networks: &[&str], peer: &str, header: (&'static str, &str), expected: &str) {
        let name = HeaderName::from_static(header.0);
        let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(header.1).unwrap())]);
        let peer = SocketAddr::new(peer.parse().unwrap(), 1);
        assert_eq!(proxies(networks).client_address(peer, &headers).to_string(), expected, "{header:?}");
    }

    #[test]
    fn d02_d03_forwarded_headers_of_strangers_are_ignored() {
        const SPOOFED: (&str, &str) = ("x-forwarded-for", "1.1.1.1");
        check(&[], "10.0.0.1", SPOOFED, "10.0.0.1");
        check(&["10.0.0.0/8"], "192.0.2.1", SPOOFED, "192.0.2.1");
        check(&["10.0.0.0/8"], "10.0.0.1", SPOOFED, "1.1.1.1");
        check(&["10.0.0.0/8"], "::ffff:10.0.0.1", SPOOFED, "1.1.1.1");
    }

    #[test]
    fn the_right_most_address_that_is_no_proxy_asked() {
        let from_proxy = |header, expected| check(&["10.0.0.0/8"], "10.0.0.1", header, expected);
        from_proxy(("x-forwarded-for", "9.9.9.9, 1.1.1.1, 10.0.0.2"), "1.1.1.1");
        from_proxy(("x-forwarded-for", "9.9.9.9, garbage"), "10.0.0.1");
        from_proxy(("x-forwarded-for", ""), "10.0.0.1");
        from_proxy(("x-forwarded-for", "10.0.0.3"), "10.0.0.3");
        from_proxy(("x-forwarded-for", "[2001:db8::1]:443"), "2001:db8::1");
        from_proxy(("forwarded", "for=9.9.9.9, For=\"1.1.1.1:80\";proto=https"), "1.1.1.1");
        from_proxy(("forwarded", "for=\"[2001:db8::1]:80\""), "2001:db8::1");
        from_proxy(("forwarded", "for=unknown"), "10.0.0.1");
    }

    #[test]
    fn d02_with_both_headers_neither_is_believed() {
        let headers = HeaderMap::from_iter([
            (header::FORWARDED, HeaderValue::from_static("for=6.6.6.6")),
            (HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static("1.2.3.4")),
        ]);
        let peer = SocketAddr::new("10.0.0.1".parse().unwrap(), 1);
        let by = |header| {
            let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()], header);
            proxies.client_address(peer, &headers).to_string()
        };
        assert_eq!(by(None), "10.0.0.1");
        // Where the operator has said which one the proxy writes, the client's own other one does nothing.
        assert_eq!(by(Some(ForwardedHeader::XForwardedFor)), "1.2.3.4");
        assert_eq!(by(Some(ForwardedHeader::Forwarded)), "6.6.6.6");
    }

    #[test]
    fn o07_behind_a_proxy_only_the_proxy_is_served() {
        let outcome = |networks: &[&str], peer: &str| {
            proxies(networks).check(SocketAddr::new(peer.parse().unwrap(), 1))
        };
        assert_eq!(outcome(&["10.0.0.0/8"], "10.1.2.3"), Ok(()));
        assert_eq!(outcome(&["10.0.0.0/8"], "192.0.2.1"), Err(Reason::NotFromProxy));
        assert_eq!(outcome(&[], "192.0.2.1"), Ok(()));
    }
}
