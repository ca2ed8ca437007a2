//! A client as the pages show it.

use super::{
    super::{ClientTrust, ClientView, address::Address, text::Shown},
    NAME_LIMIT,
};

/// A client, its strings made harmless.
#[derive(Debug)]
pub(super) struct Client {
    /// None if it gives no name that can be seen.
    pub(super) name: Option<Shown>,
    pub(super) mixes_alphabets: bool,
    pub(super) host: Option<Address>,
    pub(super) redirect_place: Address,
    pub(super) trust: ClientTrust,
    pub(super) loopback_only: bool,
}

impl Client {
    pub(super) fn new(client: &ClientView) -> Self {
        let name = Shown::if_visible(client.name.as_deref(), NAME_LIMIT);
        Self {
            mixes_alphabets: name.as_ref().is_some_and(Shown::mixes_alphabets),
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
        self.is_unverified() || self.mixes_alphabets || self.loopback_only
    }

    /// Whether nothing about it is proven.
    pub(super) fn is_unverified(&self) -> bool {
        self.trust == ClientTrust::Unverified
    }
}
