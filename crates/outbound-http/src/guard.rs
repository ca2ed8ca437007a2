use std::net::{IpAddr, SocketAddr};

use http::Uri;
use ipnet::IpNet;
use oauth_types::is_loopback_host;
use url::{Host, Url};

use crate::{FetchError, address::is_public};

/// Decides which URLs and addresses may be reached.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) allow_loopback: bool,
    /// Private networks that the operator vouches for.
    pub(crate) networks: Vec<IpNet>,
    /// The address table; a test may declare a local address public.
    pub(crate) is_public: fn(IpAddr) -> bool,
}

/// Proof that a URL passed [`Guard::admit`]; a name in it is still to be resolved and checked.
#[derive(Debug)]
pub(crate) struct AdmittedUrl {
    url: Url,
    reach: Reach,
}

/// Proof that every address of a name passed [`Guard::admit_name`].
#[derive(Debug)]
pub(crate) struct AdmittedAddresses(Vec<IpAddr>);

/// Why a name is not dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RefusedName {
    #[error("the host is not a public address, nor in a network of `allow_networks`")]
    Forbidden,
    #[error("the host name does not resolve")]
    Unresolved,
}

/// Which addresses a host may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Public,
    Loopback,
}

impl Guard {
    pub(crate) fn new(allow_loopback: bool, networks: Vec<IpNet>) -> Self {
        Self { allow_loopback, networks, is_public }
    }

    /// Checks scheme, user information and a literal host, before anything is resolved.
    ///
    /// The host is judged as `Url` normalises it, so that `0x7f.1` is 127.0.0.1, and only that form is dialled.
    pub(crate) fn admit(&self, uri: &Uri) -> Result<AdmittedUrl, FetchError> {
        let has_user_info = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        let url = Url::parse(&uri.to_string()).map_err(|_| FetchError::InvalidUrl)?;
        let host = url.host().ok_or(FetchError::InvalidUrl)?;
        if has_user_info || !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::InvalidUrl);
        }
        let reach = self.reach(&host);
        match (url.scheme(), reach) {
            ("https", _) | ("http", Reach::Loopback) => {}
            _ => return Err(FetchError::NotHttps),
        }
        if literal(&host).is_some_and(|address| !self.allows(reach, address)) {
            return Err(FetchError::ForbiddenAddress);
        }
        Ok(AdmittedUrl { url, reach })
    }

    /// Checks all addresses of `name`: one forbidden address refuses the name.
    pub(crate) fn admit_name(
        &self,
        name: &str,
        addresses: Vec<IpAddr>,
    ) -> Result<AdmittedAddresses, RefusedName> {
        let reach = self.reach(&Host::Domain(name));
        if addresses.is_empty() {
            return Err(RefusedName::Unresolved);
        }
        if addresses.iter().any(|address| !self.allows(reach, *address)) {
            return Err(RefusedName::Forbidden);
        }
        Ok(AdmittedAddresses(addresses))
    }

    /// Checks the address that answered, in case anything below dialled another one than it was given.
    pub(crate) fn admit_peer(&self, url: &AdmittedUrl, peer: Option<SocketAddr>) -> Result<(), FetchError> {
        match peer {
            Some(peer) if self.allows(url.reach, peer.ip()) => Ok(()),
            _ => Err(FetchError::ForbiddenAddress),
        }
    }

    fn reach(&self, host: &Host<&str>) -> Reach {
        if self.allow_loopback && is_loopback_host(host) { Reach::Loopback } else { Reach::Public }
    }

    fn allows(&self, reach: Reach, address: IpAddr) -> bool {
        match reach {
            Reach::Public => (self.is_public)(address) || self.is_vouched_for(address),
            Reach::Loopback => address.is_loopback(),
        }
    }

    fn is_vouched_for(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

impl AdmittedUrl {
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }
}

impl AdmittedAddresses {
    /// Port 0 stands for the port of the URL.
    pub(crate) fn into_socket_addresses(self) -> impl Iterator<Item = SocketAddr> + Send {
        self.0.into_iter().map(|address| SocketAddr::new(address, 0))
    }
}

fn literal(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some((*address).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(networks: &[&str], url: &str, expected: Result<(), &str>) {
        let guard = Guard::new(false, networks.iter().map(|it| it.parse().unwrap()).collect());
        let outcome = guard.admit(&url.parse().unwrap()).map(drop).map_err(|it| it.to_string());
        assert_eq!(
            outcome.as_ref().map_err(String::as_str),
            expected.as_ref().map_err(|it| *it),
            "{networks:?} {url}"
        );
    }

    #[test]
    fn c15_a_private_network_is_reached_only_when_the_operator_vouches_for_it() {
        const FORBIDDEN: Result<(), &str> =
            Err("the host is not a public address, nor in a network of `allow_networks`");
        check(&[], "https://10.1.2.3/", FORBIDDEN);
        check(&["10.1.0.0/16"], "https://10.1.2.3/", Ok(()));
        check(&["10.1.0.0/16"], "https://10.2.2.3/", FORBIDDEN);
        check(&["10.1.0.0/16"], "https://[::ffff:10.1.2.3]/", FORBIDDEN);
        check(&["10.1.0.0/16"], "http://10.1.2.3/", Err("the URL must be https"));
        check(&["10.1.0.0/16"], "https://127.0.0.1/", FORBIDDEN);
        check(&["10.1.0.0/16"], "https://169.254.169.254/", FORBIDDEN);
        check(&["fd00::/8"], "https://[fd00::1]/", Ok(()));
    }
}
