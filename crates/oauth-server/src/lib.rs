//! The authorization server towards MCP clients: metadata, registration, authorization requests and the token endpoint.

mod authorize;
mod client;
mod client_auth;
mod clients;
mod metadata_document;
mod ports;
mod registration;

pub use authorize::{
    AuthorizationRequest, AuthorizationResponse, AuthorizePageError, AuthorizeRedirectError, AuthorizeRefusal,
};
pub use client::{Client, ClientAuthMethod, ClientOrigin, GrantType, HostPattern, InvalidHostPattern};
pub use client_auth::{AuthenticatedClient, ClientAuthError, ClientAuthRefusal, ClientCredentials};
pub use clients::{
    ClientKeys, ClientProof, ClientSources, Clients, ConfiguredClient, FindClientError, ProofMismatch, Rate,
    SecretDigest,
};
pub use metadata_document::{DocumentSettings, MetadataDocuments};
pub use ports::{
    AssertionKeys, ClientAssertionError, ClientAssertionVerifier, CodeCheck, GrantPort, RefreshCheck,
    TokenFacts, TokenGrant, TokenRefusal, TokenText, TokenUnavailable,
};
pub use registration::{RegisteredClient, RegistrationSettings, Registrations, RegistrationsUnavailable};
