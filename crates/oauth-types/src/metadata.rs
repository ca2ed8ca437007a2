use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Issuer, ResourceUri, ScopeToken};

/// What the gateway reads of an authorization server's metadata document
/// (RFC 8414 section 2, OpenID Connect Discovery section 3).
///
/// Members it does not know are ignored, as both texts ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationServerMetadata {
    /// The issuer; it must equal the one that the document was asked for (RFC 8414 section 3.3).
    pub issuer: Issuer,
    /// Where a person authorizes a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<Url>,
    /// Where codes and refresh tokens are exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<Url>,
    /// Where the keys are that sign access tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Url>,
    /// Where clients register themselves (RFC 7591).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<Url>,
    /// Where tokens are introspected (RFC 7662).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<Url>,
    /// The PKCE methods it takes; MCP clients stop when `S256` is not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    /// The response types it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_types_supported: Vec<String>,
    /// The grant types it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_types_supported: Vec<String>,
    /// How clients authenticate at the token endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// The scopes it knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// Whether a URL may stand for a registered client (client ID metadata documents).
    #[serde(default, skip_serializing_if = "is_false")]
    pub client_id_metadata_document_supported: bool,
    /// Whether authorization responses carry `iss` (RFC 9207 section 3).
    #[serde(default, skip_serializing_if = "is_false")]
    pub authorization_response_iss_parameter_supported: bool,
}

/// The metadata document of a protected resource (RFC 9728 section 2).
///
/// Members without a value are left out (RFC 9728 section 3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectedResourceMetadata {
    /// The resource identifier.
    pub resource: ResourceUri,
    /// The authorization servers whose tokens it takes, the preferred one first; MCP demands at least one.
    pub authorization_servers: Vec<Issuer>,
    /// The smallest set of scopes for basic use (MCP 2025-11-25 "Scope Selection Strategy").
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<ScopeToken>,
    /// How a token is sent: always `["header"]` here (RFC 6750 section 2.1).
    pub bearer_methods_supported: Vec<String>,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// A page for developers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_documentation: Option<Url>,
    /// A page that says what may be done with the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_policy_uri: Option<Url>,
    /// The terms of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_tos_uri: Option<Url>,
    /// The algorithms that DPoP proofs may be signed with; without any, DPoP is not supported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// Whether tokens must be bound to a key and come with a DPoP proof.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens_required: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
