//! How often programs of one address may be refused.

use std::sync::Arc;

use axum::response::Response;
use http::{StatusCode, header};
use oauth_server::{Budget, Rate};
use oauth_types::Clock;

use super::source;
use crate::{reason::Reason, refusal::Refusal, service::Arrival};

/// Counts what was refused, by address.
///
/// What succeeds is not counted: many people may come from one address, all of a hosted client above all.
#[derive(Clone, Debug)]
pub(crate) struct Failures {
    budget: Arc<Budget<Vec<u8>>>,
    clock: Arc<dyn Clock>,
}

impl Failures {
    /// None yet.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { budget: Arc::new(Budget::new(RATE, ADDRESSES)), clock }
    }

    /// The answer 429, if the address of `arrival` was refused too often.
    pub(in crate::third_party) fn too_many(&self, arrival: &Arrival) -> Option<Response> {
        let wait = self.budget.check(&source(arrival.client), self.clock.now()).err()?;
        let mut response = Refusal::from(Reason::AddressFails).into_response(arrival.request_id);
        response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
        Some(response)
    }

    /// Counts an answer that is a refusal.
    pub(in crate::third_party) fn count(&self, arrival: &Arrival, status: StatusCode) {
        if matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            // The one that is too many was answered; the next one is not.
            let _ = self.budget.spend(source(arrival.client), self.clock.now());
        }
    }
}

const RATE: Rate = Rate::per_minute(600);
/// Addresses that are counted apart.
const ADDRESSES: usize = 16 * 1024;
