//! Identity assertions of an enterprise (ID-JAG), of which clients get tokens without a browser
//! (draft-ietf-oauth-identity-assertion-authz-grant, MCP "Enterprise-Managed Authorization").

use std::{collections::BTreeSet, error::Error, fmt::Debug};

use async_trait::async_trait;
use oauth_types::{ClientId, Issuer, Principal, Scope};
use serde_json::{Map, Value};

/// An issuer whose assertions are believed, as far as they go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// The `iss` of its assertions.
    pub issuer: Issuer,
    /// The clients that may bring them; each must be of the configuration or publish a document, and prove itself.
    pub clients: BTreeSet<ClientId>,
    /// The most that a token for one of them permits; none means all that the resource has.
    pub scopes: Option<Scope>,
}

/// Proves identity assertions, and knows whom they speak of; this crate has no JOSE library.
#[async_trait]
pub trait IdentityAssertions: Debug + Send + Sync {
    /// Checks that `assertion` has the type `oauth-id-jag+jwt` and was signed by a key of `issuer`, which is a trusted
    /// one, with an asymmetric algorithm that the key allows, and gives its claims, none of which has been judged.
    async fn verify(
        &self,
        issuer: &Issuer,
        assertion: &str,
    ) -> Result<Map<String, Value>, IdentityAssertionError>;

    /// The person that the claims of a good assertion of `issuer` speak of, if they may come in.
    ///
    /// # Errors
    /// [`IdentityAssertionError::Invalid`] if they name nobody, [`IdentityAssertionError::NotAllowed`] if no rule lets the
    /// person in.
    fn person(
        &self,
        issuer: &Issuer,
        claims: &Map<String, Value>,
    ) -> Result<Principal, IdentityAssertionError>;
}

/// Why an identity assertion gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum IdentityAssertionError {
    /// The assertion is at fault; the text is a fixed one for the log.
    #[error("{0}")]
    Invalid(&'static str),
    /// The person may not come in; the text is a fixed one for the log.
    #[error("the person is not allowed: {0}")]
    NotAllowed(&'static str),
    /// The keys cannot be had at the moment.
    #[error("the keys of the issuer cannot be had")]
    Keys(#[source] Box<dyn Error + Send + Sync>),
}
