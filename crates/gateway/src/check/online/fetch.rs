use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header::ACCEPT};
use oauth_types::{Clock, Issuer, UnixTime, is_loopback_host};
use outbound_http::{HttpClient, Limits};
use url::Url;

use super::PROBE;
use outbound_http::causes;

/// An answer, and when it came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) at: UnixTime,
}

/// Asks for a document; the error is a text for people.
pub(super) async fn get(http: &dyn HttpClient, clock: &dyn Clock, url: &Url) -> Result<Answer, String> {
    let request = Request::get(url.as_str())
        .header(ACCEPT, "application/json, application/jwk-set+json")
        .body(Bytes::new())
        .map_err(|error| error.to_string())?;
    send(http, clock, request).await
}

pub(super) async fn send(
    http: &dyn HttpClient,
    clock: &dyn Clock,
    request: Request<Bytes>,
) -> Result<Answer, String> {
    let limits = Limits { timeout: PROBE, ..Limits::default() };
    let answer = http.send(request, limits).await.map_err(|error| causes(&error))?;
    let (head, body) = answer.into_parts();
    Ok(Answer { status: head.status, headers: head.headers, body, at: clock.now() })
}

/// Whether an authorization server may name `url` as one of its own: `https`, or loopback like the issuer.
///
/// The gateway itself refuses others (RFC 8414 section 2).
pub(super) fn is_secure(url: &Url, issuer: &Issuer) -> bool {
    let is_loopback = issuer.is_loopback() && url.host().is_some_and(|host| is_loopback_host(&host));
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && is_loopback);
    scheme
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
}
