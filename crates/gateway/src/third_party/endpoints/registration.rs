//! Registration (RFC 7591) and the management of what was registered (RFC 7592).

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State},
    response::Response,
    routing::any,
};
use http::Method;
use oauth_server::paths;

use super::{
    Endpoints,
    respond::{answered, noted, other_method, whole},
    source,
};

pub(super) fn router(endpoints: &Arc<Endpoints>) -> Router {
    Router::new()
        .route(paths::REGISTER, any(register))
        .route(&format!("{}/{{client_id}}", paths::REGISTER), any(manage))
        .with_state(Arc::clone(endpoints))
}

async fn register(State(on): State<Arc<Endpoints>>, request: Request) -> Response {
    answered(REGISTER_METHODS, request, async |request| {
        let Some(registrations) = on.registrations.as_ref().filter(|_| *request.method() == Method::POST)
        else {
            return other_method(REGISTER_METHODS, &request);
        };
        match whole(&on, request).await {
            Ok(it) => {
                let source = source(it.arrival.client);
                noted(registrations.register(&it.head.headers, &it.body, Some(&source)).await)
            }
            Err(refused) => refused,
        }
    })
    .await
}

async fn manage(
    State(on): State<Arc<Endpoints>>,
    Path(client_id): Path<String>,
    request: Request,
) -> Response {
    answered(MANAGE_METHODS, request, async |request| {
        let method = request.method().clone();
        let known = matches!(method, Method::GET | Method::PUT | Method::DELETE);
        let Some(registrations) = on.registrations.as_ref().filter(|_| known) else {
            return other_method(MANAGE_METHODS, &request);
        };
        let it = match whole(&on, request).await {
            Ok(it) => it,
            Err(refused) => return refused,
        };
        noted(match method {
            Method::PUT => registrations.update(&client_id, &it.head.headers, &it.body).await,
            Method::DELETE => registrations.delete(&client_id, &it.head.headers).await,
            _ => registrations.read(&client_id, &it.head.headers).await,
        })
    })
    .await
}

const REGISTER_METHODS: &str = "POST, OPTIONS";
/// Not `HEAD`: who asks what is registered wants to read it.
const MANAGE_METHODS: &str = "GET, PUT, DELETE, OPTIONS";
