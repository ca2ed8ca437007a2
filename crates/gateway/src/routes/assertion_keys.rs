//! The public keys of the assertions for upstreams, so that an upstream can verify who calls.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, response::IntoResponse, routing::get};
use bytes::Bytes;
use http::header;
use serde_json::json;

use crate::adapters::SigningKey;

/// The JWK set (RFC 7517 section 5), if any server sends assertions.
pub(crate) fn router(keys: &[Arc<SigningKey>]) -> Router {
    if keys.is_empty() {
        return Router::new();
    }
    let distinct: BTreeMap<_, _> = keys.iter().map(|key| (key.kid(), key.public())).collect();
    let document = Bytes::from(json!({ "keys": distinct.values().collect::<Vec<_>>() }).to_string());
    Router::new().route(
        PATH,
        get(async move || {
            let headers = [
                (header::CONTENT_TYPE, "application/jwk-set+json"),
                (header::CACHE_CONTROL, "public, max-age=300"),
            ];
            (headers, document.clone()).into_response()
        }),
    )
}

/// Not `/jwks`, whose keys sign access tokens: a key has one purpose.
const PATH: &str = "/.well-known/mcp-gateway/assertion-keys";
