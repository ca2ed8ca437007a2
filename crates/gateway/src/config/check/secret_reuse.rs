use std::path::PathBuf;

use super::third_party;
use crate::config::{
    Config, SecretSource, Server,
    report::{KeyPath, Problem},
};

/// One secret has one purpose: whoever learns it for one must not have the other.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    let mut seen: Vec<(SecretSource, KeyPath)> = Vec::new();
    for (key, source) in all(config) {
        if let Some((_, other)) = seen.iter().find(|(it, _)| *it == source) {
            let message = format!("is the secret of `{other}` too: use a secret of its own for each purpose");
            return Err(Problem::new(key, message));
        }
        seen.push((source, key));
    }
    Ok(())
}

/// Every secret that the configuration points at, with its key.
fn all(config: &Config) -> Vec<(KeyPath, SecretSource)> {
    let tls = config.listen.tls.as_ref().map(|it| {
        let file: PathBuf = it.key.clone();
        (KeyPath::root("listen").key("tls").key("key"), SecretSource::File(file))
    });
    let session = config.sessions.key.clone().map(|it| (KeyPath::root("sessions").key("key"), it));
    let identity = super::servers(config).filter_map(|(section, it)| {
        let key = it.identity.jwt.as_ref()?.key.clone()?;
        Some((section.key("identity").key("jwt").key("key"), key))
    });
    let credentials = super::servers(config).flat_map(|(section, it)| credentials(&section, it));
    let clients = super::authorization_servers(config).filter_map(|(section, it)| {
        let introspection = it.introspection.as_ref()?;
        Some((section.key("introspection").key("client_secret"), introspection.client_secret.clone()))
    });
    let third_party = config.third_party.iter().flat_map(third_party::secrets);
    tls.into_iter()
        .chain(session)
        .chain(identity)
        .chain(credentials)
        .chain(clients)
        .chain(third_party)
        .collect()
}

fn credentials(section: &KeyPath, server: &Server) -> Vec<(KeyPath, SecretSource)> {
    let Some(it) = &server.credential else { return Vec::new() };
    let section = section.key("credential");
    let exchange = it.exchange.as_ref();
    let all = [
        (section.key("secret"), it.secret.as_ref()),
        (section.key("exchange").key("client_secret"), exchange.and_then(|it| it.client_secret.as_ref())),
        (section.key("exchange").key("client_key"), exchange.and_then(|it| it.client_key.as_ref())),
    ];
    all.into_iter().filter_map(|(key, source)| Some((key, source?.clone()))).collect()
}
