use std::sync::Arc;

use outbound_http::{ClientSetupError, GuardedClient, HttpClient, OutboundPolicy};

use crate::config::Loaded;

/// The way out to what the configuration names: authorization servers, third parties, trusted issuers.
///
/// # Errors
/// [`ClientSetupError`] when no client can be made of `[outbound]`.
pub(crate) fn http_to_named(loaded: &Loaded) -> Result<Arc<dyn HttpClient>, ClientSetupError> {
    let networks = loaded.config.outbound.allow_networks.clone();
    let policy = OutboundPolicy { allow_networks: networks, ..policy(loaded) };
    Ok(Arc::new(GuardedClient::new(policy)?))
}

/// The way out to addresses that clients have named, strangers among them: no private network is opened for them.
///
/// # Errors
/// As [`http_to_named`].
pub(crate) fn http_to_strangers(loaded: &Loaded) -> Result<Arc<dyn HttpClient>, ClientSetupError> {
    Ok(Arc::new(GuardedClient::new(policy(loaded))?))
}

fn policy(loaded: &Loaded) -> OutboundPolicy {
    OutboundPolicy {
        extra_roots: loaded.material.outbound_roots.clone(),
        allow_loopback: loaded.config.outbound.allow_loopback,
        ..OutboundPolicy::default()
    }
}
