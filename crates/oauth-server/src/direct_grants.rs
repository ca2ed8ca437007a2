use std::fmt::Debug;

use async_trait::async_trait;
use oauth_types::{ClientId, Principal, ResourceUri, Scope};

use crate::{TokenGrant, TokenRefusal};

/// Whoever makes grants that begin without a code and without a browser.
///
/// Needed by servers that offer one of the grant types for it; see
/// [`TokenEndpoint::with_direct_grants`](crate::TokenEndpoint::with_direct_grants).
#[async_trait]
pub trait DirectGrants: Debug + Send + Sync {
    /// An access token, and a grant that lives as long as it; never a refresh token.
    async fn issue(&self, grant: DirectGrant<'_>) -> Result<TokenGrant, TokenRefusal>;
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
}
