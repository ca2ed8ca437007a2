use url::Url;

use super::section;
use crate::config::{
    Config, HostName, ThirdParty,
    report::{KeyPath, Problem},
};

/// Allow-lists name hosts without a port; an empty one would allow nobody, which has a key of its own.
pub(super) fn check(_: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    let registration = section().key("registration");
    let documents = section().key("client_metadata_documents");
    let tokens = &third_party.registration.initial_access_tokens;
    hosts(&registration.key("client_hosts"), third_party.registration.client_hosts.as_deref())?;
    hosts(&documents.key("hosts"), third_party.client_metadata_documents.hosts.as_deref())?;
    if tokens.as_ref().is_some_and(Vec::is_empty) {
        let message = "lets nobody register: name a token, remove the key to let everybody, \
            or write `enabled = false`";
        return Err(Problem::new(registration.key("initial_access_tokens"), message));
    }
    Ok(())
}

fn hosts(key: &KeyPath, hosts: Option<&[HostName]>) -> Result<(), Problem> {
    let Some(hosts) = hosts else { return Ok(()) };
    if hosts.is_empty() {
        let message = "allows no host: name one, remove the key to allow all, or write `enabled = false`";
        return Err(Problem::new(key.clone(), message));
    }
    match hosts.iter().position(has_port) {
        None => Ok(()),
        Some(index) => {
            let message = "is compared with the host alone: leave the port out";
            Err(Problem::new(key.index(index), message))
        }
    }
}

fn has_port(host: &HostName) -> bool {
    let url = Url::parse(&format!("https://{host}/")).ok();
    host.as_str().ends_with(":443") || url.is_none_or(|it| it.port().is_some())
}
