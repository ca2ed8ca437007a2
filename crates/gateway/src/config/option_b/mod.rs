//! Option B in the words of the crates that do it.

mod check;
mod clients;
mod online;
mod passwords;
mod providers;
mod settings;
mod trusted_issuers;

pub(super) use check::{check, check_database};
pub use clients::{ConfiguredClientParts, ConfiguredKeys};
pub(crate) use online::known_endpoints;
pub use passwords::{draw_password, hash_password, write_master_key};
pub use providers::ConfiguredProvider;
pub use settings::{LoadedThirdParty, StorageSettings};
pub use trusted_issuers::ConfiguredIssuer;

/// Whether this build has Option B.
pub(super) const IS_IN_THIS_BUILD: bool = true;

#[cfg(test)]
mod tests;
