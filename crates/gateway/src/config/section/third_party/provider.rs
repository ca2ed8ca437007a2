use std::collections::BTreeMap;

use oauth_types::{ClientId, Issuer, ProviderId};
use serde::{Deserialize, Serialize};

use super::{Account, Allow, ProviderClaims, ProviderEndpoints, ProviderPreset};
use crate::config::value::{SecretSource, text};

/// One way to sign in: a third party, or the accounts of the gateway itself.
///
/// Register `public_url` followed by `/callback/` and the `id` as redirect URI at the third party;
/// `mcp-gateway check` prints it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name in the path of its callback and in the subjects of tokens: 1 to 32 of `a` to `z`, `0` to `9` and `-`;
    /// not `client`, which stands for clients that act for themselves.
    /// People of another id are other people, so do not change it, nor give it to another third party, which may call
    /// others by the same name.
    /// If built-in accounts take it over from a third party, or the other way round, its sign-ins end.
    #[serde(deserialize_with = "text::one")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub id: ProviderId,
    /// Whose endpoints and quirks it has.
    pub preset: ProviderPreset,
    /// The name that people see, such as `Example Ltd`; without this key that of the preset, or for `oidc` and `oauth2`
    /// the `id`.
    pub name: Option<String>,
    /// The client that the gateway is there; required but for `local`.
    #[serde(default, deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub client_id: Option<ClientId>,
    /// The client's secret, at least 16 bytes; most third parties require one.
    pub client_secret: Option<SecretSource>,
    /// The issuer whose metadata is read, byte for byte; for presets that have no fixed one, or one of your own.
    #[serde(default, deserialize_with = "text::some")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub issuer: Option<Issuer>,
    /// For `entra`: `common`, `organizations`, `consumers` or the id of a tenant.
    /// Without this key: `organizations`.
    pub tenant: Option<String>,
    /// Scopes to ask for; without this key those of the preset.
    /// What `allow` and the rules of servers need is added.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What stands before each scope of an API, such as Entra's `api://APPLICATION/`.
    pub scope_prefix: Option<String>,
    /// The API that third-party access tokens are wanted for, sent as `resource` or `audience` as the preset knows.
    pub resource: Option<String>,
    /// Ask for a refresh token; without this key as suits the preset.
    pub offline: Option<bool>,
    /// Send PKCE; without this key wherever the preset knows that it is understood.
    pub pkce: Option<bool>,
    /// How the gateway authenticates at the token endpoint; without this key as the preset or the metadata says.
    pub token_auth: Option<ProviderTokenAuth>,
    /// Further parameters of the authorization request: `{ prompt = "select_account" }`.
    #[serde(default)]
    pub authorize_parameters: BTreeMap<String, String>,
    /// Endpoints that differ from the preset's or the metadata's, one by one.
    #[serde(default)]
    pub endpoints: ProviderEndpoints,
    /// Where parts of the identity are, if not where the preset looks.
    #[serde(default)]
    pub claims: ProviderClaims,
    /// Let people who are signed in with another provider connect an account here too, at `/connect/` followed by the
    /// `id`: MCP servers send them there (URL mode elicitation).
    #[serde(default)]
    pub connect: bool,
    /// Who may sign in; required but for `local`, where without it every account may.
    pub allow: Option<Allow>,
    /// The accounts of preset `local`, at least one.
    #[serde(rename = "account", default)]
    pub accounts: Vec<Account>,
}

/// How the gateway authenticates at a third party (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ProviderTokenAuth {
    /// `client_secret_post`.
    Post,
    /// `client_secret_basic`.
    Basic,
}

impl Provider {
    /// Whether its people are accounts of the gateway itself.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.preset == ProviderPreset::Local
    }

    /// What people see, where that is not the preset's own name.
    pub(crate) fn own_name(&self) -> Option<&str> {
        // What everybody has together names nobody.
        let is_generic = matches!(self.preset, ProviderPreset::Oidc | ProviderPreset::Oauth2);
        self.name.as_deref().or_else(|| is_generic.then(|| self.id.as_str()))
    }
}
