use bytes::Bytes;
use http::{Request, header::ACCEPT, header::USER_AGENT};
use oauth_types::is_loopback_host;
use outbound_http::HttpClient;
use serde::Deserialize;
use url::Url;

use super::ExpectedIssuer;
use crate::{
    MetadataError,
    answer::{AGENT, LIMITS},
};

/// What a client reads of metadata (RFC 8414 section 2, OpenID Connect Discovery section 3).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    pub(crate) authorization_endpoint: Option<Url>,
    pub(crate) token_endpoint: Option<Url>,
    pub(crate) userinfo_endpoint: Option<Url>,
    pub(crate) revocation_endpoint: Option<Url>,
    pub(crate) introspection_endpoint: Option<Url>,
    pub(crate) jwks_uri: Option<Url>,
    pub(crate) end_session_endpoint: Option<Url>,
    pub(crate) backchannel_logout_session_supported: bool,
    pub(crate) token_endpoint_auth_methods_supported: Vec<String>,
    pub(crate) scopes_supported: Vec<String>,
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

/// The metadata of `issuer`, from the first well-known place that has a document.
///
/// A document that speaks for another issuer is refused whole (RFC 8414 section 3.3).
pub(super) async fn fetch(
    http: &dyn HttpClient,
    issuer: &ExpectedIssuer,
    openid: bool,
) -> Result<Metadata, MetadataError> {
    let mut urls = issuer.metadata_urls();
    if openid {
        // OpenID providers put it at the end of the path (OpenID Connect Discovery section 4).
        urls.reverse();
    }
    for url in urls {
        let request = Request::get(url.as_str())
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, AGENT)
            .body(Bytes::new())
            .map_err(|_| MetadataError::NotFound)?;
        let answer =
            http.send(request, LIMITS).await.map_err(|error| MetadataError::NoAnswer(error.to_string()))?;
        match answer.status().as_u16() {
            200 => return read(answer.body(), issuer),
            status @ (429 | 500..) => return Err(MetadataError::NoAnswer(format!("status {status}"))),
            _ => {}
        }
    }
    Err(MetadataError::NotFound)
}

/// Lets through an endpoint if it is `https`, or loopback like the issuer itself.
pub(super) fn is_allowed(url: &Url, loopback_issuer: bool) -> bool {
    let is_loopback = url.host().is_some_and(|host| is_loopback_host(&host));
    crate::settings::is_allowed(url) && (loopback_issuer || !is_loopback)
}

fn read(body: &[u8], issuer: &ExpectedIssuer) -> Result<Metadata, MetadataError> {
    /// Read first, so that a foreign document is named as such even when it is malformed otherwise.
    #[derive(Deserialize)]
    struct Name {
        issuer: String,
    }
    let name: Name = serde_json::from_slice(body).map_err(|_| MetadataError::Malformed)?;
    if name.issuer != issuer.in_metadata() {
        return Err(MetadataError::OtherIssuer);
    }
    serde_json::from_slice(body).map_err(|_| MetadataError::Malformed)
}
