//! The headers of every page.

use askama::Template;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// Whether a window that opened the page keeps hold of it.
///
/// Clients in a browser open the authorization request in a new window and hear of its end through that hold, so
/// the pages on the way to a client must keep it; `Cross-Origin-Opener-Policy` would also make them believe that
/// the window has been closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opener {
    Kept,
    Severed,
}

/// The page of a template.
///
/// A template that fails, which only an allocation or a broken `Display` could cause, is an empty 500.
pub(super) fn html(status: StatusCode, opener: Opener, template: &impl Template) -> Response {
    let (status, body) = match template.render() {
        Ok(body) => (status, body),
        Err(error) => {
            tracing::error!(error = %error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, String::new())
        }
    };
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if opener == Opener::Severed {
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    }
    response
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// `form-action` is missing on purpose: Chromium applies it to the redirects that follow a form, and ours lead to the
/// third party and to the client.
/// `Referrer-Policy` is `same-origin` since with `no-referrer` a browser sends `Origin: null` with our own forms.
const HEADERS: [(HeaderName, &str); 9] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];
