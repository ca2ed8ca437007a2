use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use http::{HeaderName, StatusCode, Uri, header};

use crate::{Documents, WELL_KNOWN_PATH};

/// Serves the documents with GET and HEAD at every location of every resource.
///
/// Any page may read them (CORS `*`, preflight included), caches keep them for five minutes.
/// An unknown path below [`WELL_KNOWN_PATH`] is 404 and another method 405, both with a JSON body.
/// It claims no other path and no fallback, so it merges into any application.
pub fn router(documents: Documents) -> Router {
    let mut router = Router::new()
        .without_v07_checks()
        .route(WELL_KNOWN_PATH, methods())
        .route(&format!("{WELL_KNOWN_PATH}/"), methods())
        .route(&format!("{WELL_KNOWN_PATH}/{{*resource}}"), methods());
    for path in documents.appended_paths() {
        router = router.route(path, methods());
    }
    router.with_state(Arc::new(documents))
}

fn methods() -> MethodRouter<Arc<Documents>> {
    get(document).options(preflight).fallback(method_not_allowed)
}

async fn document(State(documents): State<Arc<Documents>>, uri: Uri) -> Response {
    match documents.find(uri.path()) {
        Some(document) => {
            (CORS, [JSON, (header::CACHE_CONTROL, "public, max-age=300")], document.clone()).into_response()
        }
        None => error(StatusCode::NOT_FOUND, NOT_FOUND),
    }
}

async fn preflight() -> Response {
    (StatusCode::NO_CONTENT, CORS, PREFLIGHT).into_response()
}

async fn method_not_allowed() -> Response {
    ([(header::ALLOW, METHODS)], error(StatusCode::METHOD_NOT_ALLOWED, METHOD_NOT_ALLOWED)).into_response()
}

fn error(status: StatusCode, body: &'static str) -> Response {
    (status, CORS, [JSON, (header::CACHE_CONTROL, "no-store")], body).into_response()
}

const METHODS: &str = "GET, HEAD, OPTIONS";
const JSON: (HeaderName, &str) = (header::CONTENT_TYPE, "application/json");
const NOT_FOUND: &str =
    r#"{"error":"not_found","error_description":"there is no protected resource with this path"}"#;
const METHOD_NOT_ALLOWED: &str =
    r#"{"error":"method_not_allowed","error_description":"metadata is read with GET or HEAD"}"#;
const CORS: [(HeaderName, &str); 2] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "WWW-Authenticate, Mcp-Session-Id, Mcp-Protocol-Version, Last-Event-Id, Retry-After",
    ),
];
const PREFLIGHT: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID",
    ),
    (header::ACCESS_CONTROL_MAX_AGE, "7200"),
];

#[cfg(test)]
mod tests;
