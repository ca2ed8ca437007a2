use oauth_types::{ClientId, Issuer, ProviderId, ScopeToken};
use serde::Deserialize;

use super::{Allow, ClientKeys, ProviderClaims};
use crate::config::value::text;

/// An enterprise whose identity assertions (ID-JAG) give clients tokens for its people, without a browser
/// (MCP "Enterprise-Managed Authorization").
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TrustedIssuer {
    /// Its name in the subjects of tokens: 1 to 32 of `a` to `z`, `0` to `9` and `-`.
    /// The `id` of a provider with the same `issuer` makes its people the same people.
    #[serde(deserialize_with = "text::one")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub id: ProviderId,
    /// The `iss` of its assertions, byte for byte.
    #[serde(deserialize_with = "text::one")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub issuer: Issuer,
    /// Its public keys: `{ jwks_uri = "URL" }`, or `{ file = "PATH" }` with a JWK set.
    /// Without this key they are where its metadata says.
    pub keys: Option<ClientKeys>,
    /// The clients that may bring its assertions, by `client_id`: those of `[[third_party.client]]` that authenticate,
    /// or URLs of client metadata documents with `private_key_jwt`.
    #[serde(deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub clients: Vec<ClientId>,
    /// The most that a token for one of its assertions permits.
    /// Without this key: every scope that the assertion names.
    #[serde(default, deserialize_with = "text::some_list")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub scopes: Option<Vec<ScopeToken>>,
    /// Where parts of the identity are in its assertions, if not where OpenID Connect has them.
    #[serde(default)]
    pub claims: ProviderClaims,
    /// Who may come in this way; no rule means nobody.
    pub allow: Allow,
}
