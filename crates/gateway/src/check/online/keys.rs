use http::StatusCode;
use oauth_types::{AuthorizationServerMetadata, Clock};
use outbound_http::HttpClient;
use serde_json::Value;
use token_validate::{Algorithm, IssuerPolicy, KeySet, KeySource};
use url::Url;

use super::{clients::endpoint, fetch::get};
use crate::check::{FindingCode, Findings, shown};

/// Whether the keys of an authorization server are there, and of use.
pub(super) async fn check(
    http: &dyn HttpClient,
    clock: &dyn Clock,
    policy: &IssuerPolicy,
    metadata: Option<&AuthorizationServerMetadata>,
    subject: &str,
) -> Findings {
    let mut findings = Findings::default();
    let Some(url) = location(policy, metadata, subject, &mut findings) else { return findings };
    let subject = format!("{subject}.keys");
    let shown = shown::text(url.as_str());
    let document = match get(http, clock, &url).await {
        Ok(answer) if answer.status == StatusCode::OK => answer.body,
        Ok(answer) => {
            let message = format!("{shown} answered {}", answer.status.as_u16());
            findings.add(FindingCode::KeysUnreachable, subject, message);
            return findings;
        }
        Err(why) => {
            findings.add(FindingCode::KeysUnreachable, subject, format!("{shown}: {why}"));
            return findings;
        }
    };
    judge(&document, &shown, policy, &subject, &mut findings);
    findings
}

/// Where the keys are; `None` if they are in a file, or nobody says where.
fn location(
    policy: &IssuerPolicy,
    metadata: Option<&AuthorizationServerMetadata>,
    subject: &str,
    findings: &mut Findings,
) -> Option<Url> {
    match &policy.keys {
        KeySource::JwksUri(url) => Some(url.clone()),
        KeySource::Static(_) | KeySource::Shared(_) | KeySource::None => None,
        KeySource::Discovery => {
            let url = metadata?.jwks_uri.as_ref();
            let usable = endpoint("jwks_uri", url, &policy.issuer, subject, findings);
            url.filter(|_| usable).cloned()
        }
    }
}

fn judge(document: &[u8], url: &str, policy: &IssuerPolicy, subject: &str, findings: &mut Findings) {
    let warnings = match KeySet::from_jwks_json(document) {
        Ok((_, warnings)) => warnings,
        Err(error) => {
            findings.add(FindingCode::KeysUnusable, subject, format!("the document at {url} {error}"));
            return;
        }
    };
    for warning in &warnings {
        findings.add(FindingCode::KeyIgnored, subject, format!("{warning}, at {url}"));
    }
    let ignored: Vec<_> = warnings.iter().map(|it| it.index).collect();
    let used = used_keys(document, &ignored);
    let fits = |key: &Value| algorithms_of(key).iter().any(|it| policy.algorithms.contains(it));
    let fitting: Vec<_> = used.iter().filter(|it| fits(it)).collect();
    let names =
        |algorithms: &[Algorithm]| algorithms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    if fitting.is_empty() {
        let there: Vec<_> = used.iter().flat_map(algorithms_of).collect();
        let message = format!(
            "the keys at {url} are for {}, and only {} is allowed",
            names(&there),
            names(&policy.algorithms)
        );
        findings.add(FindingCode::KeysNotAllowed, subject, message);
        return;
    }
    let message =
        format!("{} of {} keys at {url} may sign access tokens", fitting.len(), used.len() + ignored.len());
    findings.add(FindingCode::KeysUsable, subject, message);
}

/// The keys that the validator takes.
fn used_keys(document: &[u8], ignored: &[usize]) -> Vec<Value> {
    let mut document: Value = serde_json::from_slice(document).unwrap_or_default();
    let Some(Value::Array(keys)) = document.get_mut("keys").map(Value::take) else { return Vec::new() };
    let keys = keys.into_iter().take(KeySet::MAX_KEYS).enumerate();
    keys.filter(|(index, _)| !ignored.contains(index)).map(|(_, key)| key).collect()
}

/// What a key may sign: its `alg`, else what its kind can do (RFC 7518 section 6.1).
fn algorithms_of(key: &Value) -> Vec<Algorithm> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    if let Some(algorithm) = text("alg") {
        return algorithm.parse().into_iter().collect();
    }
    match (text("kty"), text("crv")) {
        (Some("RSA"), _) => RSA.to_vec(),
        (Some("EC"), Some("P-256")) => vec![Algorithm::Es256],
        (Some("EC"), Some("P-384")) => vec![Algorithm::Es384],
        (Some("OKP"), Some("Ed25519")) => vec![Algorithm::EdDsa],
        _ => Vec::new(),
    }
}

const RSA: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];
