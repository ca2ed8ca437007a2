use oauth_types::ClientId;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::value::{Period, SecretSource};

/// Asking the authorization server about tokens (RFC 7662).
///
/// The answer must name an audience of the server that is called, or an allowed client (`audience_claim`).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Introspection {
    /// Introspection endpoint; without this key it is the one that the metadata names.
    pub endpoint: Option<Url>,
    /// The gateway's own client id at the authorization server.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub client_id: ClientId,
    /// The gateway's own client secret, at least 16 bytes.
    pub client_secret: SecretSource,
    /// Which tokens are asked about.
    #[serde(rename = "for", default)]
    pub tokens: IntrospectionFor,
    /// How long an answer is remembered, never past the token's `exp`; `0s` to `1m`.
    #[serde(default = "Introspection::default_cache")]
    pub cache: Period,
    /// How the gateway authenticates itself.
    #[serde(default)]
    pub auth: IntrospectionAuth,
}

/// Which tokens are introspected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum IntrospectionFor {
    /// Tokens that are no JWT.
    #[default]
    Opaque,
    /// All tokens; JWTs after their signature was verified.
    Every,
}

/// How the gateway authenticates itself at the introspection endpoint (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum IntrospectionAuth {
    /// `client_secret_basic`.
    #[default]
    Basic,
    /// `client_secret_post`.
    Post,
}

impl Introspection {
    fn default_cache() -> Period {
        Period::from_secs(30)
    }
}
