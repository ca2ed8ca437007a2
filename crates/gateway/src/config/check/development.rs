use oauth_types::is_loopback_host;
use url::Url;

use crate::config::{
    AuthorizationServer, Config, KeySource,
    report::{KeyPath, Problem},
};

/// Loopback authorization servers are for development: asked for by name, and never behind a public name.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    let outbound = KeyPath::root("outbound").key("allow_loopback");
    if config.outbound.allow_loopback && !config.public_url.is_loopback() {
        let message =
            format!("is for development, but `{}` is no loopback origin: remove it", config.public_url);
        return Err(Problem::new(outbound, message));
    }
    for (section, it) in super::authorization_servers(config) {
        if let Some(key) = loopback_key(&section, it)
            && !config.outbound.allow_loopback
        {
            let message = "is a loopback host, for development only: \
                write `allow_loopback = true` in `[outbound]`, or use the public address";
            return Err(Problem::new(key, message));
        }
    }
    Ok(())
}

/// The key that names a loopback host, if one does.
fn loopback_key(section: &KeyPath, it: &AuthorizationServer) -> Option<KeyPath> {
    if it.issuer.is_loopback() {
        return Some(section.key("issuer"));
    }
    if matches!(&it.keys, KeySource::JwksUri(url) if is_loopback(url)) {
        return Some(section.key("keys").key("jwks_uri"));
    }
    let endpoint = it.introspection.as_ref()?.endpoint.as_ref()?;
    is_loopback(endpoint).then(|| section.key("introspection").key("endpoint"))
}

fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| is_loopback_host(&host))
}
