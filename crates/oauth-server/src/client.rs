mod host_pattern;
pub(crate) mod metadata;
mod name;
pub(crate) mod public_host;
pub(crate) mod strict_json;

pub use host_pattern::{HostPattern, InvalidHostPattern};

use oauth_types::{ClientId, RedirectUri, Scope};
use serde::{Deserialize, Serialize};

/// A client, as it was known when the request came.
///
/// Who it is and what it may do, wherever that was learned: from the configuration, from its registration (RFC 7591),
/// or from its client ID metadata document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// `client_id`.
    pub id: ClientId,
    /// Where all of this is from, and so what it is worth.
    pub origin: ClientOrigin,
    /// `client_name`: what it calls itself; a stranger's text unless the operator wrote it.
    pub name: Option<String>,
    /// The host that its metadata document, or else its `client_uri`, is published at; the latter only if answers go
    /// there, too.
    ///
    /// Verified for [`ClientOrigin::MetadataDocument`] only.
    pub host: Option<String>,
    /// `redirect_uris`, at least one.
    pub redirect_uris: Vec<RedirectUri>,
    /// `token_endpoint_auth_method`: how it proves at the token endpoint who it is.
    pub auth_method: ClientAuthMethod,
    /// `grant_types` that it may use here.
    pub grant_types: Vec<GrantType>,
    /// The most it may ask for; none means no limit of its own.
    pub scope: Option<Scope>,
    /// `scope` of its own metadata (RFC 7591 section 2): what it is after when it asks for nothing.
    pub default_scope: Option<Scope>,
    /// `dpop_bound_access_tokens`: whether all of its token requests come with a DPoP proof, so that one without is
    /// somebody else's (RFC 9449 section 5.2).
    pub dpop_bound_access_tokens: bool,
    /// `require_pushed_authorization_requests`: whether its authorization requests must be pushed (RFC 9126 section 6).
    pub require_pushed_authorization_requests: bool,
}

/// Where a client is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientOrigin {
    /// The operator wrote it.
    Configured,
    /// It registered itself; nobody verified anything (RFC 7591).
    Registered,
    /// From a client ID metadata document; its host is verified.
    MetadataDocument,
}

/// How a client authenticates at the token endpoint (RFC 7591 section 2, OpenID Connect Core section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// Not at all: a public client.
    None,
    /// A secret in the body.
    ClientSecretPost,
    /// A secret by HTTP Basic.
    ClientSecretBasic,
    /// A signed assertion (RFC 7523).
    PrivateKeyJwt,
}

/// A grant type that a client may use (RFC 6749, RFC 7591 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A code for tokens.
    AuthorizationCode,
    /// A refresh token for new tokens.
    RefreshToken,
    /// A token for the client itself (RFC 6749 section 4.4).
    ///
    /// Whether a client may is for [`ServerSettings::client_credentials`](crate::ServerSettings::client_credentials)
    /// to say, and never for what a client says of itself.
    ClientCredentials,
    /// A token for a person whom a trusted issuer vouches for (RFC 7523 section 2.1).
    ///
    /// Whether a client may is for [`ServerSettings::trusted_issuers`](crate::ServerSettings::trusted_issuers) to say.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:jwt-bearer")]
    JwtBearer,
    /// A token for another one, for the next hop (RFC 8693).
    ///
    /// Whether a client may is for [`ServerSettings::token_exchange`](crate::ServerSettings::token_exchange) to say.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

impl Client {
    /// The redirect URI that a request for `requested` is answered at: what was requested, if it matches a registered one
    /// (OAuth 2.1 section 4.1.1, RFC 8252 section 7.3).
    #[must_use]
    pub fn accepts(&self, requested: &RedirectUri) -> bool {
        self.redirect_uris.iter().any(|it| it.matches(requested))
    }

    /// Whether each of its redirect URIs leads to the person's own machine, where any program can listen.
    #[must_use]
    pub fn is_loopback_only(&self) -> bool {
        self.redirect_uris.iter().all(RedirectUri::is_on_own_device)
    }

    /// Whether it cannot keep a secret, and so proves nothing at the token endpoint (OAuth 2.1 section 2.1).
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.auth_method, ClientAuthMethod::None)
    }
}

impl ClientAuthMethod {
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

impl GrantType {
    /// The registered name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }
}
