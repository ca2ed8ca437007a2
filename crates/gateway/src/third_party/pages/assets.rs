//! The stylesheet, under a name that changes with its content.

use std::{fmt::Write, sync::LazyLock};

use aws_lc_rs::digest;
use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::header;

/// `GET /assets/pages-HASH.css`, which may be kept for ever.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(stylesheet_path(), get(stylesheet))
}

/// The path of the stylesheet.
pub(super) fn stylesheet_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| {
        let digest = digest::digest(&digest::SHA256, STYLESHEET.as_bytes());
        let mut path = "/assets/pages-".to_owned();
        for byte in digest.as_ref().iter().take(HASH_BYTES) {
            // Writing to a string cannot fail.
            let _ = write!(path, "{byte:02x}");
        }
        path + ".css"
    });
    &PATH
}

async fn stylesheet() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    (headers, STYLESHEET).into_response()
}

const STYLESHEET: &str = include_str!("../../../templates/pages.css");
const HASH_BYTES: usize = 8;

#[cfg(test)]
mod tests;
