use oauth_types::{ProviderId, is_loopback_host};
use url::Url;

use super::{identity::is_taken, key_urls::check_url};
use crate::config::{
    Config, CredentialExchange, ExchangeSubject, ProviderPreset, Server, ServerCredential,
    report::{KeyPath, Problem},
};

/// A credential is of one kind, has a header of its own, and comes from where it may.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        let Some(credential) = &server.credential else { continue };
        let section = section.key("credential");
        kind(&section, credential)?;
        header(&section, server, credential)?;
        if let Some(it) = &credential.exchange {
            exchange(config, server, &section.key("exchange"), it)?;
        }
        if let Some(id) = &credential.third_party {
            third_party(config, &section.key("third_party"), id)?;
        }
    }
    Ok(())
}

fn kind(section: &KeyPath, it: &ServerCredential) -> Result<(), Problem> {
    let kinds = [it.secret.is_some(), it.exchange.is_some(), it.third_party.is_some()];
    if kinds.into_iter().filter(|it| *it).count() == 1 {
        return Ok(());
    }
    Err(Problem::new(section.clone(), "write exactly one of `secret`, `exchange` and `third_party`"))
}

fn header(section: &KeyPath, server: &Server, it: &ServerCredential) -> Result<(), Problem> {
    let header = it.header.as_str();
    let of_jwt = server.identity.jwt.as_ref().is_some_and(|jwt| jwt.header.as_str() == header);
    if of_jwt {
        let message = format!("`{header}` is the header of `identity.jwt` too: give each its own");
        return Err(Problem::new(section.key("header"), message));
    }
    if is_taken(header) {
        let message = format!("`{header}` has another meaning: write `Authorization` or a header of its own");
        return Err(Problem::new(section.key("header"), message));
    }
    let is_token =
        |it: &str| it.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
    match &it.scheme {
        Some(scheme) if !is_token(scheme) => {
            Err(Problem::new(section.key("scheme"), "must be one word, such as `Bearer`"))
        }
        _ => Ok(()),
    }
}

fn third_party(config: &Config, key: &KeyPath, id: &ProviderId) -> Result<(), Problem> {
    let mut providers = config.third_party.iter().flat_map(|it| &it.providers);
    let message = match providers.find(|it| it.id == *id) {
        Some(it) if it.preset != ProviderPreset::Local => return Ok(()),
        Some(_) => {
            format!("`{}` has built-in accounts, which bring no tokens: name a third party", id.as_str())
        }
        None => format!("`{}` is no `[[third_party.provider]]`: write the `id` of one", id.as_str()),
    };
    Err(Problem::new(key.clone(), message))
}

fn exchange(
    config: &Config,
    server: &Server,
    section: &KeyPath,
    it: &CredentialExchange,
) -> Result<(), Problem> {
    let (key, is_on_loopback) = match &it.token_endpoint {
        Some(url) => {
            let key = section.key("token_endpoint");
            check_url(url).map_err(|message| Problem::new(key.clone(), message))?;
            (key, is_loopback(url))
        }
        // Its metadata is fetched from there.
        None => (section.key("issuer"), it.issuer.is_loopback()),
    };
    if is_on_loopback && !config.outbound.allow_loopback {
        let message = "is a loopback host, for development only: \
            write `allow_loopback = true` in `[outbound]`, or use the public address";
        return Err(Problem::new(key, message));
    }
    if it.client_secret.is_some() == it.client_key.is_some() {
        return Err(Problem::new(section.clone(), "write one of `client_secret` and `client_key`"));
    }
    let issuers = config.issuers(server);
    if it.subject == ExchangeSubject::AccessToken && !issuers.contains(&it.issuer) {
        let message = format!(
            "`{}` issues no tokens for this server, so none could be exchanged there: \
             write its `[[authorization_server]]`, or `subject = \"assertion\"`",
            it.issuer
        );
        return Err(Problem::new(section.key("issuer"), message));
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| is_loopback_host(&host))
}
