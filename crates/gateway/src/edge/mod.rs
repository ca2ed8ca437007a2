//! What every request must satisfy before anybody looks for a route: one check per file.

mod client_address;
mod framing;
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
}

impl Edge {
    /// Checks in their fixed order: one reading of the body's end and of the path, then who sends it, then whom it is
    /// for.
    ///
    /// The health endpoints answer whoever asks, since probes know neither our name nor our proxies.
    ///
    /// # Errors
    /// The [`Reason`] of the first check that fails.
    pub(crate) fn check(&self, peer: SocketAddr, head: &Parts) -> Result<(), Reason> {
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
