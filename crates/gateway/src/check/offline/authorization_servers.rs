use token_validate::{AudiencePolicy, DirectUse, IssuerPolicy, KeySource, TokenTypePolicy};

use super::{LONG, products};
use crate::{
    adapters::preset,
    check::{FindingCode, Findings, subject},
    config::{AuthorizationServer, IntrospectionFor, Loaded, TokenType},
};

/// What is accepted of each authorization server, and whether MCP clients can use it directly.
///
/// `policies` are in the order of the file, or empty if they cannot be made.
pub(super) fn check(loaded: &Loaded, policies: &[IssuerPolicy], findings: &mut Findings) {
    for (index, section) in loaded.config.authorization_servers.iter().enumerate() {
        let subject = subject::authorization_server(index);
        if let Some(policy) = policies.get(index) {
            findings.add(FindingCode::AuthorizationServer, subject.as_str(), summary(policy));
        }
        direct_use(section, &subject, findings);
        products::check(&loaded.config, section, &subject, findings);
        switches(section, &subject, findings);
    }
}

fn summary(policy: &IssuerPolicy) -> String {
    let algorithms: Vec<_> = policy.algorithms.iter().map(ToString::to_string).collect();
    let keys = match &policy.keys {
        KeySource::Discovery => "keys by discovery",
        KeySource::JwksUri(_) => "keys from its jwks_uri",
        KeySource::Static(_) => "keys from a file",
        KeySource::Shared(_) => "keys of this gateway",
        KeySource::None => "no keys",
    };
    let typ = match policy.token_type {
        TokenTypePolicy::Strict => "typ at+jwt",
        TokenTypePolicy::Lenient => "typ at+jwt, JWT or none",
    };
    let audience = match policy.audience {
        AudiencePolicy::Claim => "bound by aud",
        AudiencePolicy::ClientId { .. } => "bound by client_id where there is no aud",
    };
    let scopes: Vec<_> = policy.scope_claims.iter().map(ToString::to_string).collect();
    format!(
        "{}: {keys}; {}; {typ}; {audience}; scopes in {}",
        policy.issuer,
        algorithms.join(" "),
        scopes.join(" ")
    )
}

fn direct_use(section: &AuthorizationServer, subject: &str, findings: &mut Findings) {
    let of_preset = section.preset.map(|it| preset(it).direct_use());
    let (code, message) = match of_preset.or_else(|| DirectUse::of(&section.issuer)) {
        None => {
            let message = "no preset: `check --online` shows whether MCP clients can use it directly";
            (FindingCode::DirectUseUnknown, message.to_owned())
        }
        Some(DirectUse::WorksAfter(what)) => {
            (FindingCode::DirectUseNeedsSetup, format!("for MCP clients to use it directly, {what}"))
        }
        Some(DirectUse::NeedsOptionB(why)) => {
            (FindingCode::DirectUseNeedsOptionB, format!("MCP clients cannot use it directly: {why}"))
        }
    };
    findings.add(code, subject, message);
}

fn switches(section: &AuthorizationServer, subject: &str, findings: &mut Findings) {
    if section.token_type == Some(TokenType::Lenient) {
        let message = "tokens need not say `at+jwt`";
        findings.add(FindingCode::LenientTokenType, format!("{subject}.token_type"), message);
    }
    if let Some(lifetime) = section.max_token_lifetime.filter(|it| it.get() > LONG) {
        let message = format!("tokens may live for {lifetime}");
        findings.add(FindingCode::TokenLifetimeLong, format!("{subject}.max_token_lifetime"), message);
    }
    let Some(introspection) = &section.introspection else { return };
    let key = |name: &str| format!("{subject}.introspection.{name}");
    if introspection.tokens == IntrospectionFor::Every {
        let message = format!(
            "each new token costs a request, and so does each known one after {}",
            introspection.cache
        );
        findings.add(FindingCode::IntrospectionOfEvery, key("for"), message);
    }
}
