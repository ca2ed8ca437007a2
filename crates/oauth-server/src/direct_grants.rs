use std::fmt::Debug;

use async_trait::async_trait;
use oauth_types::{Actor, ClientId, GrantId, Issuer, JwkThumbprint, Principal, ResourceUri, Scope, UnixTime};

use crate::{TokenGrant, TokenRefusal, TokenUnavailable};

/// Whoever makes grants and tokens without a code and without a browser.
///
/// Needed by servers that offer one of the grant types for it; see
/// [`TokenEndpoint::with_direct_grants`](crate::TokenEndpoint::with_direct_grants).
#[async_trait]
pub trait DirectGrants: Debug + Send + Sync {
    /// An access token, and a grant that lives as long as it; never a refresh token.
    async fn issue(&self, grant: DirectGrant<'_>) -> Result<TokenGrant, TokenRefusal>;

    /// What `token` is, if it is an access token issued here whose grant lives, and nobody has to prove a key to use it.
    async fn subject_token(&self, token: &str) -> Result<Option<SubjectToken>, TokenUnavailable>;

    /// An access token that lives and dies with the grant of another, and is not good for longer than that one
    /// (RFC 8693); never a refresh token.
    async fn exchange(&self, exchange: Exchange<'_>) -> Result<TokenGrant, TokenRefusal>;
}

/// What a token is issued for, after every check.
#[derive(Clone, Copy, Debug)]
pub struct DirectGrant<'a> {
    /// The authenticated client.
    pub client_id: &'a ClientId,
    /// Whom the token speaks for: the client itself, or a person whom somebody trusted vouches for.
    pub principal: &'a Principal,
    /// What it permits.
    pub scope: &'a Scope,
    /// Where it is good.
    pub resource: &'a ResourceUri,
    /// The key that the token is to be bound to (RFC 9449 section 5).
    pub key: Option<JwkThumbprint>,
    /// The trusted issuer that vouches for the person; the grant is to end once that issuer is not trusted as it was.
    pub vouched_by: Option<&'a Issuer>,
}

/// An access token that somebody exchanges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectToken {
    /// The grant that it lives with.
    pub grant: GrantId,
    /// `aud`.
    pub resource: ResourceUri,
    /// `scope`.
    pub scope: Scope,
    /// `exp`.
    pub expires_at: UnixTime,
    /// `act`, if somebody acts for its subject already.
    pub actor: Option<Actor>,
}

/// What a token is exchanged for, after every check.
#[derive(Clone, Debug)]
pub struct Exchange<'a> {
    /// What it is made of.
    pub subject_token: &'a SubjectToken,
    /// The authenticated client, which gets the token.
    pub client_id: &'a ClientId,
    /// Who acts for the subject from now on.
    pub actor: Actor,
    /// What it permits.
    pub scope: &'a Scope,
    /// Where it is good.
    pub resource: &'a ResourceUri,
    /// The key that the token is to be bound to (RFC 9449 section 5).
    pub key: Option<JwkThumbprint>,
}
