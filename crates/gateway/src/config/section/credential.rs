use oauth_types::{ClientId, Issuer, ProviderId, ScopeToken};
use serde::{Deserialize, Serialize};
use url::Url;

use super::IntrospectionAuth;
use crate::config::value::{FieldName, SecretSource, text};

/// What lets the gateway in at the upstream: one of `secret`, `exchange` and `third_party`; nothing without the section.
///
/// It is sent to this server's upstream and nowhere else, and no client ever sees it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServerCredential {
    /// The same secret for everybody, such as an API key of the upstream.
    pub secret: Option<SecretSource>,
    /// A token for each person, in exchange for what the gateway knows of them (RFC 8693).
    pub exchange: Option<CredentialExchange>,
    /// The access token that each person's sign-in at this `[[third_party.provider]]` brought, or else that of the account
    /// that they have connected there; Option B only.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub third_party: Option<ProviderId>,
    /// Request header that carries it.
    #[serde(default = "ServerCredential::default_header")]
    pub header: FieldName,
    /// The word before it in the header.
    /// Without this key it is `Bearer` in `Authorization`, and none in other headers; `""` is none.
    pub scheme: Option<String>,
}

/// A token exchange at an authorization server that the upstream trusts (RFC 8693).
///
/// Tokens are kept in memory for each person, client and scope, and exchanged again before they end.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CredentialExchange {
    /// Its issuer identifier: the `aud` of what the gateway signs for it.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub issuer: Issuer,
    /// Its token endpoint.
    pub token_endpoint: Url,
    /// The gateway's own client id there.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub client_id: ClientId,
    /// The gateway's own client secret there, at least 16 bytes.
    pub client_secret: Option<SecretSource>,
    /// How the gateway sends it.
    #[serde(default)]
    pub auth: IntrospectionAuth,
    /// In place of a secret, the key of the gateway's client assertions (`private_key_jwt`, RFC 7523):
    /// PKCS#8 PEM, P-256 (`ES256`) or Ed25519 (`EdDSA`), not readable by everybody.
    /// Its public part is published with those of `identity.jwt`.
    pub client_key: Option<SecretSource>,
    /// What stands for the person.
    #[serde(default)]
    pub subject: ExchangeSubject,
    /// `audience` of the exchange: how that server calls the upstream.
    pub audience: Option<String>,
    /// `resource` of the exchange: the address of the upstream (RFC 8707).
    pub resource: Option<Url>,
    /// Scopes of the token; without this key the authorization server decides.
    #[serde(default, deserialize_with = "text::list")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub scopes: Vec<ScopeToken>,
}

/// What the gateway gives in exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExchangeSubject {
    /// The access token that the client sent; only tokens of this very `issuer` are exchanged.
    #[default]
    AccessToken,
    /// A JWT by the gateway that says who calls, signed with `client_key` or a key made at each start.
    Assertion,
}

impl ServerCredential {
    fn default_header() -> FieldName {
        FieldName::from_static("authorization")
    }

    /// The word before the credential, if there is to be one.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        let by_default = (self.header.as_str() == "authorization").then_some("Bearer");
        self.scheme.as_deref().or(by_default).filter(|it| !it.is_empty())
    }
}
