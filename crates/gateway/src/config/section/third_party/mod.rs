//! Option B: the gateway as authorization server, and third parties that know the people.

mod account;
mod allow;
mod claims;
mod client;
mod endpoints;
mod metadata_documents;
mod preset;
mod provider;
mod registration;
mod root;
mod sessions;
mod storage;
mod token_exchange;
mod trusted_issuer;

pub use account::Account;
pub use allow::Allow;
pub use claims::ProviderClaims;
pub use client::{ClientAuth, ClientKeys, ConfiguredClient};
pub use endpoints::ProviderEndpoints;
pub use metadata_documents::ClientMetadataDocuments;
pub use preset::ProviderPreset;
pub use provider::{Provider, ProviderTokenAuth};
pub use registration::Registration;
pub use root::ThirdParty;
pub use sessions::ThirdPartySessions;
pub use storage::Storage;
pub use token_exchange::{ExchangeTarget, TokenExchange};
pub use trusted_issuer::TrustedIssuer;
