use bytes::Bytes;
use http::{Request, StatusCode, header::ACCEPT};
use oauth_types::{Issuer, is_loopback_host};
use outbound_http::{FetchError, HttpClient, Limits};
use url::Url;

use crate::InvalidKeySet;

/// Why keys or metadata could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFetchError {
    #[error("{url}: {}", outbound_http::causes(source))]
    NoAnswer { url: Url, source: FetchError },
    #[error("{url} answered {status}")]
    Status { url: Url, status: StatusCode },
    #[error("{url} is not a metadata document: {source}")]
    NotMetadata { url: Url, source: serde_json::Error },
    #[error("the document at {url} belongs to the issuer {found}")]
    OtherIssuer { url: Url, found: String },
    #[error("the metadata has no jwks_uri")]
    NoJwksUri,
    #[error("the metadata has no introspection_endpoint")]
    NoIntrospectionEndpoint,
    #[error("{0} is not an https URL without user name and fragment")]
    ForbiddenUrl(Url),
    #[error("the document at {url} {source}")]
    KeySet { url: Url, source: InvalidKeySet },
    #[error("no answer within 30 s")]
    Abandoned,
}

/// The body of a 200 answer, of whatever type it says it is.
pub(crate) async fn fetch(http: &dyn HttpClient, url: &Url) -> Result<Bytes, KeyFetchError> {
    let no_answer = |source| KeyFetchError::NoAnswer { url: url.clone(), source };
    let request = Request::get(url.as_str())
        .header(ACCEPT, "application/json, application/jwk-set+json")
        .body(Bytes::new())
        .map_err(|error| no_answer(FetchError::Connection(error.into())))?;
    let response = http.send(request, Limits::default()).await.map_err(no_answer)?;
    if response.status() != StatusCode::OK {
        return Err(KeyFetchError::Status { url: url.clone(), status: response.status() });
    }
    Ok(response.into_body())
}

/// Lets through a URL from a metadata document if it is `https`, or loopback like the issuer itself.
///
/// Another host than the issuer's is allowed: Google and Cognito have their keys and endpoints elsewhere, the
/// document came from the issuer over TLS, and the guarded client refuses addresses that are not public.
pub(crate) fn allow(url: Url, issuer: &Issuer) -> Result<Url, KeyFetchError> {
    let loopback = issuer.is_loopback() && url.host().is_some_and(|host| is_loopback_host(&host));
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if scheme && bare && url.has_host() { Ok(url) } else { Err(KeyFetchError::ForbiddenUrl(url)) }
}
