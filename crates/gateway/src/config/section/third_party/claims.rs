use oauth_types::ClaimPath;
use serde::Deserialize;

use crate::config::value::text;

/// Where parts of the identity are: a claim, or a path such as `realm_access.roles`.
///
/// They are read in the ID token, else in the answer of the userinfo endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ProviderClaims {
    /// The stable user id, text or integer; for `oauth2` only, where it is `id` without this key.
    #[serde(deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub subject: Option<ClaimPath>,
    /// The name for people.
    #[serde(deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub name: Option<ClaimPath>,
    /// The name used to sign in; shown, never compared.
    #[serde(deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub login: Option<ClaimPath>,
    /// The e-mail address.
    #[serde(deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub email: Option<ClaimPath>,
    /// Whether the address is verified; only `true` counts.
    #[serde(deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub email_verified: Option<ClaimPath>,
    /// The tenant, workspace or hosted domain.
    #[serde(deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub tenant: Option<ClaimPath>,
    /// The organisations, one text or a list.
    #[serde(deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub organizations: Option<ClaimPath>,
    /// The teams, one text or a list.
    #[serde(deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub teams: Option<ClaimPath>,
    /// The groups or roles, one text or a list.
    #[serde(deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub groups: Option<ClaimPath>,
}
