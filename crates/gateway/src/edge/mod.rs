//! What every request must satisfy before anybody looks for a route: one check per file.

mod client_address;
mod framing;
mod header_count;
mod host;
mod origin;
mod path;

use std::net::{IpAddr, SocketAddr};

use http::request::Parts;

use crate::reason::Reason;

pub(crate) use self::{client_address::TrustedProxies, host::Hosts, origin::Origins, path::CanonicalPath};

/// The checks of the edge, from the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    /// Who may speak plain HTTP and name the client's address.
    pub(crate) proxies: TrustedProxies,
    /// Our names.
    pub(crate) hosts: Hosts,
    /// Header fields that a request may have.
    pub(crate) most_headers: usize,
}

impl Edge {
    /// Checks in their fixed order: size, one reading of its end and of its path, who sends it, whom it is for.
    ///
    /// The health endpoints answer whoever asks, since probes know neither our name nor our proxies.
    ///
    /// # Errors
    /// The [`Reason`] of the first check that fails.
    pub(crate) fn check(&self, peer: SocketAddr, head: &Parts) -> Result<(), Reason> {
        header_count::check(&head.headers, self.most_headers)?;
        framing::check(&head.headers)?;
        let path = CanonicalPath::of(&head.uri)?;
        if crate::routes::is_probe(path.as_str()) {
            return Ok(());
        }
        self.proxies.check(peer)?;
        self.hosts.check(head.version, &head.uri, &head.headers)
    }

    /// Where the request came from, as far as declared proxies are believed.
    pub(crate) fn client_address(&self, peer: SocketAddr, head: &Parts) -> IpAddr {
        self.proxies.client_address(peer, &head.headers)
    }
}
