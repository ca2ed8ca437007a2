use oauth_types::is_loopback_host;

use super::clients::has_loopback_keys;
use crate::config::{
    Config, Provider, ThirdParty,
    report::{KeyPath, Problem},
};

/// Loopback third parties are for development, and asked for by name.
pub(super) fn check(config: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    if config.outbound.allow_loopback {
        return Ok(());
    }
    let providers = super::providers(third_party).find_map(|(section, it)| loopback_key(&section, it));
    let clients = super::clients(third_party).find_map(|(section, it)| {
        has_loopback_keys(it.keys.as_ref()).then(|| section.key("keys").key("jwks_uri"))
    });
    let issuers = super::trusted_issuers(third_party).find_map(|(section, it)| {
        let keys = has_loopback_keys(it.keys.as_ref()).then(|| section.key("keys").key("jwks_uri"));
        keys.or_else(|| it.issuer.is_loopback().then(|| section.key("issuer")))
    });
    match providers.or(clients).or(issuers) {
        None => Ok(()),
        Some(key) => {
            let message = "is a loopback host, for development only: \
                write `allow_loopback = true` in `[outbound]`, or use the public address";
            Err(Problem::new(key, message))
        }
    }
}

/// The key that names a loopback host, if one does.
fn loopback_key(section: &KeyPath, it: &Provider) -> Option<KeyPath> {
    if it.issuer.as_ref().is_some_and(oauth_types::Issuer::is_loopback) {
        return Some(section.key("issuer"));
    }
    let mut endpoints = it.endpoints.named();
    let (name, _) = endpoints.find(|(_, url)| url.host().is_some_and(|host| is_loopback_host(&host)))?;
    Some(section.key("endpoints").key(name))
}
