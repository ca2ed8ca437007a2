use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode, response};
use hyper::body::{Body, Incoming};

use crate::detached::Detached;
use crate::pace::Pace;
use crate::response_headers::{
    EVENT_STREAM, check_content_coding, has_media_type, mark_event_stream, mark_uncacheable,
};
use crate::{ForwardError, OnBehalf, ProxyBody, UpstreamFault};

/// Refuses an answer that must not reach the client, whatever its headers.
pub(crate) fn check(head: &response::Parts) -> Result<(), ForwardError> {
    let fault = |fault: UpstreamFault| ForwardError::Protocol(fault.into());
    match head.status {
        StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            Err(ForwardError::Unauthorized)
        }
        StatusCode::SWITCHING_PROTOCOLS => Err(fault(UpstreamFault::Upgrade)),
        _ => check_coding(&head.headers),
    }
}

/// Refuses an answer whose bytes are not what they look like.
pub(crate) fn check_coding(headers: &HeaderMap) -> Result<(), ForwardError> {
    check_content_coding(headers).map_err(|fault| ForwardError::Protocol(fault.into()))
}

/// The answer with the upstream's body, under the headers that may pass.
pub(crate) fn relay(
    status: StatusCode,
    mut headers: HeaderMap,
    body: Incoming,
    if_left: Option<Detached>,
    stream: impl FnOnce() -> Pace,
) -> Response<ProxyBody> {
    let body = if has_media_type(&headers, EVENT_STREAM) && !body.is_end_stream() {
        mark_event_stream(&mut headers);
        ProxyBody::events(body, if_left, stream())
    } else {
        mark_uncacheable(&mut headers);
        ProxyBody::upstream(body, if_left)
    };
    assemble(status, headers, body)
}

/// Whether the body of an answer may tell the client about the upstream's insides: an error that is no JSON-RPC.
pub(crate) fn must_be_scrubbed(status: StatusCode, headers: &HeaderMap) -> bool {
    status.is_server_error() && !has_media_type(headers, "application/json")
}

/// The answer with a text of ours, by which the operator finds the log line.
pub(crate) fn scrub(status: StatusCode, mut headers: HeaderMap, on_behalf: &OnBehalf) -> Response<ProxyBody> {
    let request_id = on_behalf.request_id.to_str().unwrap_or_default();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    mark_uncacheable(&mut headers);
    let text = format!("the MCP server failed (request {request_id})\n");
    assemble(status, headers, ProxyBody::text(text))
}

fn assemble(status: StatusCode, headers: HeaderMap, body: ProxyBody) -> Response<ProxyBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
