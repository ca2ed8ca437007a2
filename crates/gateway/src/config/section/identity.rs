use serde::Deserialize;

use crate::config::value::{AllowedAudience, FieldName, Period, SecretSource};

/// What the upstream learns about the caller; nothing unless switched on.
///
/// What a client sends under these header names is removed in any case.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServerIdentity {
    /// Send `X-MCP-Subject`, `X-MCP-Issuer`, `X-MCP-Client-Id` and `X-MCP-Scope`,
    /// percent-encoded where they are not printable ASCII, blanks in names included.
    /// Only for an upstream that nobody can reach around the gateway.
    pub headers: bool,
    /// Send a short-lived JWT signed by the gateway for this upstream.
    pub jwt: Option<IdentityJwt>,
}

/// The JWT that tells an upstream who calls, signed by the gateway.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IdentityJwt {
    /// The `aud` of the JWT: how the upstream calls itself.
    pub audience: AllowedAudience,
    /// Time from `iat` to `exp`; `10s` to `5m`.
    #[serde(default = "IdentityJwt::default_lifetime")]
    pub lifetime: Period,
    /// Request header that carries the JWT.
    #[serde(default = "IdentityJwt::default_header")]
    pub header: FieldName,
    /// Signing key: PKCS#8 PEM, P-256 (`ES256`) or Ed25519 (`EdDSA`), not readable by everybody.
    /// Without this key one is made at each start; its public part is published either way.
    pub key: Option<SecretSource>,
}

impl IdentityJwt {
    fn default_lifetime() -> Period {
        Period::from_secs(60)
    }

    fn default_header() -> FieldName {
        FieldName::from_static("x-mcp-assertion")
    }
}
