use http::StatusCode;
use oauth_types::{AuthorizationServerMetadata, Clock};
use outbound_http::HttpClient;
use serde::Deserialize;
use token_validate::{IssuerPolicy, introspection_request};

use super::{
    clients::endpoint,
    fetch::{Answer, send},
};
use crate::check::{FindingCode, Findings, shown};

/// Asks about a made-up token, with the gateway's credentials (RFC 7662 section 2).
pub(super) async fn check(
    http: &dyn HttpClient,
    clock: &dyn Clock,
    policy: &IssuerPolicy,
    metadata: Option<&AuthorizationServerMetadata>,
    subject: &str,
) -> Findings {
    let mut findings = Findings::default();
    let Some(settings) = &policy.introspection else { return findings };
    let subject = format!("{subject}.introspection");
    let found = metadata.and_then(|it| it.introspection_endpoint.as_ref());
    let url = match (&settings.endpoint, metadata) {
        (Some(url), _) => url,
        // That there is no metadata has been said.
        (None, None) => return findings,
        (None, Some(_)) => {
            let usable = endpoint("introspection_endpoint", found, &policy.issuer, &subject, &mut findings);
            let Some(url) = found.filter(|_| usable) else { return findings };
            url
        }
    };
    let Ok(request) = introspection_request(url, settings, MADE_UP) else { return findings };
    let shown = shown::text(url.as_str());
    let (code, message) = match send(http, clock, request).await {
        Err(why) => (FindingCode::IntrospectionUnreachable, format!("{shown}: {why}")),
        Ok(answer) => verdict(&shown, &answer),
    };
    findings.add(code, subject, message);
    findings
}

/// What an answer says; its text is never repeated, since it may repeat our credentials.
fn verdict(url: &str, answer: &Answer) -> (FindingCode, String) {
    #[derive(Deserialize)]
    struct Body {
        active: bool,
    }

    let status = answer.status.as_u16();
    match answer.status {
        StatusCode::OK => match serde_json::from_slice(&answer.body) {
            Ok(Body { active: false }) => {
                (FindingCode::IntrospectionWorks, format!("{url} says that a made-up token is not active"))
            }
            Ok(Body { active: true }) => {
                (FindingCode::IntrospectionWrong, format!("{url} says that a made-up token is active"))
            }
            Err(_) => {
                (FindingCode::IntrospectionWrong, format!("{url} answered 200 without a boolean `active`"))
            }
        },
        StatusCode::BAD_REQUEST if is_invalid_client(&answer.body) => {
            (FindingCode::IntrospectionRefused, format!("{url} answered 400 invalid_client"))
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (
            FindingCode::IntrospectionRefused,
            format!("{url} answered {status} to the gateway's credentials"),
        ),
        _ => (FindingCode::IntrospectionWrong, format!("{url} answered {status}")),
    }
}

fn is_invalid_client(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Body {
        error: String,
    }

    serde_json::from_slice(body)
        .is_ok_and(|it: Body| matches!(it.error.as_str(), "invalid_client" | "unauthorized_client"))
}

/// No authorization server has issued this.
const MADE_UP: &str = "made-up-by-mcp-gateway-check";
