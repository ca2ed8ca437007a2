//! A client as the pages show it.

use super::{
    super::{ClientTrust, ClientView, address::Address, text::Shown},
    CLAIMED_LIMIT, NAME_LIMIT,
};

/// A client, its strings made harmless.
#[derive(Debug)]
pub(super) struct Client {
    /// None if it gives no name that can be seen.
    pub(super) name: Option<Shown>,
    pub(super) mixes_alphabets: bool,
    /// Whether the name says that somebody checked it.
    pub(super) boasts: bool,
    /// Whether the name is that of the server or of a provider.
    pub(super) is_namesake: bool,
    pub(super) host: Option<Address>,
    pub(super) redirect_place: Address,
    pub(super) trust: ClientTrust,
    pub(super) loopback_only: bool,
}

impl Client {
    /// The client as it is shown beside things of these names.
    pub(super) fn new(client: &ClientView, beside: &[&str]) -> Self {
        let is_configured = client.trust == ClientTrust::Configured;
        let name = client.name.as_deref();
        let name = if is_configured {
            Shown::if_visible(name, NAME_LIMIT)
        } else {
            Shown::claimed(name, CLAIMED_LIMIT)
        };
        let strange = name.as_ref().filter(|_| !is_configured);
        Self {
            mixes_alphabets: name.as_ref().is_some_and(Shown::mixes_alphabets),
            boasts: strange.is_some_and(Shown::boasts),
            is_namesake: strange.is_some_and(|name| beside.iter().any(|it| name.reads_like(it))),
            name,
            host: client.host.as_deref().map(Address::new),
            redirect_place: Address::new(&client.redirect_place),
            trust: client.trust,
            loopback_only: client.loopback_only,
        }
    }

    /// Whether the operator vouches for it.
    pub(super) fn is_configured(&self) -> bool {
        self.trust == ClientTrust::Configured
    }

    /// Whether its host is proven.
    pub(super) fn host_is_verified(&self) -> bool {
        self.trust == ClientTrust::HostVerified
    }

    /// Whether the person has to be warned.
    pub(super) fn calls_for_care(&self) -> bool {
        self.is_unverified() || self.mixes_alphabets || self.boasts || self.is_namesake || self.loopback_only
    }

    /// Whether nothing about it is proven.
    pub(super) fn is_unverified(&self) -> bool {
        self.trust == ClientTrust::Unverified
    }
}
