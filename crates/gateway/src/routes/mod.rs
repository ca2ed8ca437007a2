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
use http::{HeaderValue, header};
use resource_metadata::Documents;
use tower_service::Service;

use crate::{
    access::ProtectedServer, adapters::SigningKey, reason::Reason, refusal::Refusal, service::Arrival,
};

pub(crate) use self::{
    mcp::METHODS as MCP_METHODS,
    probe::{Readiness, is_probe},
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
            .flat_map(|server| spellings(server.path()).into_iter().map(|path| (path, Arc::clone(server))));
        Self { endpoints: endpoints.collect(), others }
    }

    /// Lets the route of `request` answer it; the log learns which it is.
    pub(crate) async fn answer(&self, arrival: Arrival, mut request: Request) -> Response {
        if let Some(server) = self.endpoints.get(request.uri().path()) {
            arrival.note_route(Arc::clone(server.route()));
            return mcp::answer(server, &arrival, request).await;
        }
        request.extensions_mut().insert(arrival);
        match self.others.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

async fn note_route(request: Request, next: Next) -> Response {
    if let Some(route) = request.extensions().get::<MatchedPath>() {
        Arrival::of(&request).note_route(route.as_str().into());
    }
    next.run(request).await
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

fn spellings(path: &str) -> Vec<String> {
    if path == "/" { vec![path.to_owned()] } else { vec![path.to_owned(), format!("{path}/")] }
}
