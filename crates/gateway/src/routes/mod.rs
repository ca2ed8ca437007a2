//! Every path that the gateway answers.

mod assertion_keys;
pub(crate) mod cors;
mod mcp;
mod probe;

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use resource_metadata::Documents;
use tower_service::Service;

use crate::{
    access::ProtectedServer, adapters::SigningKey, reason::Reason, refusal::Refusal, service::Arrival,
};

pub(crate) use self::{
    mcp::METHODS as MCP_METHODS,
    probe::{Readiness, ServerIssuers, is_probe},
};

/// All routes of one configuration.
#[derive(Debug)]
pub(crate) struct Routes {
    endpoints: HashMap<String, Arc<ProtectedServer>>,
    others: Router,
}

impl Routes {
    /// Each MCP endpoint answers with and without a slash at its end, since clients add and remove it.
    pub(crate) fn new(
        servers: &[Arc<ProtectedServer>],
        documents: Documents,
        readiness: Readiness,
        assertion_keys: &[Arc<SigningKey>],
        own_authorization_server: Router,
    ) -> Self {
        let others = Router::new()
            .merge(resource_metadata::router(documents))
            .merge(probe::router(readiness))
            .merge(assertion_keys::router(assertion_keys))
            .merge(own_authorization_server)
            .route_layer(middleware::from_fn(note_route))
            .fallback(nothing_here);
        let endpoints = servers
            .iter()
            .flat_map(|server| paths(server).into_iter().map(|path| (path, Arc::clone(server))));
        Self { endpoints: endpoints.collect(), others }
    }

    /// Lets the route of `request` answer it; the log learns which it is.
    pub(crate) async fn answer(&self, arrival: &Arrival, mut request: Request) -> Response {
        if let Some(server) = self.endpoints.get(request.uri().path()) {
            arrival.note_route(Arc::clone(server.route()));
            return mcp::answer(server, arrival, request).await;
        }
        request.extensions_mut().insert(arrival.clone());
        match self.others.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

async fn note_route(request: Request, next: Next) -> Response {
    let arrival = Arrival::of(&request);
    if let Some(route) = request.extensions().get::<MatchedPath>() {
        arrival.note_route(route.as_str().into());
    }
    with_reason(next.run(request).await, &arrival)
}

/// Gives what a router itself refuses the body and the reason of any other refusal; its header fields stay.
fn with_reason(response: Response, arrival: &Arrival) -> Response {
    let reason = match response.status() {
        _ if response.extensions().get::<Reason>().is_some() => return response,
        StatusCode::NOT_FOUND => Reason::RouteUnknown,
        StatusCode::METHOD_NOT_ALLOWED => Reason::MethodNotAllowed,
        _ => return response,
    };
    let mut refused = Refusal::from(reason).into_response(arrival.request_id);
    let ours = std::mem::replace(refused.headers_mut(), response.headers().clone());
    refused.headers_mut().remove(header::CONTENT_LENGTH);
    refused.headers_mut().extend(ours);
    refused
}

/// Clients in browsers look for documents in several places; without the header they would see a failure of the network
/// in place of the 404, and look no further.
async fn nothing_here(request: Request) -> Response {
    let mut response = Refusal::from(Reason::RouteUnknown).into_response(Arrival::of(&request).request_id);
    if request.uri().path().contains("/.well-known/") {
        let any = HeaderValue::from_static("*");
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    }
    response
}

/// The endpoint in both spellings, and where messages are posted exactly as the stream has told.
fn paths(server: &ProtectedServer) -> Vec<String> {
    let mut paths = spellings(server.path());
    paths.extend(server.messages_path().map(str::to_owned));
    paths
}

fn spellings(path: &str) -> Vec<String> {
    if path == "/" { vec![path.to_owned()] } else { vec![path.to_owned(), format!("{path}/")] }
}

#[cfg(test)]
pub(crate) mod tests;
