use std::collections::{BTreeMap, BTreeSet};

use oauth_types::{ClientId, Issuer, ResourceUri, Scope, ScopeToken};

use crate::{ClientAuthMethod, GrantType, TrustedIssuer};

/// What this authorization server is and what it offers.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ServerSettings {
    issuer: Issuer,
    resources: Vec<OfferedResource>,
    /// Whether authorization responses carry `iss` and the metadata says so (RFC 9207); on by default.
    ///
    /// Off is for clients that fail when the metadata promises it.
    pub response_issuer: bool,
    /// Whether clients may register themselves (RFC 7591); on by default.
    pub registration: bool,
    /// Whether a URL may stand for a client (client ID metadata documents); on by default.
    pub client_id_metadata_documents: bool,
    /// Whether clients may push authorization requests, which needs a [`PushEndpoint`](crate::PushEndpoint) (RFC 9126);
    /// on by default.
    pub pushed_authorization_requests: bool,
    /// Whether every authorization request must be pushed (RFC 9126 section 5); off by default.
    pub require_pushed_authorization_requests: bool,
    /// How clients may authenticate at the token endpoint, in the order of the metadata document; all by default.
    pub auth_methods: Vec<ClientAuthMethod>,
    /// The `alg` values that client assertions may have (RFC 7518 section 3.1), in the order of the metadata document.
    ///
    /// Told to clients with [`ClientAuthMethod::PrivateKeyJwt`] only; whoever verifies assertions must take all of them.
    pub assertion_algorithms: Vec<String>,
    /// The `alg` values that DPoP proofs may have, in the order of the metadata document (RFC 9449 section 5.1); none by
    /// default, and then a proof means nothing.
    ///
    /// Whoever verifies proofs must take all of them.
    pub dpop_algorithms: Vec<String>,
    /// Whether every client must bind its tokens by a DPoP proof; off by default.
    pub dpop_required: bool,
    /// Whether the token endpoint also takes a JSON object instead of a form, as some clients send it; off by default.
    pub json_token_requests: bool,
    /// The clients that may introspect the tokens of every client, such as resource servers; nobody by default.
    ///
    /// Each must authenticate; a public client gains nothing by being named.
    pub introspect_all: BTreeSet<ClientId>,
    /// The clients that may have tokens for themselves (RFC 6749 section 4.4), and the most that each may do;
    /// nobody by default.
    ///
    /// Counts for confidential clients of the configuration only: what registered itself or publishes a document is a
    /// stranger (MCP "OAuth Client Credentials").
    pub client_credentials: BTreeMap<ClientId, Scope>,
    /// The issuers of identity assertions that are believed; nobody by default.
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// The clients that may exchange access tokens for the next hop (RFC 8693); nobody by default.
    ///
    /// Counts for confidential clients of the configuration only.
    pub token_exchange: BTreeMap<ClientId, ExchangeRule>,
}

/// What a client may exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRule {
    /// The resource that it is: it exchanges tokens for this one only.
    pub resource: ResourceUri,
    /// Where it may go on to, and the most that a token for there permits; these need not be resources offered here.
    pub targets: BTreeMap<ResourceUri, Scope>,
}

/// A protected resource that tokens are issued for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedResource {
    /// Its identifier, which becomes the `aud` of tokens.
    pub resource: ResourceUri,
    /// The scopes that exist there; others are dropped from requests.
    pub scopes: Scope,
    /// What a client gets that asks for no scope, or for none that exists; a part of `scopes`.
    pub default_scopes: Scope,
}

/// A setting of [`ServerSettings`] does not make sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServerSettings {
    /// The issuer has a path or a trailing slash; old clients look for its metadata at the origin only.
    #[error("issuer must be an origin without a path and without a trailing slash")]
    IssuerNotAnOrigin,
    /// There is nothing to issue tokens for.
    #[error("at least one resource must be offered")]
    NoResource,
    /// The resource is offered twice.
    #[error("the resource {0} is offered twice")]
    RepeatedResource(ResourceUri),
    /// A default scope of the resource is not among its scopes.
    #[error("the default scopes of {0} must be among its scopes")]
    DefaultScopes(ResourceUri),
}

impl ServerSettings {
    /// The defaults for `issuer` and what it issues tokens for; the first resource is the one of requests that name none.
    ///
    /// # Errors
    /// Whatever [`InvalidServerSettings`] names.
    pub fn new(issuer: Issuer, resources: Vec<OfferedResource>) -> Result<Self, InvalidServerSettings> {
        if issuer.as_str().ends_with('/') || issuer.url().path() != "/" {
            return Err(InvalidServerSettings::IssuerNotAnOrigin);
        }
        check_resources(&resources)?;
        Ok(Self {
            issuer,
            resources,
            response_issuer: true,
            registration: true,
            client_id_metadata_documents: true,
            pushed_authorization_requests: true,
            require_pushed_authorization_requests: false,
            auth_methods: vec![
                ClientAuthMethod::None,
                ClientAuthMethod::ClientSecretPost,
                ClientAuthMethod::ClientSecretBasic,
                ClientAuthMethod::PrivateKeyJwt,
            ],
            assertion_algorithms: ASSERTION_ALGORITHMS.map(str::to_owned).into(),
            dpop_algorithms: Vec::new(),
            dpop_required: false,
            json_token_requests: false,
            introspect_all: BTreeSet::new(),
            client_credentials: BTreeMap::new(),
            trusted_issuers: Vec::new(),
            token_exchange: BTreeMap::new(),
        })
    }

    /// Who issues the tokens: a bare origin.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The `iss` of authorization responses, if they carry it.
    #[must_use]
    pub fn response_issuer(&self) -> Option<&Issuer> {
        self.response_issuer.then_some(&self.issuer)
    }

    /// What tokens are issued for, at least one; the first is the default.
    #[must_use]
    pub fn resources(&self) -> &[OfferedResource] {
        &self.resources
    }

    /// Whether a scope value exists at one of the resources.
    #[must_use]
    pub fn offers(&self, value: &ScopeToken) -> bool {
        self.resources.iter().any(|it| it.scopes.contains(value))
    }

    /// The grant types of the token endpoint, in the order of the metadata document.
    #[must_use]
    pub fn grant_types(&self) -> Vec<GrantType> {
        let further = [
            (!self.client_credentials.is_empty(), GrantType::ClientCredentials),
            (!self.trusted_issuers.is_empty(), GrantType::JwtBearer),
            (!self.token_exchange.is_empty(), GrantType::TokenExchange),
        ];
        let further = further.into_iter().filter_map(|(is_offered, it)| is_offered.then_some(it));
        [GrantType::AuthorizationCode, GrantType::RefreshToken].into_iter().chain(further).collect()
    }

    /// The URL of an endpoint of this server; `path` starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

fn check_resources(resources: &[OfferedResource]) -> Result<(), InvalidServerSettings> {
    if resources.is_empty() {
        return Err(InvalidServerSettings::NoResource);
    }
    let mut seen = BTreeSet::new();
    for offered in resources {
        if !seen.insert(&offered.resource) {
            return Err(InvalidServerSettings::RepeatedResource(offered.resource.clone()));
        }
        if !offered.scopes.contains_all(&offered.default_scopes) {
            return Err(InvalidServerSettings::DefaultScopes(offered.resource.clone()));
        }
    }
    Ok(())
}

/// Asymmetric, and none without a digest of at least 256 bits.
const ASSERTION_ALGORITHMS: [&str; 9] =
    ["ES256", "ES384", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];

#[cfg(test)]
mod tests;
