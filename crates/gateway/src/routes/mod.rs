//! Every path that the gateway answers.

mod assertion_keys;
mod cors;
mod mcp;
mod probe;

use std::sync::Arc;

use axum::{Router, extract::Request, response::Response, routing::any};
use resource_metadata::Documents;

use crate::{
    access::ProtectedServer, adapters::SigningKey, reason::Reason, refusal::Refusal, service::Arrival,
};

pub(crate) use self::{
    mcp::METHODS as MCP_METHODS,
    probe::{Readiness, is_probe},
};

/// All routes of one configuration.
///
/// Each MCP endpoint answers with and without a slash at its end, since clients add and remove it.
pub(crate) fn router(
    servers: &[Arc<ProtectedServer>],
    documents: Documents,
    readiness: Readiness,
    assertion_keys: &[Arc<SigningKey>],
) -> Router {
    let mut router = Router::new()
        .merge(resource_metadata::router(documents))
        .merge(probe::router(readiness))
        .merge(assertion_keys::router(assertion_keys));
    for server in servers {
        for path in spellings(server.path()) {
            let server = Arc::clone(server);
            router = router.route(
                &path,
                any(move |request: Request| async move { mcp::answer(&server, request).await }),
            );
        }
    }
    router.fallback(nothing_here)
}

async fn nothing_here(request: Request) -> Response {
    Refusal::from(Reason::RouteUnknown).into_response(Arrival::of(&request).request_id)
}

fn spellings(path: &str) -> Vec<String> {
    if path == "/" { vec![path.to_owned()] } else { vec![path.to_owned(), format!("{path}/")] }
}
