use oauth_types::{AuthorizationServerMetadata, Scope, ScopeToken};
use token_validate::IssuerPolicy;

use crate::check::{FindingCode, Findings};

/// Says which of the `required` scopes nobody can ask for, as far as the server publishes its scopes
/// (RFC 8414 section 2).
pub(super) fn check(
    metadata: &AuthorizationServerMetadata,
    policy: &IssuerPolicy,
    required: &Scope,
    subject: &str,
    findings: &mut Findings,
) {
    if metadata.scopes_supported.is_empty() {
        return;
    }
    let prefix = policy.scope_prefix.as_deref().unwrap_or_default();
    let published = metadata.scopes_supported.iter().map(|it| it.strip_prefix(prefix).unwrap_or(it));
    let published: Scope = published.filter_map(|it| it.parse::<ScopeToken>().ok()).collect();
    let reached = policy.scope_hierarchy.expand(&published);
    let missing: Vec<_> =
        required.iter().filter(|it| !reached.contains(it)).map(ToString::to_string).collect();
    if !missing.is_empty() {
        let message = format!("{} is not among scopes_supported of the metadata", missing.join(" "));
        findings.add(FindingCode::ScopeUnpublished, subject, message);
    }
}
