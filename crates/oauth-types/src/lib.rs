//! The vocabulary of OAuth 2.1 for MCP, as values that were checked once.
//!
//! Text from a configuration file, a token or a document becomes one of these types at the edge and stays one:
//! the constructor is the check, there is no second `is_valid`.
//! The crate also holds what makes the others testable: [`Clock`], [`Entropy`] and the [`secret!`] newtypes.
//!
//! RFCs: 6749 (scope, error codes), 6750 (error codes), 7636 (PKCE), 8252 (redirect URIs), 8414 and 9728 (metadata documents), 8707 (resource identifiers).
//! It does no input or output and knows no HTTP library.
//!
//! ```
//! use oauth_types::{ResourceUri, Scope};
//!
//! let resource: ResourceUri = "https://mcp.example.com/mcp".parse()?;
//! let granted: Scope = "files:read mcp".parse()?;
//! assert!(granted.contains_all(&"mcp".parse()?));
//! assert_eq!(resource.path(), "/mcp");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod audience;
mod claim_path;
mod clock;
mod entropy;
mod error_code;
mod grant_id;
mod identifier;
mod issuer;
mod loopback;
mod metadata;
mod pkce;
mod principal;
mod redirect_uri;
mod resource_uri;
mod scope;
mod secret;
mod unix_time;

pub use audience::Audience;
pub use claim_path::{ClaimPath, InvalidClaimPath};
#[cfg(any(test, feature = "test-util"))]
pub use clock::ManualClock;
pub use clock::{Clock, SystemClock};
#[cfg(any(test, feature = "test-util"))]
pub use entropy::SeededEntropy;
pub use entropy::{Entropy, SystemEntropy};
pub use error_code::{AuthorizeErrorCode, BearerError, RegistrationErrorCode, TokenErrorCode};
pub use grant_id::{GrantId, InvalidGrantId};
pub use identifier::{ClientId, InvalidIdentifier, Subject};
pub use issuer::{InvalidIssuer, Issuer};
pub use loopback::is_loopback_host;
pub use metadata::{AuthorizationServerMetadata, ProtectedResourceMetadata};
pub use pkce::{CodeChallenge, CodeVerifier, InvalidPkce};
pub use principal::{InvalidProviderId, Principal, ProviderId};
pub use redirect_uri::{InvalidRedirectUri, RedirectUri};
pub use resource_uri::{InvalidResourceUri, ResourceUri};
pub use scope::{InvalidScope, Scope, ScopeToken};
pub use unix_time::UnixTime;

#[doc(hidden)]
pub mod __private {
    //! What the [`secret!`](crate::secret) macro expands to.
    pub use crate::secret::equal;
    pub use zeroize::{Zeroize, ZeroizeOnDrop};
}
