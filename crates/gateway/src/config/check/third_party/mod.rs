//! What is wrong with Option B only together: one check per file.

mod accounts;
mod allow;
mod alone;
mod client_hosts;
mod clients;
mod development;
mod lifetimes;
mod one_client;
mod provider_keys;
mod providers;
pub(in crate::config) mod rule_claims;
mod token_exchange;
mod trusted_issuers;

use serde_json::Value;

use crate::config::{
    Config, ConfiguredClient, Provider, SecretSource, Storage, ThirdParty, TrustedIssuer, option_b,
    report::{KeyPath, Problem},
};

/// Runs every check if there is a `[third_party]`.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    let Some(third_party) = &config.third_party else { return Ok(()) };
    CHECKS.iter().try_for_each(|check| check(config, third_party))
}

type Check = fn(&Config, &ThirdParty) -> Result<(), Problem>;

const CHECKS: [Check; 14] = [
    alone::check,
    rule_claims::check,
    lifetimes::check,
    client_hosts::check,
    clients::check,
    token_exchange::check,
    providers::check,
    provider_keys::check,
    one_client::check,
    accounts::check,
    allow::check,
    trusted_issuers::check,
    development::check,
    option_b::check,
];

/// The way to `[third_party]`.
pub(in crate::config) fn section() -> KeyPath {
    KeyPath::root("third_party")
}

/// The providers with the way to their section.
pub(in crate::config) fn providers(third_party: &ThirdParty) -> impl Iterator<Item = (KeyPath, &Provider)> {
    let list = section().key("provider");
    third_party.providers.iter().enumerate().map(move |(index, it)| (list.index(index), it))
}

/// The clients with the way to their section.
pub(in crate::config) fn clients(
    third_party: &ThirdParty,
) -> impl Iterator<Item = (KeyPath, &ConfiguredClient)> {
    let list = section().key("client");
    third_party.clients.iter().enumerate().map(move |(index, it)| (list.index(index), it))
}

/// The trusted issuers with the way to their section.
pub(in crate::config) fn trusted_issuers(
    third_party: &ThirdParty,
) -> impl Iterator<Item = (KeyPath, &TrustedIssuer)> {
    let list = section().key("trusted_issuer");
    third_party.trusted_issuers.iter().enumerate().map(move |(index, it)| (list.index(index), it))
}

/// The claims that rules of servers ask for: the way to each, its name, and its value or values.
pub(in crate::config) fn rule_claims(config: &Config) -> impl Iterator<Item = (KeyPath, &str, &Value)> {
    let rules = super::servers(config).flat_map(|(section, server)| {
        let section = section.key("rule");
        server.rules.iter().enumerate().map(move |(index, it)| (section.index(index), it))
    });
    let allowed =
        rules.filter_map(|(section, it)| Some((section.key("allow").key("claims"), it.allow.as_ref()?)));
    allowed.flat_map(|(section, it)| {
        it.claims.iter().flatten().map(move |(name, value)| (section.key(name), name.as_str(), value))
    })
}

/// Every secret of the section with its key.
pub(super) fn secrets(third_party: &ThirdParty) -> Vec<(KeyPath, SecretSource)> {
    let list = |key: KeyPath, sources: &[SecretSource]| {
        let keyed = sources.iter().enumerate().map(|(index, it)| (key.index(index), it.clone()));
        keyed.collect::<Vec<_>>()
    };
    let mut found = vec![(section().key("master_key"), third_party.master_key.clone())];
    found.extend(list(section().key("old_master_keys"), &third_party.old_master_keys));
    if let Storage::Postgres(source) = &third_party.storage {
        found.push((database(), source.clone()));
    }
    let tokens = third_party.registration.initial_access_tokens.as_deref().unwrap_or_default();
    found.extend(list(section().key("registration").key("initial_access_tokens"), tokens));
    let of_clients = clients(third_party).map(|(section, it)| (section, &it.client_secret));
    let of_providers = providers(third_party).map(|(section, it)| (section, &it.client_secret));
    let both = of_clients.chain(of_providers);
    found.extend(both.filter_map(|(section, it)| Some((section.key("client_secret"), it.clone()?))));
    found
}

/// The key of the URL of the database.
pub(in crate::config) fn database() -> KeyPath {
    section().key("storage").key("postgres")
}

/// Whether `text` can stand on a page for people.
pub(super) fn words(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("is empty: write some words for people, or remove the key");
    }
    if text.chars().count() > MOST_WORDS || text.chars().any(char::is_control) {
        return Err("must be one line of at most 120 characters");
    }
    Ok(())
}

/// Characters of a text on a page.
const MOST_WORDS: usize = 120;
