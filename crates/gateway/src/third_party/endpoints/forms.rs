//! The endpoints that take a form: pushed requests, token, revocation and introspection.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use bytes::Bytes;
use oauth_server::paths;

use super::{
    Endpoints, outcome,
    respond::{Whole, answered, noted, whole},
    source,
};
use crate::service::Arrival;

pub(super) fn router(endpoints: &Arc<Endpoints>) -> Router {
    Router::new()
        .route(paths::TOKEN, any(token))
        .route(paths::PUSH, any(push))
        .route(paths::REVOKE, any(revoke))
        .route(paths::INTROSPECT, any(introspect))
        .with_state(Arc::clone(endpoints))
}

async fn token(State(on): State<Arc<Endpoints>>, request: Request) -> Response {
    answered(METHODS, request, async |request| match admitted(&on, request).await {
        Ok(it) => {
            let query = it.head.uri.query();
            let answer = on.token.answer(&it.head.method, &it.head.headers, query, &it.body).await;
            let outcome = outcome::of(&it.body, &answer);
            let mut answer = counted(&on, &it, answer);
            answer.extensions_mut().insert(outcome);
            answer
        }
        Err(refused) => refused,
    })
    .await
}

async fn push(State(on): State<Arc<Endpoints>>, request: Request) -> Response {
    answered(METHODS, request, async |request| match admitted(&on, request).await {
        Ok(it) => {
            let query = it.head.uri.query();
            let source = source(it.arrival.client);
            let (head, body) = (&it.head, &it.body);
            let answer = on.push.answer(&head.method, &head.headers, query, body, Some(&source)).await;
            counted(&on, &it, answer)
        }
        Err(refused) => refused,
    })
    .await
}

async fn revoke(State(on): State<Arc<Endpoints>>, request: Request) -> Response {
    answered(METHODS, request, async |request| match admitted(&on, request).await {
        Ok(it) => {
            let query = it.head.uri.query();
            let answer = on.revoke.answer(&it.head.method, &it.head.headers, query, &it.body).await;
            counted(&on, &it, answer)
        }
        Err(refused) => refused,
    })
    .await
}

async fn introspect(State(on): State<Arc<Endpoints>>, request: Request) -> Response {
    answered(METHODS, request, async |request| match admitted(&on, request).await {
        Ok(it) => {
            let query = it.head.uri.query();
            let answer = on.introspect.answer(&it.head.method, &it.head.headers, query, &it.body).await;
            counted(&on, &it, answer)
        }
        Err(refused) => refused,
    })
    .await
}

/// The whole request, unless too many of its address were refused.
async fn admitted(on: &Endpoints, request: Request) -> Result<Whole, Response> {
    match on.failures.too_many(&Arrival::of(&request)) {
        Some(refused) => Err(refused),
        None => whole(on, request).await,
    }
}

fn counted(on: &Endpoints, request: &Whole, answer: http::Response<Bytes>) -> Response {
    on.failures.count(&request.arrival, answer.status());
    noted(answer)
}

const METHODS: &str = "POST, OPTIONS";
