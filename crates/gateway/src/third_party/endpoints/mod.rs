//! The endpoints that programs call: metadata, keys, pushed requests, tokens, registration, revocation and introspection.

mod documents;
mod failures;
mod forms;
mod outcome;
mod registration;
mod respond;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::Router;
use oauth_server::{
    IntrospectEndpoint, PushEndpoint, Registrations, RevokeEndpoint, ServerMetadata, TokenEndpoint,
};
use token_manager::SigningKeys;

pub(crate) use self::failures::Failures;

/// What the endpoints are made of, for one configuration.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) metadata: ServerMetadata,
    pub(crate) token: TokenEndpoint,
    pub(crate) push: PushEndpoint,
    pub(crate) revoke: RevokeEndpoint,
    pub(crate) introspect: IntrospectEndpoint,
    /// None while clients cannot register themselves.
    pub(crate) registrations: Option<Registrations>,
    pub(crate) signing_keys: SigningKeys,
    /// What was refused to whom, by the endpoints that take a form.
    pub(crate) failures: Failures,
    /// How long the body of a request may pause.
    pub(crate) body_idle: Duration,
}

/// The routes of `endpoints`; browsers' pages of any origin may call them, since no cookie counts here.
pub(crate) fn router(endpoints: Endpoints) -> Router {
    let endpoints = Arc::new(endpoints);
    let router = Router::new().merge(documents::router(&endpoints)).merge(forms::router(&endpoints));
    if endpoints.registrations.is_some() { router.merge(registration::router(&endpoints)) } else { router }
}

/// What registrations, pushed requests and open sign-ins are counted by: an address, or the network that one household or machine has of IPv6.
pub(super) fn source(client: IpAddr) -> Vec<u8> {
    match client {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.octets().to_vec(),
            None => address.octets().into_iter().take(8).collect(),
        },
    }
}

#[cfg(test)]
mod tests;
