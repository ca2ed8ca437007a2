use std::path::PathBuf;

use oauth_types::{ClientId, RedirectUri, ScopeToken};
use serde::{Deserialize, Serialize};
use url::Url;

use super::TokenExchange;
use crate::config::value::{SecretSource, text};

/// One client that you know beforehand.
///
/// It needs `redirect_uris` to sign people in, `client_credentials` to act for itself, `introspect` to ask about tokens,
/// `token_exchange` to exchange them, or several of these.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfiguredClient {
    /// Its `client_id`, which you tell the client; no URL.
    #[serde(deserialize_with = "text::one")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub client_id: ClientId,
    /// Its name for people, on the consent page and the account page.
    pub name: String,
    /// Where answers may be sent, compared exactly; only the port of a loopback `http` URI may differ.
    /// There is no wildcard.
    #[serde(default, deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub redirect_uris: Vec<RedirectUri>,
    /// How it authenticates at the token endpoint.
    #[serde(default)]
    pub auth: ClientAuth,
    /// Its secret, at least 32 bytes; for `client_secret_basic` and `client_secret_post`.
    pub client_secret: Option<SecretSource>,
    /// Its public keys: `{ jwks_uri = "URL" }`, or `{ file = "PATH" }` with a JWK set; for `private_key_jwt`.
    pub keys: Option<ClientKeys>,
    /// The most it may ask for.
    /// Without this key: every scope.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub scopes: Option<Vec<ScopeToken>>,
    /// Take its authorization requests only if it pushes them (RFC 9126).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Let it have tokens for itself, without a person (`grant_type=client_credentials`), for these scopes at most.
    /// It must authenticate; servers without `scopes` are not reached this way.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub client_credentials: Option<Vec<ScopeToken>>,
    /// Let it exchange access tokens for the next hop (RFC 8693), as the MCP server that it is.
    /// It must authenticate.
    pub token_exchange: Option<TokenExchange>,
    /// Let it ask about any token of the gateway (RFC 7662), as MCP servers do that validate tokens themselves.
    #[serde(default)]
    pub introspect: bool,
    /// Refuse its token requests that come without a DPoP proof (RFC 9449 section 5.2).
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
}

/// How a client authenticates (RFC 7591 section 2, `token_endpoint_auth_method`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// Not at all: a program on people's own machines, which can keep no secret.
    #[default]
    None,
    /// By its secret in the body.
    ClientSecretPost,
    /// By its secret in the `Authorization` header.
    ClientSecretBasic,
    /// By an assertion that it signs (RFC 7523).
    PrivateKeyJwt,
}

/// Where the public keys of a client are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientKeys {
    /// In this JWK set, fetched over `https`.
    JwksUri(Url),
    /// In this file with a JWK set.
    File(PathBuf),
}

impl ClientAuth {
    /// The registered name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}
