//! What is counted and written down of those who are known.

use axum::{body::Body, extract::Request};
use http::Method;
use http_body_util::{BodyExt, Collected, Limited};
use mcp_message::{ErrorCode, Limits, Operation, Target};
use mcp_policy::{Asker, QuotaSpent, Quotas};

use super::{Asked, Principal, ProtectedServer};
use crate::{
    audit::{Entry, Trail},
    reason::Reason,
    refusal::Refusal,
    request_body::BodyBounds,
    service::Arrival,
};

/// What counts requests and writes them down, at one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oversight {
    pub(crate) trail: Trail,
    pub(crate) quotas: Quotas,
}

impl ProtectedServer {
    /// Begins the line of the audit for a request of `principal`.
    pub(super) fn entry(&self, arrival: &Arrival, method: &Method, principal: &Principal) -> Entry {
        let trail = &self.oversight().trail;
        Entry::about(trail, || self.now(), arrival.request_id, (method, self.path()), principal)
    }

    /// Takes a request from the quotas that count all of them.
    pub(super) fn spend_request(&self, principal: &Principal) -> Result<(), QuotaSpent> {
        let quotas = &self.oversight().quotas;
        if quotas.is_empty() {
            return Ok(());
        }
        with_asker(principal, |asker| quotas.spend_request(asker))
    }

    /// Takes each call of a tool from the quotas that count it.
    ///
    /// # Errors
    /// 429 as a JSON-RPC error when one is spent.
    pub(super) fn spend_calls(&self, principal: &Principal, asked: &Asked) -> Result<(), Refusal> {
        let quotas = &self.oversight().quotas;
        if !quotas.need_tool() {
            return Ok(());
        }
        let mut tools = asked.operations().iter().filter_map(|it| match &it.target {
            Target::Tool(name) => Some(name),
            Target::None | Target::Prompt(_) | Target::Resources(_) | Target::Task(_) => None,
        });
        let spent = with_asker(principal, |asker| tools.try_for_each(|it| quotas.spend_call(asker, it)));
        let id = || asked.id().map(ToOwned::to_owned);
        spent.map_err(|it| spent_refusal(it).answering(ErrorCode::TooManyRequests, id()))
    }
}

/// Two clients of the same id are not the same if they are of different issuers.
fn with_asker<T>(principal: &Principal, act: impl FnOnce(Asker<'_>) -> T) -> T {
    let client = principal.client_id().map_or("", oauth_types::ClientId::as_str);
    let client = format!("{}\u{1}{client}", principal.issuer());
    act(Asker { principal: principal.subject_digest().as_str(), client: &client })
}

/// The answer to a request whose quota is spent: 429, and a JSON-RPC error if it was a message.
///
/// Only here its body is read, since a client that gets no message back may take the server for an older one.
pub(super) async fn too_many(
    spent: QuotaSpent,
    request: Request<Body>,
    bounds: BodyBounds,
    entry: &mut Entry,
) -> Refusal {
    let refusal = spent_refusal(spent);
    if request.method() != Method::POST {
        return refusal;
    }
    let (body, _) = bounds.apply(request.into_body());
    let bytes = Limited::new(body, MOST_READ).collect().await.map(Collected::to_bytes).unwrap_or_default();
    let messages = mcp_message::read(&bytes, &Limits::default()).ok();
    let operations = messages
        .iter()
        .flat_map(mcp_message::Body::messages)
        .map(Operation::of)
        .collect::<Result<Vec<_>, _>>();
    entry.asks_for(&operations.unwrap_or_default());
    let id = messages.as_ref().and_then(mcp_message::Body::request_id).map(|it| it.raw().to_owned());
    refusal.answering(ErrorCode::TooManyRequests, id)
}

/// 429 for a quota that is spent.
fn spent_refusal(spent: QuotaSpent) -> Refusal {
    Refusal::from(Reason::QuotaSpent)
        .with_detail(&format!("quota {} of the server", spent.number))
        .retry_after(spent.retry_after)
}

/// What is read of a request only to answer it with its own id.
const MOST_READ: usize = 256 * 1024;
