use std::time::Duration;

use oauth_types::{Clock, Scope};
use outbound_http::HttpClient;
use token_validate::IssuerPolicy;

use super::{clients, discovery, introspection, keys, scopes};
use crate::check::Findings;

/// Asks one authorization server as MCP clients and the gateway would, and looks for the scopes that are `required`.
pub(super) async fn check(
    http: &dyn HttpClient,
    clock: &dyn Clock,
    leeway: Duration,
    policy: &IssuerPolicy,
    required: &Scope,
    subject: String,
) -> Findings {
    let mut findings = Findings::default();
    let metadata = discovery::check(http, clock, leeway, &policy.issuer, &subject, &mut findings).await;
    if let Some(metadata) = &metadata {
        clients::check(metadata, &policy.issuer, &subject, &mut findings);
        scopes::check(metadata, policy, required, &subject, &mut findings);
    }
    let (keys, introspection) = tokio::join!(
        keys::check(http, clock, policy, metadata.as_ref(), &subject),
        introspection::check(http, clock, policy, metadata.as_ref(), &subject),
    );
    findings.extend(keys);
    findings.extend(introspection);
    findings
}
