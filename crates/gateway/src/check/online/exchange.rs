use std::{sync::Arc, time::Duration};

use http::StatusCode;
use oauth_types::{Clock, Entropy, SystemEntropy};
use outbound_http::HttpClient;
use serde::Deserialize;

use url::Url;

use super::{
    discovery,
    fetch::{Answer, send},
};
use crate::{
    adapters::{SigningKey, exchange_settings},
    check::{FindingCode, Findings, shown},
    config::{CredentialExchange, Server, ServerMaterial},
    credential::{UpstreamToken, may_be_asked, question},
};

/// Asks for a token in exchange for a made-up one, with the gateway's credentials (RFC 8693 section 2.1).
pub(super) async fn check(
    http: &dyn HttpClient,
    (clock, leeway): (&dyn Clock, Duration),
    issuer: &str,
    (server, material): (&Server, &ServerMaterial),
    subject: String,
) -> Findings {
    let mut findings = Findings::default();
    let exchange = server.credential.as_ref().and_then(|it| it.exchange.as_ref());
    let (Some(exchange), Some(material)) = (exchange, &material.credential) else { return findings };
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    // What cannot be built is left to the offline part.
    let Ok(key) = SigningKey::generate() else { return findings };
    let Ok((settings, _)) = exchange_settings(exchange, material, (issuer, &Arc::new(key)), &entropy) else {
        return findings;
    };
    let made_up = UpstreamToken::new(MADE_UP.to_owned());
    let subject = format!("{subject}.credential.exchange");
    let Some(endpoint) = endpoint(http, (clock, leeway), exchange, &subject, &mut findings).await else {
        return findings;
    };
    let now = (clock.now(), entropy.as_ref());
    let Ok(request) = question(&settings, &endpoint, &made_up, now) else { return findings };
    let url = shown::text(endpoint.as_str());
    let (code, message) = match send(http, clock, request).await {
        Err(why) => (FindingCode::ExchangeUnreachable, format!("{url}: {why}")),
        Ok(answer) => verdict(&url, &answer),
    };
    findings.add(code, subject, message);
    findings
}

/// Where to ask: as configured, or as the metadata says.
async fn endpoint(
    http: &dyn HttpClient,
    (clock, leeway): (&dyn Clock, Duration),
    exchange: &CredentialExchange,
    subject: &str,
    findings: &mut Findings,
) -> Option<Url> {
    if let Some(url) = &exchange.token_endpoint {
        return Some(url.clone());
    }
    let metadata = discovery::check(http, clock, leeway, &exchange.issuer, subject, findings).await?;
    let (code, message) = match metadata.token_endpoint {
        None => (FindingCode::EndpointMissing, "the metadata has no token_endpoint".to_owned()),
        Some(url) if may_be_asked(&url, &exchange.issuer) => return Some(url),
        Some(url) => {
            (FindingCode::EndpointInsecure, format!("token_endpoint is {}", shown::text(url.as_str())))
        }
    };
    findings.add(code, subject, message);
    None
}

/// What an answer says; of its text nothing but a code that is known is repeated, since it may repeat our credentials.
fn verdict(url: &str, answer: &Answer) -> (FindingCode, String) {
    #[derive(Deserialize)]
    struct Body {
        error: String,
    }

    let status = answer.status.as_u16();
    if answer.status == StatusCode::OK {
        return (FindingCode::ExchangeWrong, format!("{url} answered 200 to a made-up token"));
    }
    let said = serde_json::from_slice(&answer.body).map_or_else(|_| String::new(), |it: Body| it.error);
    if let Some(code) = SUBJECT_REFUSED.iter().find(|it| **it == said) {
        return (FindingCode::ExchangeWorks, format!("{url} answered {status} {code} to a made-up token"));
    }
    if let Some(code) = WE_REFUSED.iter().find(|it| **it == said) {
        return (FindingCode::ExchangeRefused, format!("{url} answered {status} {code}"));
    }
    if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return (FindingCode::ExchangeRefused, format!("{url} answered {status} to the gateway's request"));
    }
    (FindingCode::ExchangeWrong, format!("{url} answered {status}"))
}

/// The subject token is no good, which it is not (RFC 8693 section 2.2.2).
const SUBJECT_REFUSED: [&str; 3] = ["invalid_request", "invalid_grant", "invalid_token"];
const WE_REFUSED: [&str; 6] = [
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "access_denied",
];
/// Nobody has issued this.
const MADE_UP: &str = "made-up-by-mcp-gateway-check";
