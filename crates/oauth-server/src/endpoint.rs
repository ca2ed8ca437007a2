//! What the token, revocation and introspection endpoints have in common: a form in, JSON out.

mod authenticate;
mod error;
mod proofs;
mod read;

pub(crate) use authenticate::authenticate;
pub(crate) use error::EndpointError;
pub(crate) use proofs::Proofs;
pub(crate) use read::read;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Response,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use serde::Serialize;

/// The methods of the endpoints that take a form.
pub(crate) const POST_ONLY: &[Method] = &[Method::POST];

/// A successful answer, which nobody may keep (OAuth 2.1 section 3.2.3).
pub(crate) fn json(body: &impl Serialize) -> Response<Bytes> {
    // The bodies are structs of texts and numbers, which always serialize.
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Bytes::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
