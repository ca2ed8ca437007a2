use oauth_types::{AuthorizationServerMetadata, Issuer};
use url::Url;

use super::fetch::is_secure;
use crate::check::{FindingCode, Findings};

/// What MCP clients need of an authorization server's metadata (RFC 8414 section 2; MCP 2025-11-25, authorization).
pub(super) fn check(
    metadata: &AuthorizationServerMetadata,
    issuer: &Issuer,
    subject: &str,
    findings: &mut Findings,
) {
    let needed = [
        ("authorization_endpoint", metadata.authorization_endpoint.as_ref()),
        ("token_endpoint", metadata.token_endpoint.as_ref()),
    ];
    for (name, url) in needed {
        endpoint(name, url, issuer, subject, findings);
    }
    if let Some(url) = &metadata.registration_endpoint {
        endpoint("registration_endpoint", Some(url), issuer, subject, findings);
    }
    for (code, message) in promises(metadata) {
        findings.add(code, subject, message);
    }
}

/// Says whether an endpoint that somebody needs is there and safe to use.
pub(super) fn endpoint(
    name: &str,
    url: Option<&Url>,
    issuer: &Issuer,
    subject: &str,
    findings: &mut Findings,
) -> bool {
    match url {
        None => findings.add(FindingCode::EndpointMissing, subject, format!("the metadata has no {name}")),
        Some(url) if !is_secure(url, issuer) => {
            let message =
                format!("{name} is on the host {:?} by {}", url.host_str().unwrap_or_default(), url.scheme());
            findings.add(FindingCode::EndpointInsecure, subject, message);
        }
        Some(_) => return true,
    }
    false
}

fn promises(metadata: &AuthorizationServerMetadata) -> Vec<(FindingCode, &'static str)> {
    let lists = |list: &[String], name: &str| list.iter().any(|it| it == name);
    let registers =
        metadata.registration_endpoint.is_some() || metadata.client_id_metadata_document_supported;
    let rows = [
        (
            lists(&metadata.code_challenge_methods_supported, "S256"),
            FindingCode::PkceMissing,
            "S256 is not among code_challenge_methods_supported, so MCP clients stop",
        ),
        (
            lists(&metadata.response_types_supported, "code"),
            FindingCode::CodeResponseMissing,
            "code is not among response_types_supported",
        ),
        (
            registers,
            FindingCode::RegistrationMissing,
            "there is neither a registration_endpoint nor client_id_metadata_document_supported, \
             so every user must type a client id",
        ),
        (
            lists(&metadata.token_endpoint_auth_methods_supported, "none"),
            FindingCode::PublicClientsMissing,
            "none is not among token_endpoint_auth_methods_supported",
        ),
        (
            metadata.authorization_response_iss_parameter_supported,
            FindingCode::IssParameterMissing,
            "authorization_response_iss_parameter_supported is not true",
        ),
    ];
    rows.into_iter().filter(|(kept, ..)| !kept).map(|(_, code, message)| (code, message)).collect()
}
