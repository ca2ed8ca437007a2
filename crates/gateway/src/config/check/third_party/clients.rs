use std::collections::BTreeMap;

use oauth_types::{ScopeToken, is_loopback_host};

use super::words;
use crate::config::{
    ClientAuth, ClientKeys, Config, ConfiguredClient, ThirdParty,
    report::{KeyPath, Problem},
};

/// Each configured client has an id of its own, exact redirect URIs, and the one credential that its `auth` needs.
pub(super) fn check(config: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    let mut seen = BTreeMap::new();
    for (section, it) in super::clients(third_party) {
        id(&section, it)?;
        if let Some(other) = seen.insert(it.client_id.as_str(), section.clone()) {
            let message = format!("is the id of `{other}` too: give each client its own");
            return Err(Problem::new(section.key("client_id"), message));
        }
        words(&it.name).map_err(|message| Problem::new(section.key("name"), message))?;
        redirect_uris(&section, it)?;
        credential(&section, it)?;
        client_credentials(config, &section, it)?;
        if it.scopes.as_ref().is_some_and(Vec::is_empty) {
            let message = "allows no scope: name one, or remove the key to allow all";
            return Err(Problem::new(section.key("scopes"), message));
        }
    }
    Ok(())
}

/// A URL is the id of a client with a metadata document, and must not be taken by another.
fn id(section: &KeyPath, it: &ConfiguredClient) -> Result<(), Problem> {
    let text = it.client_id.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if text.bytes().all(plain) && text.len() <= 128 {
        return Ok(());
    }
    let message = "must be at most 128 letters, digits, `-`, `.`, `_` and `~`; \
        an id that is a URL belongs to the document at that URL";
    Err(Problem::new(section.key("client_id"), message))
}

/// Matching is exact, so a wildcard would either match nothing or be believed to match more (RFC 9700 section 4.1.3).
fn redirect_uris(section: &KeyPath, it: &ConfiguredClient) -> Result<(), Problem> {
    let key = section.key("redirect_uris");
    let does_more = it.client_credentials.is_some() || it.token_exchange.is_some() || it.introspect;
    if it.redirect_uris.is_empty() && !does_more {
        let message = "the client can do nothing: write its `redirect_uris`, `client_credentials`, \
            `token_exchange` or `introspect = true`";
        return Err(Problem::new(key, message));
    }
    for (index, uri) in it.redirect_uris.iter().enumerate() {
        let encoded = uri.as_str().to_ascii_lowercase();
        if encoded.contains('*') || encoded.contains("%2a") || encoded.ends_with('$') {
            let message =
                "has a wildcard or pattern, and is compared exactly: write each redirect URI in full";
            return Err(Problem::new(key.index(index), message));
        }
        if it.redirect_uris.iter().take(index).any(|other| other == uri) {
            return Err(Problem::new(key.index(index), "is there twice"));
        }
    }
    Ok(())
}

/// Whoever acts for itself is known, and may do something that there is.
fn client_credentials(config: &Config, section: &KeyPath, it: &ConfiguredClient) -> Result<(), Problem> {
    let Some(scopes) = &it.client_credentials else { return Ok(()) };
    let key = section.key("client_credentials");
    if it.auth == ClientAuth::None {
        let message = "whoever acts for itself must prove who it is: \
            write `auth = \"private_key_jwt\"` and `keys`, or `auth = \"client_secret_basic\"` and `client_secret`";
        return Err(Problem::new(key, message));
    }
    if scopes.is_empty() {
        return Err(Problem::new(key, "allows no scope: name one, or remove the key"));
    }
    match scopes.iter().position(|it| !is_of_a_server(config, it)) {
        None => Ok(()),
        Some(index) => {
            let message = "is a scope of no server: write it under `scopes` or `scope_descriptions` of one";
            Err(Problem::new(key.index(index), message))
        }
    }
}

pub(super) fn is_of_a_server(config: &Config, scope: &ScopeToken) -> bool {
    let mut servers = config.servers.iter();
    servers.any(|it| it.known_scopes().any(|it| it == scope) || it.scope_descriptions.contains_key(scope))
}

fn credential(section: &KeyPath, it: &ConfiguredClient) -> Result<(), Problem> {
    let by_secret = matches!(it.auth, ClientAuth::ClientSecretBasic | ClientAuth::ClientSecretPost);
    let by_key = it.auth == ClientAuth::PrivateKeyJwt;
    let auth = it.auth.as_str();
    let refuse = |name: &str, message: String| Err(Problem::new(section.key(name), message));
    if it.introspect && it.auth == ClientAuth::None {
        let message = "whoever asks about tokens must prove who it is: \
            write `auth = \"client_secret_basic\"` and `client_secret`";
        return refuse("introspect", message.to_owned());
    }
    let rows =
        [("client_secret", by_secret, it.client_secret.is_some()), ("keys", by_key, it.keys.is_some())];
    match rows.into_iter().find(|(_, is_needed, is_there)| is_needed != is_there) {
        None => {}
        Some((name, true, _)) => {
            return refuse(name, format!("is missing, and `auth = \"{auth}\"` needs it"));
        }
        Some((name, false, _)) => {
            return refuse(name, format!("is of no use with `auth = \"{auth}\"`: change one of them"));
        }
    }
    keys(section, it.keys.as_ref())
}

/// Keys are fetched over `https`, or read from a file.
pub(super) fn keys(section: &KeyPath, keys: Option<&ClientKeys>) -> Result<(), Problem> {
    match keys {
        Some(ClientKeys::JwksUri(url)) => super::super::key_urls::check_url(url)
            .map_err(|message| Problem::new(section.key("keys").key("jwks_uri"), message)),
        Some(ClientKeys::File(path)) if path.as_os_str().is_empty() => {
            Err(Problem::new(section.key("keys").key("file"), "write the path of a JWK set"))
        }
        _ => Ok(()),
    }
}

/// Whether keys are fetched from this machine.
pub(super) fn has_loopback_keys(keys: Option<&ClientKeys>) -> bool {
    let Some(ClientKeys::JwksUri(url)) = keys else { return false };
    url.host().is_some_and(|host| is_loopback_host(&host))
}
