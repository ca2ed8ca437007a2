//! What is wrong only together: one check per file, in the order of the configuration file.

mod admin;
mod audiences;
mod authorization_servers;
mod clients;
mod credential;
mod development;
mod dpop;
mod forwarded_headers;
mod hosts;
mod identity;
mod issuers_of_servers;
mod key_urls;
mod listen;
mod lists;
mod networks;
mod pages;
mod proxies;
mod quotas;
mod ranges;
mod required_claims;
mod rules;
mod scope_descriptions;
mod scopes;
mod secret_reuse;
mod server_paths;
mod stdio;
pub(super) mod third_party;
mod upstream;
mod upstream_is_us;
mod ways;

use super::{
    AuthorizationServer, Config, Server,
    report::{KeyPath, Problem},
};

/// Runs every check; the first refusal ends it.
pub(super) fn all(config: &Config) -> Result<(), Problem> {
    CHECKS.iter().try_for_each(|check| check(config))
}

type Check = fn(&Config) -> Result<(), Problem>;

const CHECKS: &[Check] = &[
    hosts::check,
    listen::check,
    proxies::check,
    server_paths::check,
    upstream::check,
    upstream_is_us::check,
    scopes::check,
    rules::check,
    scope_descriptions::check,
    audiences::check,
    dpop::check,
    ways::check,
    pages::check,
    identity::check,
    credential::check,
    forwarded_headers::check,
    authorization_servers::check,
    issuers_of_servers::check,
    lists::check,
    key_urls::check,
    clients::check,
    required_claims::check,
    networks::check,
    third_party::check,
    development::check,
    secret_reuse::check,
    ranges::check,
    quotas::check,
    admin::check,
];

/// The servers with the way to their section.
fn servers(config: &Config) -> impl Iterator<Item = (KeyPath, &Server)> {
    let section = KeyPath::root("server");
    config.servers.iter().enumerate().map(move |(index, server)| (section.index(index), server))
}

/// The authorization servers with the way to their section.
fn authorization_servers(config: &Config) -> impl Iterator<Item = (KeyPath, &AuthorizationServer)> {
    let section = KeyPath::root("authorization_server");
    config.authorization_servers.iter().enumerate().map(move |(index, it)| (section.index(index), it))
}
