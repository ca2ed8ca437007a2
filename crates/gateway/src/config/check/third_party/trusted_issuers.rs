use std::collections::BTreeSet;

use oauth_types::{ClientId, ProviderId};

use super::{
    allow,
    clients::{is_of_a_server, keys},
};
use crate::config::{
    ClientAuth, Config, ProviderPreset, ThirdParty, TrustedIssuer,
    report::{KeyPath, Problem},
};

/// Each trusted issuer is told apart from others, names clients that can prove themselves, and says who may come in.
pub(super) fn check(config: &Config, third_party: &ThirdParty) -> Result<(), Problem> {
    let (mut ids, mut issuers) = (BTreeSet::new(), BTreeSet::new());
    for (section, it) in super::trusted_issuers(third_party) {
        id(&section, it, third_party)?;
        if !ids.insert(&it.id) || !issuers.insert(&it.issuer) {
            let message = "is that of another trusted issuer too: give each its own";
            let name = if ids.len() == issuers.len() { "id" } else { "issuer" };
            return Err(Problem::new(section.key(name), message));
        }
        if it.issuer == config.public_url.issuer() {
            let message = "is the gateway itself: write the issuer of your enterprise";
            return Err(Problem::new(section.key("issuer"), message));
        }
        keys(&section, it.keys.as_ref())?;
        clients(&section, it, third_party)?;
        scopes(config, &section, it)?;
        let rules = section.key("allow");
        if it.allow.is_empty() {
            return Err(Problem::new(rules, allow::MISSING));
        }
        allow::one(&rules, &it.allow, |name, rule| match name {
            "users" => allow::no_login(ProviderPreset::Oidc, rule),
            _ => Ok(()),
        })?;
    }
    Ok(())
}

/// People of one id are the same people, so it belongs to one issuer.
fn id(section: &KeyPath, it: &TrustedIssuer, third_party: &ThirdParty) -> Result<(), Problem> {
    let refuse = |message: &str| Err(Problem::new(section.key("id"), message));
    if it.id.as_str() == ProviderId::CLIENT {
        return refuse("stands for clients that act for themselves: choose another id");
    }
    match third_party.providers.iter().find(|provider| provider.id == it.id) {
        Some(provider) if provider.issuer.as_ref() != Some(&it.issuer) => {
            refuse("is the id of a provider with another `issuer`, whose people would be taken for these")
        }
        _ => Ok(()),
    }
}

fn clients(section: &KeyPath, it: &TrustedIssuer, third_party: &ThirdParty) -> Result<(), Problem> {
    let key = section.key("clients");
    if it.clients.is_empty() {
        return Err(Problem::new(key, "allows no client: name one, or remove the section"));
    }
    let is_known = |id: &ClientId| {
        let mut configured = third_party.clients.iter();
        id.as_str().starts_with("https://")
            || configured.any(|it| it.client_id == *id && it.auth != ClientAuth::None)
    };
    match it.clients.iter().position(|it| !is_known(it)) {
        None => Ok(()),
        Some(index) => {
            let message =
                "is no `[[third_party.client]]` that authenticates, and no URL of a client metadata document";
            Err(Problem::new(key.index(index), message))
        }
    }
}

fn scopes(config: &Config, section: &KeyPath, it: &TrustedIssuer) -> Result<(), Problem> {
    let key = section.key("scopes");
    let Some(scopes) = &it.scopes else { return Ok(()) };
    if scopes.is_empty() {
        return Err(Problem::new(key, "allows no scope: name one, or remove the key to allow all"));
    }
    match scopes.iter().position(|it| !is_of_a_server(config, it)) {
        None => Ok(()),
        Some(index) => {
            let message = "is a scope of no server: write it under `scopes` or `scope_descriptions` of one";
            Err(Problem::new(key.index(index), message))
        }
    }
}
