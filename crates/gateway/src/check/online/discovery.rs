use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use oauth_types::{AuthorizationServerMetadata, Clock, Issuer};
use outbound_http::HttpClient;
use serde::Deserialize;
use url::Url;

use super::{
    clock,
    fetch::{Answer, get},
};
use crate::check::{FindingCode, Findings};

/// The metadata document of `issuer`: the first in the clients' order that is there
/// (RFC 8414 section 3; MCP 2025-11-25 "Authorization Server Metadata Discovery").
///
/// A document that is there but wrong ends the search, as it does for clients.
pub(super) async fn check(
    http: &dyn HttpClient,
    our_clock: &dyn Clock,
    leeway: Duration,
    issuer: &Issuer,
    subject: &str,
    findings: &mut Findings,
) -> Option<AuthorizationServerMetadata> {
    let urls = issuer.metadata_urls();
    let answers = join_all(urls.iter().map(|url| get(http, our_clock, url))).await;
    if let Some(answer) = answers.iter().flatten().next() {
        clock::check(answer, leeway, subject, findings);
    }
    let mut misses = Vec::new();
    for (url, answer) in urls.iter().zip(answers) {
        match answer {
            Ok(answer) if answer.status == StatusCode::OK => {
                return read(issuer, url, &answer, subject, findings);
            }
            Ok(answer) => misses.push(format!("{url} answered {}", about(&answer))),
            Err(why) => misses.push(format!("{url}: {why}")),
        }
    }
    findings.add(FindingCode::MetadataMissing, format!("{subject}.issuer"), misses.join("; "));
    None
}

/// The status, and for a redirect where to: redirects of metadata are not followed (RFC 8414 section 3.2).
fn about(answer: &Answer) -> String {
    let status = answer.status.as_u16();
    if answer.status.is_redirection() {
        let location = answer.headers.get(http::header::LOCATION).and_then(|it| it.to_str().ok());
        return format!("{status} to {}, which is not followed", location.unwrap_or("nowhere"));
    }
    status.to_string()
}

fn read(
    issuer: &Issuer,
    url: &Url,
    answer: &Answer,
    subject: &str,
    findings: &mut Findings,
) -> Option<AuthorizationServerMetadata> {
    /// Read first, so that a foreign document is named as such even when it is malformed otherwise.
    #[derive(Deserialize)]
    struct Identity {
        issuer: String,
    }

    let read = serde_json::from_slice::<Identity>(&answer.body);
    if let Ok(identity) = &read
        && identity.issuer != issuer.as_str()
    {
        let message =
            format!("{url} names the issuer {:?}{}", identity.issuer, hint(issuer, &identity.issuer));
        findings.add(FindingCode::IssuerMismatch, format!("{subject}.issuer"), message);
        return None;
    }
    match read.and_then(|_| serde_json::from_slice(&answer.body)) {
        Ok(metadata) => {
            findings.add(FindingCode::MetadataFound, subject, format!("{url} names this issuer"));
            Some(metadata)
        }
        Err(error) => {
            findings.add(FindingCode::MetadataMalformed, subject, format!("{url}: {error}"));
            None
        }
    }
}

fn hint(issuer: &Issuer, found: &str) -> &'static str {
    let same = issuer.as_str().trim_end_matches('/') == found.trim_end_matches('/');
    if same { ", which differs in the trailing slash only" } else { "" }
}
