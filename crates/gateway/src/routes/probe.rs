//! Liveness and readiness, which say nothing but a status.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::State, routing::get};
use http::StatusCode;
use token_validate::Validator;

/// Whether the gateway can judge tokens and is not about to stop.
#[derive(Clone, Debug)]
pub(crate) struct Readiness {
    validator: Validator,
    draining: Arc<AtomicBool>,
}

impl Readiness {
    /// Ready while every issuer has keys and `draining` is false.
    pub(crate) const fn new(validator: Validator, draining: Arc<AtomicBool>) -> Self {
        Self { validator, draining }
    }

    fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed) && self.validator.status().iter().all(|issuer| issuer.ready)
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

async fn ready(State(readiness): State<Readiness>) -> (StatusCode, &'static str) {
    if readiness.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

const LIVENESS: &str = "/healthz";
const READINESS: &str = "/readyz";
