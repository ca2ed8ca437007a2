//! Liveness and readiness, which say nothing but a status; what is missing is for the log.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use oauth_types::Issuer;
use token_validate::{IssuerStatus, Validator};

use crate::{own_authorization_server::Hindrance, reason::Reason, refusal::Refusal, service::Arrival};

/// Whether the gateway can judge tokens for each server, can issue them if it does, and is not about to stop.
#[derive(Clone, Debug)]
pub(crate) struct Readiness {
    validator: Validator,
    servers: Arc<[ServerIssuers]>,
    draining: Arc<AtomicBool>,
    hindrance: Hindrance,
}

/// Whose tokens count for the server at a path.
#[derive(Clone, Debug)]
pub(crate) struct ServerIssuers {
    pub(crate) path: String,
    pub(crate) issuers: Vec<Issuer>,
}

impl Readiness {
    /// Ready while each of `servers` has an issuer with keys and `draining` is false.
    ///
    /// One issuer of several that cannot be reached keeps nobody out but its own users.
    pub(crate) fn new(validator: Validator, servers: Vec<ServerIssuers>, draining: Arc<AtomicBool>) -> Self {
        Self { validator, servers: servers.into(), draining, hindrance: Hindrance::default() }
    }

    /// Not ready either while `hindrance` has something to tell.
    pub(crate) fn hindered_by(self, hindrance: Hindrance) -> Self {
        Self { hindrance, ..self }
    }

    /// What keeps it from being ready.
    fn hindrance(&self) -> Option<String> {
        if self.draining.load(Ordering::Relaxed) {
            return Some("stopping".to_owned());
        }
        self.hindrance.now().or_else(|| self.missing_keys())
    }

    fn missing_keys(&self) -> Option<String> {
        let status = self.validator.status();
        let missing = self.servers.iter().find(|it| !it.has_keys(&status))?;
        let issuers: Vec<_> = missing.issuers.iter().map(Issuer::as_str).collect();
        Some(format!("{} waits for the keys of {}", missing.path, issuers.join(" or ")))
    }
}

impl ServerIssuers {
    fn has_keys(&self, status: &[IssuerStatus]) -> bool {
        status.iter().any(|it| it.ready && self.issuers.contains(&it.issuer))
    }
}

/// Whether `path` is a probe, which answers under any host name.
pub(crate) fn is_probe(path: &str) -> bool {
    path == LIVENESS || path == READINESS
}

/// `/healthz` and `/readyz`.
pub(crate) fn router(readiness: Readiness) -> Router {
    Router::new().route(LIVENESS, get(async || "ok\n")).route(READINESS, get(ready)).with_state(readiness)
}

async fn ready(State(readiness): State<Readiness>, request: Request) -> Response {
    match readiness.hindrance() {
        None => "ready\n".into_response(),
        Some(why) => {
            let refusal = Refusal::from(Reason::NotReady).with_detail(&why);
            refusal.into_response(Arrival::of(&request).request_id)
        }
    }
}

const LIVENESS: &str = "/healthz";
const READINESS: &str = "/readyz";
