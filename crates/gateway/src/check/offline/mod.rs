//! What can be said without asking anybody.

mod audit;
mod authorization_servers;
pub(super) mod certificate;
mod listener;
mod process;
mod products;
mod programs;
mod servers;
mod setup;
mod third_party;

use oauth_types::{Clock, SystemClock, UnixTime};
use token_validate::IssuerPolicy;

use super::Findings;
use crate::{adapters::issuer_policies, config::Loaded};

/// What `loaded` means, and which of its switches deserve a second thought.
///
/// It is about a configuration that [`Config::load`](crate::config::Config::load) accepted.
#[must_use]
pub fn offline(loaded: &Loaded) -> Findings {
    at(loaded, SystemClock::new().now())
}

/// The same at any time, which certificates care about.
pub(super) fn at(loaded: &Loaded, now: UnixTime) -> Findings {
    let mut findings = Findings::default();
    setup::check(loaded, &mut findings);
    listener::check(loaded, now, &mut findings);
    servers::check(loaded, &mut findings);
    authorization_servers::check(loaded, &policies(loaded), &mut findings);
    third_party::check(&loaded.config, &mut findings);
    audit::check(&loaded.config, &mut findings);
    process::check(&loaded.config, &mut findings);
    findings
}

/// The policies in the order of the file; none if they cannot be made, which [`setup`] has said then.
pub(super) fn policies(loaded: &Loaded) -> Vec<IssuerPolicy> {
    issuer_policies(loaded).unwrap_or_default()
}

/// More than a day.
const LONG: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
