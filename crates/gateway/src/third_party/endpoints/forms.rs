//! The endpoints that take a form: token, revocation and introspection.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use oauth_server::paths;

use super::{
    Endpoints,
    respond::{answered, noted, whole},
};

pub(super) fn router(endpoints: &Arc<Endpoints>) -> Router {
    Router::new()
        .route(paths::TOKEN, any(token))
        .route(paths::REVOKE, any(revoke))
        .route(paths::INTROSPECT, any(introspect))
        .with_state(Arc::clone(endpoints))
}

async fn token(State(on): State<Arc<Endpoints>>, request: Request) -> Response {
    answered(METHODS, request, async |request| match whole(&on, request).await {
        Ok(it) => {
            let query = it.head.uri.query();
            noted(on.token.answer(&it.head.method, &it.head.headers, query, &it.body).await)
        }
        Err(refused) => refused,
    })
    .await
}

async fn revoke(State(on): State<Arc<Endpoints>>, request: Request) -> Response {
    answered(METHODS, request, async |request| match whole(&on, request).await {
        Ok(it) => {
            let query = it.head.uri.query();
            noted(on.revoke.answer(&it.head.method, &it.head.headers, query, &it.body).await)
        }
        Err(refused) => refused,
    })
    .await
}

async fn introspect(State(on): State<Arc<Endpoints>>, request: Request) -> Response {
    answered(METHODS, request, async |request| match whole(&on, request).await {
        Ok(it) => {
            let query = it.head.uri.query();
            noted(on.introspect.answer(&it.head.method, &it.head.headers, query, &it.body).await)
        }
        Err(refused) => refused,
    })
    .await
}

const METHODS: &str = "POST, OPTIONS";
