#![doc = include_str!("../README.md")]

mod authorize;
mod client;
mod client_auth;
mod clients;
mod direct_grants;
mod dpop;
mod endpoint;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod identity_assertion;
mod introspect;
mod metadata;
mod metadata_document;
mod numeric_date;
mod parameters;
pub mod paths;
mod ports;
mod push;
mod registration;
mod resources;
mod revoke;
mod settings;
#[cfg(test)]
mod testing;
mod token;

// The tests share the grants in memory of the example, which names this crate.
#[cfg(test)]
extern crate self as oauth_server;

pub use authorize::{
    AuthorizationRequest, AuthorizationResponse, AuthorizeEndpoint, AuthorizePageError,
    AuthorizeRedirectError, AuthorizeRefusal,
};
pub use client::{Client, ClientAuthMethod, ClientOrigin, GrantType, HostPattern, InvalidHostPattern};
pub use client_auth::{AuthenticatedClient, ClientAuthError, ClientAuthRefusal, ClientCredentials};
pub use clients::{
    Budget, ClientKeys, ClientProof, ClientSources, Clients, ConfiguredClient, FindClientError,
    ProofMismatch, Rate, SecretDigest,
};
pub use direct_grants::{DirectGrant, DirectGrants, Exchange, SubjectToken};
pub use dpop::{DpopError, DpopProof, DpopProofVerifier};
pub use identity_assertion::{IdentityAssertionError, IdentityAssertions, TrustedIssuer};
pub use introspect::IntrospectEndpoint;
pub use metadata::ServerMetadata;
pub use metadata_document::{DocumentSettings, MetadataDocuments};
pub use ports::{
    AssertionKeys, ClientAssertionError, ClientAssertionVerifier, CodeCheck, GrantPort, RefreshCheck,
    TokenFacts, TokenGrant, TokenRefusal, TokenText, TokenUnavailable,
};
pub use push::{PushEndpoint, PushedRequests};
pub use registration::{RegisteredClient, RegistrationSettings, Registrations, RegistrationsUnavailable};
pub use revoke::RevokeEndpoint;
pub use settings::{ExchangeRule, InvalidServerSettings, OfferedResource, ServerSettings};
pub use token::TokenEndpoint;
