//! What everything that the configuration points at answers.

mod authorization_server;
mod clients;
mod clock;
mod discovery;
mod exchange;
mod fetch;
mod introspection;
mod keys;
mod program;
pub(super) mod providers;
mod redirect;
mod scopes;
pub(super) mod third_party_keys;
mod upstream;

use std::time::Duration;

use futures_util::future::join_all;
use oauth_types::{Clock, Scope, SystemClock};
use outbound_http::{HttpClient, causes};

use super::{FindingCode, Findings, offline::policies, subject};
use crate::{
    adapters::{http_to_named, http_to_strangers, preset},
    config::{AuthorizationServer, Config, Loaded},
    third_party::look_at_state,
};

/// Asks everything that `loaded` points at, all at the same time, each question for at most 5 s; programs have the time
/// to start that `stdio.start` gives them.
///
/// Authorization servers are asked by the guarded client that the gateway itself uses, MCP servers through its proxy;
/// keys of clients by the one that `serve` has for what clients name, which no private network is open to.
/// What cannot be built at all is left to [`offline`](super::offline).
/// Must be called within a Tokio runtime with time and network.
pub async fn online(loaded: &Loaded) -> Findings {
    let ways_out = http_to_named(loaded).and_then(|named| Ok((named, http_to_strangers(loaded)?)));
    match ways_out {
        Ok((named, strangers)) => {
            with(loaded, (named.as_ref(), strangers.as_ref()), &SystemClock::new()).await
        }
        Err(error) => {
            let mut findings = servers(loaded).await;
            findings.add(FindingCode::OutboundUnusable, "outbound", causes(&error));
            findings
        }
    }
}

/// The same by any way out, to what the configuration names and to what clients name, and at any time.
async fn with(
    loaded: &Loaded,
    (http, to_strangers): (&dyn HttpClient, &dyn HttpClient),
    clock: &dyn Clock,
) -> Findings {
    let (servers, exchanges, authorization_servers, state, providers, keys) = tokio::join!(
        servers(loaded),
        exchanges(loaded, http, clock),
        authorization_servers(loaded, http, clock),
        look_at_state(loaded),
        providers::check(&loaded.config, http, clock),
        third_party_keys::check(&loaded.config, (http, to_strangers), clock)
    );
    together(vec![servers, exchanges, authorization_servers, state, providers, keys])
}

pub(super) async fn servers(loaded: &Loaded) -> Findings {
    let checks = loaded
        .servers()
        .enumerate()
        .map(|(index, (server, material))| upstream::check(server, material, subject::server(index)));
    together(join_all(checks).await)
}

pub(super) async fn exchanges(loaded: &Loaded, http: &dyn HttpClient, clock: &dyn Clock) -> Findings {
    let issuer = loaded.config.public_url.as_str();
    let clock = (clock, loaded.config.validation.leeway.get());
    let checks = loaded.servers().enumerate().map(|(index, (server, material))| {
        exchange::check(http, clock, issuer, (server, material), subject::server(index))
    });
    together(join_all(checks).await)
}

pub(super) async fn authorization_servers(
    loaded: &Loaded,
    http: &dyn HttpClient,
    clock: &dyn Clock,
) -> Findings {
    let policies = policies(loaded);
    let leeway = loaded.config.validation.leeway.get();
    let sections = loaded.config.authorization_servers.iter();
    let required: Vec<_> = sections.map(|it| required_scopes(&loaded.config, it)).collect();
    let checks = policies.iter().zip(&required).enumerate().map(|(index, (policy, required))| {
        let subject = subject::authorization_server(index);
        authorization_server::check(http, clock, leeway, policy, required, subject)
    });
    together(join_all(checks).await)
}

/// The scopes that servers require of tokens of this authorization server, as far as it would publish them.
fn required_scopes(config: &Config, section: &AuthorizationServer) -> Scope {
    if section.preset.is_some_and(|it| !preset(it).publishes_scopes()) {
        return Scope::default();
    }
    let servers = config.servers.iter().filter(|it| config.issuers(it).contains(&section.issuer));
    servers.flat_map(|it| it.scopes.iter().cloned()).collect()
}

fn together(parts: Vec<Findings>) -> Findings {
    let mut findings = Findings::default();
    for part in parts {
        findings.extend(part);
    }
    findings
}

/// The longest time for one question.
const PROBE: Duration = Duration::from_secs(5);
