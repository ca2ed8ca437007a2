use bytes::Bytes;
use http::Response;
use oauth_types::JwkThumbprint;
use serde::Serialize;

use super::token_exchange::ACCESS_TOKEN;
use crate::{GrantType, TokenGrant, TokenText, endpoint};

/// The members of a successful answer (OAuth 2.1 section 3.2.3).
#[derive(Serialize)]
struct Members<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    /// For exchanges only (RFC 8693 section 2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    /// Always what was granted, whatever was asked for; without values it cannot be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// `key` is the one that the access token is bound to.
pub(super) fn render(
    grant: &TokenGrant,
    grant_type: GrantType,
    key: Option<&JwkThumbprint>,
) -> Response<Bytes> {
    endpoint::json(&Members {
        access_token: grant.access_token.expose(),
        token_type: if key.is_some() { "DPoP" } else { "Bearer" },
        expires_in: grant.expires_in.as_secs(),
        issued_token_type: (grant_type == GrantType::TokenExchange).then_some(ACCESS_TOKEN),
        refresh_token: grant.refresh_token.as_ref().map(TokenText::expose),
        scope: (!grant.scope.is_empty()).then(|| grant.scope.to_string()),
    })
}
