//! What all endpoints do around their answers.

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{Method, request::Parts};
use http_body_util::BodyExt;

use super::Endpoints;
use crate::{
    reason::Reason, refusal::Refusal, request_body::BoundedBody, routes::cors, service::Arrival,
    third_party::with_reason::with_reason,
};

/// A request whose body was read.
pub(super) struct Whole {
    pub(super) head: Parts,
    pub(super) body: Bytes,
    pub(super) arrival: Arrival,
}

/// Answers the preflight of a browser, or lets `answer` answer, and lets every page read it.
///
/// `methods` are those of the place, in the form of `Allow`.
pub(super) async fn answered<F: Future<Output = Response>>(
    methods: &'static str,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    if request.method() == Method::OPTIONS {
        return cors::preflight(methods);
    }
    let mut response = answer(request).await;
    cors::expose(response.headers_mut());
    response
}

/// The whole body, if it keeps to its bounds.
pub(super) async fn whole(endpoints: &Endpoints, request: Request) -> Result<Whole, Response> {
    let arrival = Arrival::of(&request);
    let (head, body) = request.into_parts();
    let (body, fault) = BoundedBody::new(body, MAX_BODY, endpoints.body_idle);
    let Ok(body) = body.collect().await else {
        // A body that breaks off for another reason leaves nobody to answer.
        let reason = fault.reason().unwrap_or(Reason::BodyTooSlow);
        return Err(Refusal::from(reason).into_response(arrival.request_id));
    };
    Ok(Whole { head, body: body.to_bytes(), arrival })
}

/// The answer of the protocol, with the reason that the access log gives for a refusal.
pub(super) fn noted(answer: http::Response<Bytes>) -> Response {
    with_reason(answer.map(Body::from).into_response())
}

/// 405 with the methods of the place.
pub(super) fn other_method(methods: &'static str, request: &Request) -> Response {
    let refusal = Refusal::from(Reason::MethodNotAllowed).allowing(methods);
    refusal.into_response(Arrival::of(request).request_id)
}

/// Twice what an endpoint reads at most: it answers a body that is a little too long in its own words.
const MAX_BODY: u64 = 128 * 1024;
