//! Where configuration becomes the parts of layer 2, and where those parts meet.

mod credentials;
mod dpop;
mod identity;
mod issuers;
mod outbound;
mod quotas;
mod rules;
mod servers;
mod signing_key;
mod stdio;

pub(crate) use self::{
    credentials::{CredentialMeans, ThirdPartyCredentials, credentials, exchange_settings, placement},
    dpop::DpopMemory,
    identity::{Assertion, Identity},
    issuers::{issuer_policies, preset},
    outbound::{http_to_named, http_to_strangers},
    quotas::QuotasOfServers,
    rules::{AnnotationsOfServers, policy, policy_by},
    servers::{protected_resource, upstream_settings},
    signing_key::SigningKey,
    stdio::{Bridges, stdio_settings},
};
pub use self::{issuers::IssuerError, servers::ServerError, signing_key::SigningKeyError};
