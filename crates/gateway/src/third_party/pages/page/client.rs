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
    pub(super) host: Option<Address>,
    pub(super) redirect_place: Address,
    pub(super) trust: ClientTrust,
    /// Why the person should look twice, a sentence each.
    pub(super) cautions: Vec<&'static str>,
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
        Self {
            cautions: cautions(client, name.as_ref(), beside),
            name,
            host: client.host.as_deref().map(Address::new),
            redirect_place: Address::new(&client.redirect_place),
            trust: client.trust,
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

    /// Whether nothing about it is proven.
    pub(super) fn is_unverified(&self) -> bool {
        self.trust == ClientTrust::Unverified
    }
}

/// What to warn of, the weightiest first; of a name that the operator wrote only what could be an oversight.
fn cautions(client: &ClientView, name: Option<&Shown>, beside: &[&str]) -> Vec<&'static str> {
    let claimed = name.filter(|_| client.trust != ClientTrust::Configured);
    let all = [
        (client.trust == ClientTrust::Unverified, UNCHECKED),
        (name.is_some_and(Shown::mixes_alphabets), MIXED_ALPHABETS),
        (claimed.is_some_and(Shown::boasts), BOAST),
        (claimed.is_some_and(|name| beside.iter().any(|it| name.reads_like(it))), NAMESAKE),
        (client.loopback_only, OWN_DEVICE),
    ];
    all.into_iter().filter_map(|(applies, words)| applies.then_some(words)).collect()
}

const UNCHECKED: &str = "Nobody has checked this app. Any app can give itself any name.";
const MIXED_ALPHABETS: &str =
    "Its name mixes letters of different alphabets, so it may look like another name.";
const BOAST: &str = "Its name says that somebody checked it; only the marks on this page say so.";
const NAMESAKE: &str = "It has the name of the server or of a way to sign in, \
                        and belongs to neither as far as anybody here knows.";
const OWN_DEVICE: &str = "It runs on your own device, where any other program could take its place.";
