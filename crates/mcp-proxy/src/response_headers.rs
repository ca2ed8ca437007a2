use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::header_names::{Nominated, is_connection_specific, is_mcp};
use crate::session::MCP_SESSION_ID;
use crate::{ProxySetupError, UpstreamFault};

/// Which response headers reach the client.
#[derive(Debug)]
pub(crate) struct ResponseHeaders {
    extra: Vec<HeaderName>,
}

impl ResponseHeaders {
    pub(crate) fn new(extra: Vec<HeaderName>) -> Result<Self, ProxySetupError> {
        match extra.iter().find(|name| must_stop(name.as_str())) {
            Some(name) => Err(ProxySetupError::ResponseHeader(name.clone())),
            None => Ok(Self { extra }),
        }
    }

    /// The upstream's headers that the client may see: the rest is taken out.
    pub(crate) fn pass(&self, mut upstream: HeaderMap) -> HeaderMap {
        if upstream.contains_key(TRANSFER_ENCODING) {
            // The length beside it does not describe the body (RFC 9112 section 6.3).
            upstream.remove(CONTENT_LENGTH);
        }
        let nominated = Nominated::of(&upstream);
        let ends_here = |name: &HeaderName| {
            !self.passes(name) || nominated.as_ref().is_some_and(|nominated| nominated.contains(name))
        };
        let ending: Vec<HeaderName> = upstream.keys().filter(|name| ends_here(name)).cloned().collect();
        for name in ending {
            upstream.remove(name);
        }
        upstream
    }

    fn passes(&self, name: &HeaderName) -> bool {
        match name.as_str() {
            "allow" | "cache-control" | "content-language" | "content-length" | "content-type"
            | "retry-after" => true,
            other => is_mcp(other) && name != MCP_SESSION_ID || self.extra.contains(name),
        }
    }
}

/// Refuses an answer in a coding that nobody asked for: passed on without its header it would be noise,
/// and with it every reader would have to guard against what it unpacks to.
pub(crate) fn check_content_coding(upstream: &HeaderMap) -> Result<(), UpstreamFault> {
    let is_identity = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if upstream.get_all(CONTENT_ENCODING).iter().all(is_identity) {
        Ok(())
    } else {
        Err(UpstreamFault::ContentCoding)
    }
}

/// Keeps every cache and buffer between the proxy and the client away from a stream.
pub(crate) fn mark_event_stream(headers: &mut HeaderMap) {
    headers.remove(CONTENT_LENGTH);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
}

/// Keeps answers, which depend on who asks, out of shared caches unless the upstream has done so itself.
pub(crate) fn mark_uncacheable(headers: &mut HeaderMap) {
    if !headers.get_all(CACHE_CONTROL).iter().any(forbids_sharing) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// `private="name"` is about one header only, so it does not count.
fn forbids_sharing(value: &HeaderValue) -> bool {
    value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(|directive| {
        directive.eq_ignore_ascii_case(b"private") || directive.eq_ignore_ascii_case(b"no-store")
    })
}

/// Whether the media type, without its parameters, is `expected`.
pub(crate) fn has_media_type(headers: &HeaderMap, expected: &str) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.as_bytes().split(|byte| *byte == b';').next())
        .is_some_and(|media_type| media_type.trim_ascii().eq_ignore_ascii_case(expected.as_bytes()))
}

/// Headers that act on the gateway's own origin, speak for its authorization, or are set by the proxy:
/// no configuration lets them through.
fn must_stop(name: &str) -> bool {
    let origin = matches!(
        name,
        "alt-svc"
            | "clear-site-data"
            | "cookie"
            | "refresh"
            | "service-worker-allowed"
            | "set-cookie"
            | "set-cookie2"
            | "strict-transport-security"
    );
    let authorization = matches!(name, "www-authenticate" | "authentication-info" | "authorization");
    let set_here = matches!(name, "content-encoding" | "location" | "mcp-session-id" | "x-request-id");
    let internal = name.starts_with("mcp-") && !is_mcp(name);
    origin
        || authorization
        || set_here
        || internal
        || name.starts_with("access-control-")
        || is_connection_specific(name)
}

pub(crate) const EVENT_STREAM: &str = "text/event-stream";
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
