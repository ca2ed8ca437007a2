//! Authorization requests and the answers to them (OAuth 2.1 sections 4.1.1 and 4.1.2).

mod check_client;
mod check_code_challenge;
mod check_dpop_jkt;
mod check_grant_type;
mod check_prompt;
mod check_push_required;
mod check_redirect_uri;
mod check_request_object;
mod check_resource;
mod check_response_mode;
mod check_response_type;
mod check_restrictions;
mod check_scope;
mod check_state;
mod endpoint;
mod refused;
mod response;

use oauth_types::{AuthorizeErrorCode, CodeChallenge, JwkThumbprint, RedirectUri, ResourceUri, Scope};

use crate::Client;
pub use endpoint::AuthorizeEndpoint;
pub use response::AuthorizationResponse;

/// An authorization request that passed every check; whoever gets it asks the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Who asks, as known now; a document that changes later changes nothing here.
    pub client: Client,
    /// Where the answer goes, as requested.
    pub redirect_uri: RedirectUri,
    /// What is asked for, after narrowing to what exists and to what the client may have.
    pub scope: Scope,
    /// What the tokens will be for, in the canonical form (RFC 8707).
    pub resource: ResourceUri,
    /// The client's `state`, byte for byte.
    pub state: Option<Vec<u8>>,
    /// `code_challenge`, of the method `S256`.
    pub code_challenge: CodeChallenge,
    /// Whether the client may have refresh tokens.
    pub refreshable: bool,
    /// `dpop_jkt`: the key without whose proof nobody may redeem the code (RFC 9449 section 10).
    pub key: Option<JwkThumbprint>,
}

/// Why an authorization request goes no further.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is made once for a request and taken apart at once")]
pub enum AuthorizeRefusal {
    /// The client or its redirect URI is not good: the person gets a page, nobody is redirected
    /// (OAuth 2.1 section 4.1.2.1).
    Page(AuthorizePageError),
    /// The client is told at its redirect URI.
    Redirect(AuthorizeRedirectError),
}

/// Why the person sees a page instead of being sent to the client.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizePageError {
    /// `client_id` is missing, repeated, or nobody's.
    #[error("the client is not known here")]
    UnknownClient,
    /// `client_id` is a URL whose metadata document cannot be had or used, for whatever reason: nobody learns from us
    /// which hosts answer.
    #[error("the client's metadata document cannot be used")]
    Document,
    /// `redirect_uri` is missing where it must not be, repeated, or not one of the client's.
    #[error("the client may not be answered at this address")]
    RedirectUri,
    /// A parameter appears twice, or the request cannot be read, before the client is known to be right.
    #[error("the request is malformed")]
    Malformed,
    /// The request is too long.
    #[error("the request is too long")]
    TooLong,
    /// The pushed request is unknown, used, too old, or another client's (RFC 9126 section 4).
    #[error("the pushed request is not known here")]
    PushedRequest,
    /// Nobody can say now (503).
    #[error("the clients are unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An error for the client, which the person may carry there.
#[derive(Debug)]
pub struct AuthorizeRedirectError {
    /// `error`.
    pub code: AuthorizeErrorCode,
    /// `error_description`: a fixed text for the client's developer.
    pub description: &'static str,
    /// The whole answer, for a `Location` header.
    pub location: String,
    /// Who asked: a client that registered itself is not a place to send somebody to unasked (RFC 9700 section 4.11.2).
    pub client: Client,
    /// Where the answer goes.
    pub redirect_uri: RedirectUri,
}

impl From<AuthorizePageError> for AuthorizeRefusal {
    fn from(error: AuthorizePageError) -> Self {
        Self::Page(error)
    }
}

#[cfg(test)]
mod tests;
