use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    str::FromStr,
};

use oauth_types::{ClaimPath, ClientId, Issuer, ScopeToken};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::Introspection;
use crate::config::value::{Period, text};

/// One authorization server whose tokens are accepted.
///
/// A preset sets what its product needs; a key that is written here wins over the preset.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuthorizationServer {
    /// Its issuer identifier, byte for byte as in `iss`, trailing slash included.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub issuer: Issuer,
    /// The product it runs, which sets the defaults of the keys below.
    pub preset: Option<Preset>,
    /// Where its keys come from: `"discovery"`, `{ jwks_uri = "URL" }`,
    /// or `{ file = "PATH" }` with a JWK set or a PEM public key.
    #[serde(default)]
    pub keys: KeySource,
    /// Signature algorithms that are accepted.
    /// Without this key: those of the preset, else all of them.
    #[serde(default, deserialize_with = "text::some_list")]
    pub algorithms: Option<Vec<Algorithm>>,
    /// Whether a token must say `at+jwt` in its `typ` (RFC 9068).
    /// Without this key: that of the preset, else `"strict"`.
    pub token_type: Option<TokenType>,
    /// Claims that hold scopes, as a name or a path such as `realm_access.roles`; their values are joined.
    /// Without this key: those of the preset, else `["scope", "scp"]`.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub scope_claims: Option<Vec<ClaimPath>>,
    /// Prefix that is removed from each scope, such as `api://x/`.
    pub scope_prefix: Option<String>,
    /// Scopes that include others: `{ "files:write" = ["files:read"] }`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, BTreeSet<String>>"))]
    pub scope_hierarchy: BTreeMap<ScopeToken, BTreeSet<ScopeToken>>,
    /// Claims that a token must have, each with exactly this text, number or boolean: `{ token_use = "access" }`.
    /// A name is a claim or a path such as `realm.name`; those of the preset are added.
    #[serde(default)]
    pub required_claims: BTreeMap<String, Value>,
    /// Clients whose tokens are accepted, by client id.
    /// Without this key: all clients of this authorization server.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub clients: Option<Vec<ClientId>>,
    /// How a token shows that it is meant for the server that is called.
    /// `"client_id"` is for authorization servers that write no `aud`, and needs `clients`.
    /// Without this key: that of the preset, else `"aud"`; with preset `cognito` and without `clients` also `"aud"`.
    pub audience_claim: Option<AudienceClaim>,
    /// Longest time from `iat` to `exp` that is accepted; `1m` to `7d`.
    /// Without this key the authorization server decides alone.
    pub max_token_lifetime: Option<Period>,
    /// Ask the authorization server about tokens (RFC 7662).
    pub introspection: Option<Introspection>,
}

/// An authorization server product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Auth0.
    Auth0,
    /// Keycloak.
    Keycloak,
    /// Okta, custom authorization servers.
    Okta,
    /// Microsoft Entra ID, tokens of version 1.
    EntraV1,
    /// Microsoft Entra ID, tokens of version 2.
    EntraV2,
    /// Amazon Cognito user pools.
    Cognito,
    /// Google; refused, because its access tokens are bound to no resource.
    Google,
}

/// Where the keys of an authorization server come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// From its metadata document (RFC 8414, then OpenID Connect Discovery).
    #[default]
    Discovery,
    /// From this JWK set.
    JwksUri(Url),
    /// From this file: a JWK set or a PEM public key.
    File(PathBuf),
}

/// A signature algorithm that is accepted (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// What the `typ` header of a token must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// `at+jwt` only.
    Strict,
    /// `at+jwt`, `JWT` or nothing.
    Lenient,
}

/// How a token shows that it is meant for the server that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AudienceClaim {
    /// By an `aud` that is one of the server's `audiences`.
    Aud,
    /// By such an `aud`, or without any `aud` by having been issued to one of `clients`.
    ClientId,
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name {
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "PS384" => Self::PS384,
            "PS512" => Self::PS512,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "EdDSA" => Self::EdDsa,
            _ if name.eq_ignore_ascii_case("none") => {
                return Err(format!("`{name}` would accept tokens that nobody signed; write one of {KNOWN}"));
            }
            "HS256" | "HS384" | "HS512" => {
                return Err(format!(
                    "`{name}` needs a shared secret, so whoever verifies could also issue; write one of {KNOWN}"
                ));
            }
            _ => return Err(format!("`{name}` is not known; write one of {KNOWN}")),
        })
    }
}

const KNOWN: &str = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
