#![doc = include_str!("../README.md")]

mod actor;
mod audience;
mod claim_path;
mod clock;
mod entropy;
mod error_code;
mod grant_id;
mod identifier;
mod issuer;
mod jwk_thumbprint;
mod loopback;
mod metadata;
mod pkce;
mod principal;
mod redirect_uri;
mod refusal_reasons;
mod resource_uri;
mod scope;
mod secret;
mod text;
mod unix_time;

pub use actor::Actor;
pub use audience::Audience;
pub use claim_path::{ClaimPath, InvalidClaimPath};
pub use clock::{Clock, SystemClock};
#[cfg(any(test, feature = "test-util"))]
pub use clock::{ManualClock, SteppingClock};
#[cfg(any(test, feature = "test-util"))]
pub use entropy::SeededEntropy;
pub use entropy::{Entropy, SystemEntropy};
pub use error_code::{AuthorizeErrorCode, BearerError, RegistrationErrorCode, TokenErrorCode};
pub use grant_id::{GrantId, InvalidGrantId};
pub use identifier::{ClientId, InvalidIdentifier, Subject};
pub use issuer::{InvalidIssuer, Issuer};
pub use jwk_thumbprint::{InvalidJwkThumbprint, JwkThumbprint};
pub use loopback::is_loopback_host;
pub use metadata::{AuthorizationServerMetadata, ProtectedResourceMetadata};
pub use pkce::{CodeChallenge, CodeVerifier, InvalidPkce};
pub use principal::{ConfusableClient, InvalidProviderId, Principal, ProviderId};
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
