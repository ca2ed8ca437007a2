use oauth_types::{AuthorizationServerMetadata, Issuer};
use outbound_http::HttpClient;
use serde::Deserialize;
use url::Url;

use super::{
    fetch::{KeyFetchError, allow, fetch},
    store::Endpoints,
};

/// The endpoints of `issuer` by its metadata (RFC 8414 section 3, OpenID Connect Discovery section 4).
///
/// A document that names another issuer is refused whole (RFC 8414 section 3.3).
pub(crate) async fn discover(http: &dyn HttpClient, issuer: &Issuer) -> Result<Endpoints, KeyFetchError> {
    let mut first_error = None;
    for url in issuer.metadata_urls() {
        match document(http, issuer, &url).await {
            Ok(metadata) => {
                let allow = |url: Option<Url>| url.map(|it| allow(it, issuer)).transpose();
                return Ok(Endpoints {
                    jwks_uri: allow(metadata.jwks_uri)?,
                    introspection_endpoint: allow(metadata.introspection_endpoint)?,
                });
            }
            Err(error) => first_error = Some(more_telling(first_error, error)),
        }
    }
    Err(first_error.unwrap_or(KeyFetchError::NoJwksUri))
}

async fn document(
    http: &dyn HttpClient,
    issuer: &Issuer,
    url: &Url,
) -> Result<AuthorizationServerMetadata, KeyFetchError> {
    /// Read first, so that a foreign document is named as such even when it is malformed otherwise.
    #[derive(Deserialize)]
    struct Identity {
        issuer: String,
    }

    let body = fetch(http, url).await?;
    let not_metadata = |source| KeyFetchError::NotMetadata { url: url.clone(), source };
    let identity: Identity = serde_json::from_slice(&body).map_err(not_metadata)?;
    if identity.issuer != issuer.as_str() {
        return Err(KeyFetchError::OtherIssuer { url: url.clone(), found: identity.issuer });
    }
    serde_json::from_slice(&body).map_err(not_metadata)
}

/// A wrong document says more than a missing one, and the first of a kind more than the next.
fn more_telling(before: Option<KeyFetchError>, error: KeyFetchError) -> KeyFetchError {
    match before {
        None | Some(KeyFetchError::Status { .. }) => error,
        Some(before) => before,
    }
}
