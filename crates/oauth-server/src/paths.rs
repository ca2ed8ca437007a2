//! Where the endpoints are, below the issuer.
//!
//! Old clients use these paths without reading the metadata (MCP 2025-03-26 "Fallbacks for Servers without Metadata
//! Discovery"), so they cannot be chosen.

/// Authorization requests (OAuth 2.1 section 3.1).
pub const AUTHORIZE: &str = "/authorize";
/// Pushed authorization requests (RFC 9126).
pub const PUSH: &str = "/par";
/// Token requests (OAuth 2.1 section 3.2).
pub const TOKEN: &str = "/token";
/// Registration (RFC 7591); a registered client is managed at this path, a slash and its `client_id` (RFC 7592).
pub const REGISTER: &str = "/register";
/// Revocation (RFC 7009).
pub const REVOKE: &str = "/revoke";
/// Introspection (RFC 7662).
pub const INTROSPECT: &str = "/introspect";
/// The keys of access tokens (RFC 7517).
pub const JWKS: &str = "/jwks";
