use oauth_client::MetadataError;
use oauth_types::Clock;
use outbound_http::HttpClient;
use url::Url;

use super::providers::settings;
use crate::config::{Provider, UnknownEndpoints};

/// The endpoints of a third party, as the gateway would use them; none of built-in accounts.
pub(crate) async fn known_endpoints(
    provider: &Provider,
    http: &dyn HttpClient,
    clock: &dyn Clock,
) -> Result<Vec<(&'static str, Url)>, UnknownEndpoints> {
    let Some(settings) = settings(provider, None) else { return Ok(Vec::new()) };
    settings.known_endpoints(http, clock).await.map_err(|error| match error {
        MetadataError::OtherIssuer => UnknownEndpoints::OtherIssuer,
        error => UnknownEndpoints::Unusable(error.to_string()),
    })
}
