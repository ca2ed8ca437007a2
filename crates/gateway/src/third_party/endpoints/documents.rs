//! Metadata and keys: the same for everybody, from memory, whatever else goes on.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
    routing::any,
};
use http::{Method, header};
use oauth_server::paths;

use super::{
    Endpoints,
    respond::{answered, noted, other_method},
};

pub(super) fn router(endpoints: &Arc<Endpoints>) -> Router {
    let mut router = Router::new();
    for location in endpoints.metadata.locations() {
        let endpoints = Arc::clone(endpoints);
        let metadata = move |request: Request| async move {
            document(request, || noted(endpoints.metadata.answer())).await
        };
        router = router.route(location, any(metadata));
    }
    let endpoints = Arc::clone(endpoints);
    let keys = move |request: Request| async move { document(request, || jwks(&endpoints)).await };
    router.route(paths::JWKS, any(keys))
}

async fn document(request: Request, answer: impl FnOnce() -> Response) -> Response {
    answered(METHODS, request, async |request| {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            answer()
        } else {
            other_method(METHODS, &request)
        }
    })
    .await
}

/// The key set (RFC 7517 section 5), of which verifiers may keep a copy for five minutes.
fn jwks(endpoints: &Endpoints) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, endpoints.signing_keys.jwks().as_json().to_owned()).into_response()
}

const METHODS: &str = "GET, HEAD, OPTIONS";
