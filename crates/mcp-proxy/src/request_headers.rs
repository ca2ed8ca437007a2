use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::header_names::{Nominated, is_connection_specific, is_mcp};
use crate::session::MCP_SESSION_ID;
use crate::{ForwardError, ProxySetupError};

/// Which request headers reach the upstream.
#[derive(Debug)]
pub(crate) struct RequestHeaders {
    extra: Vec<HeaderName>,
}

impl RequestHeaders {
    pub(crate) fn new(extra: Vec<HeaderName>) -> Result<Self, ProxySetupError> {
        match extra.iter().find(|name| must_stop(name.as_str())) {
            Some(name) => Err(ProxySetupError::RequestHeader(name.clone())),
            None => Ok(Self { extra }),
        }
    }

    /// The client's headers that the upstream may see.
    ///
    /// They are copied by reference count; the client's own stay whole, so that a redirect can start again.
    pub(crate) fn pass(&self, method: &Method, client: &HeaderMap) -> HeaderMap {
        let mut outgoing = HeaderMap::with_capacity(CAPACITY);
        let nominated = Nominated::of(client);
        for (name, value) in client {
            let ends_here = nominated.as_ref().is_some_and(|nominated| nominated.contains(name));
            if !ends_here && self.passes(name) && is_bounded(name, value, &outgoing) {
                outgoing.append(name.clone(), value.clone());
            }
        }
        outgoing.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        widen_accept(method, &mut outgoing);
        outgoing
    }

    fn passes(&self, name: &HeaderName) -> bool {
        match name.as_str() {
            "accept" | "accept-language" | "content-type" | "last-event-id" | "traceparent"
            | "tracestate" | "user-agent" => true,
            other => is_mcp(other) && name != MCP_SESSION_ID || self.extra.contains(name),
        }
    }
}

/// Refuses a compressed request: the upstream would get bytes without the header that explains them.
pub(crate) fn check_content_coding(client: &HeaderMap) -> Result<(), ForwardError> {
    let is_identity = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if client.get_all(CONTENT_ENCODING).iter().all(is_identity) {
        Ok(())
    } else {
        Err(ForwardError::ContentCoding)
    }
}

/// Says that a POST has no content, which some servers insist on (RFC 9110 section 8.6).
pub(crate) fn mark_empty(method: &Method, outgoing: &mut HeaderMap) {
    if *method == Method::POST {
        outgoing.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

/// MCP servers answer 406 to a client that accepts only one of the two types a POST may be answered with,
/// and to `*/*`; clients that say so exist.
fn widen_accept(method: &Method, outgoing: &mut HeaderMap) {
    if outgoing.get(ACCEPT).is_some_and(|it| it == BOTH) && *method == Method::POST {
        return;
    }
    let accepts = |media_type: &str| {
        let values = outgoing.get_all(ACCEPT);
        values.iter().any(|value| contains_ignore_case(value.as_bytes(), media_type.as_bytes()))
    };
    let wanted = if *method == Method::POST && !(accepts(JSON) && accepts(EVENT_STREAM)) {
        BOTH
    } else if *method == Method::GET && (accepts("*/*") || !outgoing.contains_key(ACCEPT)) {
        EVENT_STREAM
    } else {
        return;
    };
    outgoing.insert(ACCEPT, HeaderValue::from_static(wanted));
}

fn contains_ignore_case(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

/// Trace context is the only thing here that upstreams store without reading it, so it is kept to its format's size
/// (W3C Trace Context sections 3.2 and 3.3.1.5) and to one value.
fn is_bounded(name: &HeaderName, value: &HeaderValue, outgoing: &HeaderMap) -> bool {
    let fits = match name.as_str() {
        "traceparent" => value.len() <= 128 && value.as_bytes().iter().copied().all(is_traceparent_byte),
        "tracestate" => value.len() <= 512 && value.to_str().is_ok(),
        _ => return true,
    };
    fits && !outgoing.contains_key(name)
}

fn is_traceparent_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-')
}

/// Headers that are credentials, claim an identity or an address, choose another target, or are set by the proxy:
/// no configuration lets them through.
fn must_stop(name: &str) -> bool {
    let set_here = matches!(name, "accept-encoding" | "mcp-session-id" | "via" | "x-request-id");
    let credential = matches!(name, "authorization" | "cookie" | "dpop");
    let address = matches!(name, "forwarded" | "x-real-ip" | "x-client-ip" | "true-client-ip");
    let target = matches!(name, "x-original-url" | "x-rewrite-url" | "content-encoding")
        || name.contains("method-override");
    let internal = name.starts_with("mcp-") && !is_mcp(name);
    set_here
        || credential
        || address
        || target
        || internal
        || name == "baggage"
        || name.contains('_')
        || name.starts_with("x-forwarded-")
        || is_connection_specific(name)
}

/// As most clients have it, and as a POST must have it.
const BOTH: &str = "application/json, text/event-stream";
const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";
/// Enough for a usual request with identity headers, so that the map is allocated once.
const CAPACITY: usize = 24;
