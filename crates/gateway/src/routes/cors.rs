//! What web pages may send and read, once their origin has passed.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// The answer to a browser's question before the request itself.
pub(crate) fn preflight(methods: &'static str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    expose(response.headers_mut());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(SENT));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    response
}

/// The same at an MCP endpoint: there pages may also send API keys, where they are taken, and what mirrors arguments of
/// tools (`Mcp-Param-*`), whose names only the page knows: those that `asked` names are allowed.
pub(crate) fn preflight_of_mcp(methods: &'static str, asked: &HeaderMap, takes_keys: bool) -> Response {
    let mut response = preflight(methods);
    let mut sent = SENT.to_owned();
    if takes_keys {
        sent += ", X-API-Key";
    }
    for name in parameters(asked) {
        sent += ", ";
        sent += name.as_str();
    }
    let headers = response.headers_mut();
    // Names of header fields are good in a value; should one not be, what every page may send stays allowed.
    if let Ok(sent) = HeaderValue::try_from(sent) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, sent);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    response
}

fn parameters(asked: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    let lists = asked.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let names = lists.filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
    let names = names.filter_map(|it| HeaderName::from_bytes(it.trim().as_bytes()).ok());
    names.filter(|it| it.as_str().starts_with("mcp-param-"))
}

/// Lets a page read the answer; never with cookies, which are no credentials here.
pub(crate) fn expose(headers: &mut HeaderMap) {
    const FIELDS: [(HeaderName, &str); 2] =
        [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::ACCESS_CONTROL_EXPOSE_HEADERS, READ)];
    for (name, value) in FIELDS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

const SENT: &str = "Authorization, DPoP, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID";
const READ: &str = "WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, Mcp-Protocol-Version, Last-Event-Id, Retry-After, X-Request-Id";
