use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header::ACCEPT};
use oauth_types::{AuthorizationServerMetadata, Clock, Issuer, UnixTime, is_loopback_host};
use outbound_http::{HttpClient, Limits};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::credential::CredentialError;

/// Where one authorization server exchanges tokens: as the configuration says, or as its own metadata does.
#[derive(Debug)]
pub(super) struct TokenEndpoint {
    issuer: Issuer,
    configured: Option<Url>,
    /// Held while the metadata is fetched, so that all who wait for it cause one question.
    found: Mutex<Found>,
}

/// What the metadata said last.
#[derive(Debug, Default)]
struct Found {
    url: Option<Url>,
    /// Until when nobody is asked again, with the failure of the last question, if it was one.
    rest: Option<(UnixTime, Option<CredentialError>)>,
}

impl TokenEndpoint {
    /// Nothing is asked yet.
    pub(super) fn new(issuer: Issuer, configured: Option<Url>) -> Self {
        Self { issuer, configured, found: Mutex::default() }
    }

    /// The endpoint.
    ///
    /// What was found once is used on while the metadata cannot be had.
    ///
    /// # Errors
    /// When the metadata names none that may be used, or cannot be had; it is asked for again after [`PAUSE`].
    pub(super) async fn get(&self, http: &dyn HttpClient, clock: &dyn Clock) -> Result<Url, CredentialError> {
        if let Some(url) = &self.configured {
            return Ok(url.clone());
        }
        let mut found = self.found.lock().await;
        let now = clock.now();
        let rests = found.rest.as_ref().is_some_and(|(until, _)| now < *until);
        if !rests {
            found.rest = Some(match discover(http, &self.issuer).await {
                Ok(url) => {
                    found.url = Some(url);
                    (now + FRESH, None)
                }
                Err(error) => (now + PAUSE, Some(error)),
            });
        }
        match (&found.url, &found.rest) {
            (Some(url), _) => Ok(url.clone()),
            (None, Some((_, Some(error)))) => Err(error.clone()),
            (None, _) => Err(CredentialError::unavailable("the metadata was not asked for")),
        }
    }
}

/// The token endpoint by the metadata of `issuer` (RFC 8414 section 3, OpenID Connect Discovery section 4), at the first
/// of its addresses that has a good document.
///
/// A document that names another issuer is refused whole (RFC 8414 section 3.3), since our own secret would go there.
async fn discover(http: &dyn HttpClient, issuer: &Issuer) -> Result<Url, CredentialError> {
    let mut telling = None;
    for url in issuer.metadata_urls() {
        let request = Request::get(url.as_str())
            .header(ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|_| CredentialError::misconfigured("the metadata has no address"))?;
        // What the error says does not hold the address.
        let answer = http.send(request, Limits::default()).await;
        let answer = answer.map_err(|error| CredentialError::unavailable(format!("metadata: {error}")))?;
        let fault = match answer.status() {
            StatusCode::OK => match endpoint(issuer, answer.body()) {
                Ok(url) => return Ok(url),
                Err(fault) => Some(fault),
            },
            status if status.is_server_error() => {
                Some(CredentialError::unavailable(format!("the metadata answered {}", status.as_u16())))
            }
            _ => None,
        };
        telling = telling.or(fault);
    }
    let missing = || CredentialError::misconfigured("there is no metadata: write `token_endpoint`");
    Err(telling.unwrap_or_else(missing))
}

fn endpoint(issuer: &Issuer, document: &[u8]) -> Result<Url, CredentialError> {
    /// Read first, so that a foreign document is named as such even when it is malformed otherwise.
    #[derive(Deserialize)]
    struct Identity {
        issuer: String,
    }

    let wrong = |what: &'static str| Err(CredentialError::misconfigured(what));
    let Ok(identity) = serde_json::from_slice::<Identity>(document) else {
        return wrong("what should be the metadata is none");
    };
    if identity.issuer != issuer.as_str() {
        return wrong("the metadata names another issuer");
    }
    let Ok(metadata) = serde_json::from_slice::<AuthorizationServerMetadata>(document) else {
        return wrong("the metadata is malformed");
    };
    match metadata.token_endpoint {
        None => wrong("the metadata names no token endpoint"),
        Some(url) if may_be_asked(&url, issuer) => Ok(url),
        Some(_) => wrong("the metadata names a token endpoint that is not an https URL"),
    }
}

/// `https`, or loopback as the issuer itself; nothing in it that is no address.
pub(crate) fn may_be_asked(url: &Url, issuer: &Issuer) -> bool {
    let loopback = issuer.is_loopback() && url.host().is_some_and(|host| is_loopback_host(&host));
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    scheme && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

/// For how long metadata is believed without a look at it.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// How long a failure is believed.
const PAUSE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
