//! Bearer text in, a [`ValidatedToken`] or a [`Refusal`] out.
//!
//! An OAuth 2.1 protected resource must know, for every request, that the access token it was given was issued for
//! it, by an authorization server it trusts, and still holds.
//! This crate answers that question for JWT access tokens (RFC 7519, RFC 9068) signed with asymmetric keys, and for
//! any token by introspection (RFC 7662).
//! It also verifies signed JWTs that are no access tokens, such as ID tokens: see [`verify_jws`] and [`RemoteKeySets`].
//! It finds the keys by metadata discovery (RFC 8414, OpenID Connect Discovery) or takes them from a file, keeps
//! them fresh in the background, and remembers tokens it has verified.
//!
//! # What it leaves out on purpose
//! - `none`, `HS256` and its kin, embedded keys, `jku`, `x5u`, `crit` and encrypted tokens: there is no code for them.
//! - ID tokens, whatever their audience, and sender-constrained tokens (`cnf`), which a plain bearer must not use.
//! - Deciding what a scope permits: [`ValidatedToken::scope`] is the input of that decision.
//! - Opening connections, spawning tasks and sleeping: the caller brings an [`HttpClient`](outbound_http::HttpClient),
//!   spawns [`KeyRefresher::run`] and lends it a sleep function.
//!
//! # Example
//! ```
//! use std::sync::Arc;
//!
//! use oauth_types::SystemClock;
//! use outbound_http::HttpClient;
//! use token_validate::{IssuerPolicy, ResourcePolicy, Validator, ValidatorSettings, bearer_token};
//!
//! async fn answer(http: Arc<dyn HttpClient>, headers: http::HeaderMap) -> Result<String, Box<dyn std::error::Error>> {
//!     let issuer = IssuerPolicy::new("https://as.example".parse()?);
//!     let clock = Arc::new(SystemClock::new());
//!     let (validator, refresher) = Validator::new(vec![issuer], ValidatorSettings::default(), http, clock);
//!     tokio::spawn(refresher.run(tokio::time::sleep));
//!
//!     let resource = ResourcePolicy::new(["https://mcp.example/mcp"])?;
//!     let token = bearer_token(&headers, None)?;
//!     let caller = validator.validate(&token, &resource).await?;
//!     Ok(format!("{} may {}", caller.subject(), caller.scope()))
//! }
//! ```

mod algorithm;
mod bearer;
mod check;
mod introspection;
mod jws;
mod jwt;
mod key;
mod key_set;
mod keys;
mod pem;
mod policy;
mod reason;
mod refusal;
mod remote_key_sets;
mod self_test;
mod settings;
mod shared_keys;
mod status;
#[cfg(feature = "tower")]
mod tower;
mod validated_token;
mod validator;
mod verified_cache;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use bearer::{BearerToken, MAX_TOKEN_BYTES, bearer_token};
pub use jws::{JwsError, MAX_JWS_BYTES, VerifiedJws, verify_jws};
pub use key_set::{InvalidKeySet, KeySet, KeyWarning, KeyWarningKind};
pub use keys::KeyRefresher;
pub use policy::{
    AudiencePolicy, ClientSecret, DirectUse, Introspection, IntrospectionAuth, IntrospectionScope,
    InvalidResourcePolicy, IssuerPolicy, KeySource, Preset, ResourcePolicy, ScopeHierarchy, TokenTypePolicy,
    UnknownPreset,
};
pub use reason::Reason;
pub use refusal::Refusal;
pub use remote_key_sets::{RemoteJwsError, RemoteKeySets};
pub use self_test::{SelfTestFailed, self_test};
pub use settings::ValidatorSettings;
pub use shared_keys::SharedKeys;
pub use status::IssuerStatus;
#[cfg(feature = "tower")]
pub use tower::{BearerLayer, BearerService};
pub use validated_token::ValidatedToken;
pub use validator::Validator;
