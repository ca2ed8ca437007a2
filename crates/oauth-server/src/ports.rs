//! What this crate needs of others, as small traits.

use std::{error::Error, fmt::Debug, time::Duration};

use async_trait::async_trait;
use oauth_types::{Actor, ClientId, JwkThumbprint, ResourceUri, Scope, TokenErrorCode, UnixTime};
use serde_json::{Map, Value};
use url::Url;

use crate::DpopProof;

oauth_types::secret! {
    /// An `access_token` or `refresh_token` on its way to the client.
    pub struct TokenText;
}

/// Whoever keeps grants and makes tokens.
#[async_trait]
pub trait GrantPort: Debug + Send + Sync {
    /// Redeems an authorization code (OAuth 2.1 section 4.1.3); of any number of attempts at most one succeeds.
    async fn redeem(&self, code: &str, check: CodeCheck<'_>) -> Result<TokenGrant, TokenRefusal>;

    /// Exchanges a refresh token (OAuth 2.1 section 4.3).
    async fn refresh(&self, refresh_token: &str, check: RefreshCheck<'_>)
    -> Result<TokenGrant, TokenRefusal>;

    /// Ends the grant of an access or refresh token that was issued to `client` (RFC 7009).
    ///
    /// A token that is unknown, or another client's, changes nothing and is no error.
    /// One that `client` got in exchange for another ends with the grant of that one only, and is refused with
    /// `unsupported_token_type`.
    async fn revoke(&self, token: &str, client: &ClientId) -> Result<(), TokenRefusal>;

    /// What an access or refresh token is, if it is good now (RFC 7662 section 2.2).
    async fn introspect(&self, token: &str) -> Result<Option<TokenFacts>, TokenUnavailable>;

    /// Whether `client` holds a live grant, or a code that may become one.
    async fn has_grants(&self, client: &ClientId) -> Result<bool, TokenUnavailable>;

    /// Ends every grant of a client that was deleted (RFC 7592 section 2.3).
    async fn end_grants(&self, client: &ClientId) -> Result<(), TokenUnavailable>;
}

/// What a token request with a code says, after its client was authenticated.
#[derive(Clone, Copy, Debug)]
pub struct CodeCheck<'a> {
    /// The authenticated client.
    pub client_id: &'a ClientId,
    /// `redirect_uri`, byte for byte.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`, in whatever form it came.
    pub code_verifier: Option<&'a str>,
    /// Every `resource`, in its canonical form; none means the granted one.
    pub resources: &'a [ResourceUri],
    /// The proof of a key: the access token is bound to it (RFC 9449 section 5), and the code may need it (section 10).
    ///
    /// It is [spent](DpopProof::spend) before the code is, and only if the code is good for this request.
    pub proof: Option<&'a dyn DpopProof>,
    /// Whether the client proves itself by nothing else; then its refresh tokens are bound to that key too.
    pub is_public: bool,
}

/// What a token request with a refresh token says, after its client was authenticated.
#[derive(Clone, Copy, Debug)]
pub struct RefreshCheck<'a> {
    /// The authenticated client.
    pub client_id: &'a ClientId,
    /// `scope`; none means all that was granted.
    pub scope: Option<&'a Scope>,
    /// Every `resource`, in its canonical form; none means the granted one.
    pub resources: &'a [ResourceUri],
    /// The proof of a key: the access token is bound to it (RFC 9449 section 5), and the refresh token may need it.
    ///
    /// It is [spent](DpopProof::spend) before the refresh token is, and only if that one is good for this request.
    pub proof: Option<&'a dyn DpopProof>,
}

/// What a successful token request is answered with (RFC 6749 section 5.1).
#[derive(Debug)]
pub struct TokenGrant {
    /// `access_token`.
    pub access_token: TokenText,
    /// `expires_in`, in whole seconds.
    pub expires_in: Duration,
    /// `refresh_token`, if the client may have one.
    pub refresh_token: Option<TokenText>,
    /// `scope`: what was granted, whatever was asked for.
    pub scope: Scope,
}

/// Why a code or a refresh token gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum TokenRefusal {
    /// It is refused: the code for the client, and a fixed text without secrets for its developer.
    #[error("{description}")]
    Refused {
        /// `error`.
        code: TokenErrorCode,
        /// `error_description`.
        description: &'static str,
    },
    /// Nobody can say now; nothing was consumed (503 `temporarily_unavailable`).
    #[error(transparent)]
    Unavailable(#[from] TokenUnavailable),
}

/// A failure of ours or of the third party; the same request may succeed later.
#[derive(Debug, thiserror::Error)]
#[error("the grants are unavailable")]
pub struct TokenUnavailable(#[source] pub Box<dyn Error + Send + Sync>);

/// What introspection tells of a token that is good (RFC 7662 section 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// `client_id`.
    pub client_id: ClientId,
    /// `sub`.
    pub subject: String,
    /// `aud`.
    pub resource: ResourceUri,
    /// `scope`.
    pub scope: Scope,
    /// `iat`.
    pub issued_at: UnixTime,
    /// `exp`.
    pub expires_at: UnixTime,
    /// Whether it is an access token; otherwise it is a refresh token, which has no `token_type`.
    pub is_access_token: bool,
    /// The key that an access token is bound to (RFC 9449 section 6.2).
    pub key: Option<JwkThumbprint>,
    /// `act`, if somebody acts for the subject (RFC 8693 section 4.1).
    pub actor: Option<Actor>,
}

/// Proves signed assertions of clients; this crate has no JOSE library.
#[async_trait]
pub trait ClientAssertionVerifier: Debug + Send + Sync {
    /// Checks the signature of `assertion` by one of `keys`, with an asymmetric algorithm that the key allows,
    /// and gives its claims, none of which has been judged.
    async fn verify(
        &self,
        assertion: &str,
        keys: AssertionKeys<'_>,
    ) -> Result<Map<String, Value>, ClientAssertionError>;
}

/// Where the keys of a client are (RFC 7591 section 2).
#[derive(Clone, Copy, Debug)]
pub enum AssertionKeys<'a> {
    /// `jwks`: a key set, as JSON.
    Inline(&'a Value),
    /// `jwks_uri`: where the key set is.
    Uri(&'a Url),
}

/// Why an assertion proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientAssertionError {
    /// The assertion is at fault; the text is a fixed one for the log.
    #[error("{0}")]
    Invalid(&'static str),
    /// The keys cannot be had at the moment.
    #[error("the keys of the client cannot be had")]
    Keys(#[source] Box<dyn Error + Send + Sync>),
}
