use std::sync::Arc;

use http::StatusCode;
use oauth_types::{Clock, Entropy, SystemEntropy};
use outbound_http::HttpClient;
use serde::Deserialize;

use super::fetch::{Answer, send};
use crate::{
    adapters::{SigningKey, exchange_settings},
    check::{FindingCode, Findings, shown},
    config::{Server, ServerMaterial},
    credential::{UpstreamToken, question},
};

/// Asks for a token in exchange for a made-up one, with the gateway's credentials (RFC 8693 section 2.1).
pub(super) async fn check(
    http: &dyn HttpClient,
    clock: &dyn Clock,
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
    let Ok(request) = question(&settings, &made_up, clock.now(), entropy.as_ref()) else { return findings };
    let url = shown::text(exchange.token_endpoint.as_str());
    let (code, message) = match send(http, clock, request).await {
        Err(why) => (FindingCode::ExchangeUnreachable, format!("{url}: {why}")),
        Ok(answer) => verdict(&url, &answer),
    };
    findings.add(code, format!("{subject}.credential.exchange"), message);
    findings
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
