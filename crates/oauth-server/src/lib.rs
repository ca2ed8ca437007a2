//! The authorization server towards MCP clients: metadata, registration, authorization requests and the token endpoint.

mod authorize;
mod client;
mod ports;

pub use authorize::{
    AuthorizationRequest, AuthorizationResponse, AuthorizePageError, AuthorizeRedirectError, AuthorizeRefusal,
};
pub use client::{Client, ClientAuthMethod, ClientOrigin, GrantType};
pub use ports::{
    AssertionKeys, ClientAssertionError, ClientAssertionVerifier, CodeCheck, GrantPort, RefreshCheck,
    TokenFacts, TokenGrant, TokenRefusal, TokenText, TokenUnavailable,
};
