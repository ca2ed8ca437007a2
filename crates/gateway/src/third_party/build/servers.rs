use std::collections::BTreeMap;

use oauth_server::{ExchangeRule, InvalidServerSettings, OfferedResource, ServerSettings, TrustedIssuer};
use oauth_types::{ClientId, ResourceUri, Scope};
use token_validate::DpopSettings;

use crate::{
    config::{self, Config, ConfiguredClient, DpopMode, ExchangeTarget, LoadedThirdParty, Server},
    third_party::{adapters::NamedMemberships, browser::ServerWords},
};

/// What the authorization server is and what it offers.
pub(super) fn settings(
    config: &Config,
    third_party: LoadedThirdParty<'_>,
) -> Result<ServerSettings, InvalidServerSettings> {
    let resources = config.servers.iter().map(|it| offered(config, it)).collect();
    let section = third_party.config;
    let mut settings = ServerSettings::new(third_party.issuer(), resources)?;
    settings.response_issuer = section.authorization_response_iss;
    settings.json_token_requests = section.json_token_requests;
    if section.dpop != DpopMode::Off {
        let names = DpopSettings::default().algorithm_names();
        settings.dpop_algorithms = names.into_iter().map(str::to_owned).collect();
        settings.dpop_required = section.dpop == DpopMode::Required;
    }
    settings.require_pushed_authorization_requests = section.require_pushed_authorization_requests;
    settings.registration = section.registration.enabled;
    settings.client_id_metadata_documents = section.client_metadata_documents.enabled;
    settings.introspect_all =
        section.clients.iter().filter(|it| it.introspect).map(|it| it.client_id.clone()).collect();
    settings.trusted_issuers = section.trusted_issuers.iter().map(trusted).collect();
    let exchanging = |it: &ConfiguredClient| Some((it.client_id.clone(), exchange_rule(config, it)?));
    settings.token_exchange = section.clients.iter().filter_map(exchanging).collect();
    settings.client_credentials = section.clients.iter().filter_map(for_itself).collect();
    Ok(settings)
}

/// Which clients may bring assertions of an issuer, and for what.
fn trusted(it: &config::TrustedIssuer) -> TrustedIssuer {
    TrustedIssuer {
        issuer: it.issuer.clone(),
        clients: it.clients.iter().cloned().collect(),
        scopes: it.scopes.as_ref().map(|it| it.iter().cloned().collect()),
    }
}

/// Which tokens a client may exchange, and for what; a path that is no server's was refused.
fn exchange_rule(config: &Config, client: &ConfiguredClient) -> Option<ExchangeRule> {
    let exchange = client.token_exchange.as_ref()?;
    let server = config.servers.iter().find(|it| it.path == exchange.server)?;
    let target = |it: &ExchangeTarget| (it.resource.clone(), it.scopes.iter().cloned().collect());
    let targets = exchange.targets.iter().map(target).collect();
    Some(ExchangeRule { resource: config.resource(server), targets })
}

/// What a client may do without a person.
fn for_itself(client: &ConfiguredClient) -> Option<(ClientId, Scope)> {
    let scopes = client.client_credentials.as_ref()?;
    Some((client.client_id.clone(), scopes.iter().cloned().collect()))
}

/// What is required by default; and whatever rules require, is offered, or the operator has words for.
fn offered(config: &Config, server: &Server) -> OfferedResource {
    let required: Scope = server.scopes.iter().cloned().collect();
    let described = server.scope_descriptions.keys().cloned();
    OfferedResource {
        resource: config.resource(server),
        scopes: server.known_scopes().cloned().chain(described).collect(),
        default_scopes: required,
    }
}

/// What tokens for each server may say of people.
pub(super) fn named_memberships(config: &Config) -> NamedMemberships {
    let servers = config.servers.iter().map(|it| (config.resource(it), it.memberships().collect()));
    NamedMemberships::new(servers)
}

/// What people read of the servers.
pub(super) fn words(config: &Config) -> BTreeMap<ResourceUri, ServerWords> {
    let words = |it: &Server| ServerWords {
        name: it.name.clone(),
        scopes: it.scope_descriptions.clone().into_iter().collect(),
    };
    config.servers.iter().map(|it| (config.resource(it), words(it))).collect()
}
