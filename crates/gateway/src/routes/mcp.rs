//! An MCP endpoint.

use axum::{extract::Request, response::Response};
use http::Method;

use super::cors;
use crate::{
    access::{self, ProtectedServer},
    service::Arrival,
};

/// Answers one request: the preflight of a browser, or the fixed way of [`access::serve`].
pub(crate) async fn answer(server: &ProtectedServer, arrival: &Arrival, request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return match server.origins().check(request.headers()) {
            Ok(()) => cors::preflight_of_mcp(METHODS, request.headers(), server.ways().api_keys.is_some()),
            Err(reason) => crate::refusal::Refusal::from(reason).into_response(arrival.request_id),
        };
    }
    let from_page = request.headers().contains_key(http::header::ORIGIN);
    let mut response = match access::serve(server, arrival, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(arrival.request_id),
    };
    if from_page && response.extensions().get() != Some(&crate::reason::Reason::OriginForbidden) {
        cors::expose(response.headers_mut());
    }
    response
}

/// What an MCP endpoint takes.
pub(crate) const METHODS: &str = "POST, GET, DELETE, HEAD, OPTIONS";
