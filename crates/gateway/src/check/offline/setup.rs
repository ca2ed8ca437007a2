use std::sync::{Arc, atomic::AtomicBool};

use mcp_proxy::SessionKey;
use oauth_types::{SystemClock, SystemEntropy};
use prometheus_client::metrics::counter::Counter;
use tokio_util::sync::CancellationToken;

use outbound_http::causes;

use crate::{
    adapters::{AnnotationsOfServers, DpopMemory, QuotasOfServers, SigningKey, SigningKeyError},
    api_keys::KeyRings,
    audit::Trail,
    check::{FindingCode, Findings},
    config::Loaded,
    metrics::Metrics,
    own_authorization_server::OwnAuthorizationServer,
    runtime::{BuildError, Process, Runtime},
};

/// Builds everything that `serve` builds before it opens its socket, and throws it away.
pub(super) fn check(loaded: &Loaded, findings: &mut Findings) {
    if let Err(error) = build(loaded) {
        findings.add(FindingCode::SetupRefused, subject(&error), causes(&error));
    }
}

fn build(loaded: &Loaded) -> Result<(), BuildError> {
    // An authorization server of our own would open its store, which `serve` may have open.
    Runtime::build(loaded, &process()?, OwnAuthorizationServer::default(), None).map(drop)
}

fn process() -> Result<Process, SigningKeyError> {
    Ok(Process {
        audit: Trail::default(),
        quotas: QuotasOfServers::default(),
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(SystemEntropy),
        session_key: SessionKey::random(&SystemEntropy),
        dpop: DpopMemory::new(&SystemEntropy),
        api_keys: KeyRings::default(),
        identity_key: Arc::new(SigningKey::generate()?),
        annotations: AnnotationsOfServers::default(),
        metrics: Arc::new(Metrics::new(Counter::default())),
        draining: Arc::new(AtomicBool::new(false)),
        listening_ends: CancellationToken::new(),
        answering_ends: CancellationToken::new(),
    })
}

/// The section to look into.
const fn subject(error: &BuildError) -> &'static str {
    match error {
        BuildError::Issuer(_) => "authorization_server",
        BuildError::Server(_) | BuildError::SigningKey(_) | BuildError::ApiKeys(_) => "server",
        BuildError::Outbound(_) => "outbound",
    }
}
