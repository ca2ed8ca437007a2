use futures_util::future::join_all;
use oauth_types::{Clock, Issuer};
use outbound_http::HttpClient;
use token_validate::{IssuerPolicy, KeySource};

use super::{discovery, keys, together};
use crate::{
    check::{Findings, subject},
    config::{ClientKeys, Config, ThirdParty},
};

/// Asks for the keys of whoever signs what `/token` takes: trusted issuers (ID-JAG), and clients of the configuration
/// that prove themselves by an assertion, such as those that act for themselves or exchange tokens.
///
/// Each is asked by the way out that `serve` takes: `named` to issuers, `to_strangers` to clients.
/// Keys in files were read when the configuration was.
pub(in crate::check) async fn check(
    config: &Config,
    (named, to_strangers): (&dyn HttpClient, &dyn HttpClient),
    clock: &dyn Clock,
) -> Findings {
    let Some(third_party) = &config.third_party else { return Findings::default() };
    let leeway = config.validation.leeway.get();
    let signers = signers(third_party, &config.public_url.issuer());
    let checks = signers.into_iter().map(|Signer { subject, policy, is_client }| async move {
        let http = if is_client { to_strangers } else { named };
        let mut findings = Findings::default();
        let metadata = match policy.keys {
            KeySource::Discovery => {
                discovery::check(http, clock, leeway, &policy.issuer, &subject, &mut findings).await
            }
            _ => None,
        };
        findings.extend(keys::check(http, clock, &policy, metadata.as_ref(), &subject).await);
        findings
    });
    together(join_all(checks).await)
}

/// Whose keys are elsewhere, and where.
struct Signer {
    subject: String,
    policy: IssuerPolicy,
    is_client: bool,
}

fn signers(third_party: &ThirdParty, ours: &Issuer) -> Vec<Signer> {
    let of = |issuer: &Issuer, keys| {
        let mut policy = IssuerPolicy::new(issuer.clone());
        policy.keys = keys;
        policy
    };
    let mut signers = Vec::new();
    for (index, it) in third_party.trusted_issuers.iter().enumerate() {
        let keys = match &it.keys {
            Some(ClientKeys::File(_)) => continue,
            Some(ClientKeys::JwksUri(url)) => KeySource::JwksUri(url.clone()),
            None => KeySource::Discovery,
        };
        let subject = subject::trusted_issuer(index);
        signers.push(Signer { subject, policy: of(&it.issuer, keys), is_client: false });
    }
    for (index, it) in third_party.clients.iter().enumerate() {
        if let Some(ClientKeys::JwksUri(url)) = &it.keys {
            // A client is the issuer of its own assertions; no URL, so ours stands for it.
            let policy = of(ours, KeySource::JwksUri(url.clone()));
            signers.push(Signer { subject: subject::client(index), policy, is_client: true });
        }
    }
    signers
}
