use futures_util::future::join_all;
use http::StatusCode;
use oauth_types::Clock;
use outbound_http::HttpClient;
use url::Url;

use super::{fetch::get, together};
use crate::{
    check::{FindingCode, Findings, shown, subject},
    config::{Config, Provider, UnknownEndpoints, known_endpoints},
};

/// Asks every third party whether people could sign in there.
pub(in crate::check) async fn check(config: &Config, http: &dyn HttpClient, clock: &dyn Clock) -> Findings {
    let providers = config.third_party.iter().flat_map(|it| &it.providers).enumerate();
    let remote = providers.filter(|(_, it)| !it.is_local());
    together(join_all(remote.map(|(index, it)| one(it, http, clock, subject::provider(index)))).await)
}

async fn one(it: &Provider, http: &dyn HttpClient, clock: &dyn Clock, subject: String) -> Findings {
    let mut findings = Findings::default();
    let endpoints = match known_endpoints(it, http, clock).await {
        Ok(endpoints) => endpoints,
        Err(error) => {
            findings.add(code(&error), format!("{subject}.issuer"), error.to_string());
            return findings;
        }
    };
    let answers = join_all(endpoints.iter().map(|(name, url)| ask(name, url, http, clock))).await;
    let silent: Vec<_> = endpoints.iter().zip(answers).filter_map(|(it, why)| Some((it.0, why?))).collect();
    for (name, why) in &silent {
        let key = format!("{subject}.endpoints.{name}");
        findings.add(FindingCode::ProviderEndpointUnreachable, key, why.as_str());
    }
    if silent.is_empty() {
        let hosts: Vec<_> =
            endpoints.iter().map(|(name, url)| format!("{name} {}", shown::text(url.as_str()))).collect();
        findings.add(FindingCode::ProviderFound, subject, hosts.join("; "));
    }
    findings
}

/// Why an endpoint is of no use; a refusal of a request without parameters shows that it is there.
async fn ask(name: &str, url: &Url, http: &dyn HttpClient, clock: &dyn Clock) -> Option<String> {
    let status = match get(http, clock, url).await {
        Ok(answer) => answer.status,
        Err(why) => return Some(format!("{}: {why}", shown::text(url.as_str()))),
    };
    let is_there = match name {
        "jwks" => status == StatusCode::OK,
        _ => !status.is_server_error(),
    };
    (!is_there).then(|| format!("{} answered {}", shown::text(url.as_str()), status.as_u16()))
}

const fn code(error: &UnknownEndpoints) -> FindingCode {
    match error {
        UnknownEndpoints::OtherIssuer => FindingCode::ProviderIssuerMismatch,
        UnknownEndpoints::Unusable(_) => FindingCode::ProviderMetadataUnusable,
    }
}
