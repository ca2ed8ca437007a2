use std::time::Duration;

use oauth_types::{ClaimPath, ClientId, Issuer};
use url::Url;

use crate::{Algorithm, Introspection, KeySet, ScopeHierarchy, SharedKeys};

/// What is accepted of one authorization server.
///
/// [`IssuerPolicy::new`] has the strict defaults; a [`Preset`](crate::Preset) fits them to a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerPolicy {
    /// The issuer; the `iss` claim must equal it byte for byte (RFC 9068 section 4).
    pub issuer: Issuer,
    /// Where its keys are; discovery by default.
    pub keys: KeySource,
    /// The algorithms it may sign with; all of [`Algorithm::ALL`] by default, an empty list allows none.
    pub algorithms: Vec<Algorithm>,
    /// What the `typ` header must say; [`TokenTypePolicy::Strict`] by default.
    pub token_type: TokenTypePolicy,
    /// How a token shows that it is meant for the resource; by `aud` by default.
    pub audience: AudiencePolicy,
    /// Claims that must be there with exactly this text (a text, a number or a boolean); none by default.
    pub required_claims: Vec<(ClaimPath, String)>,
    /// Claims that the server writes into each of its access tokens and into nothing else; none by default.
    ///
    /// A token that lacks one of them as a text is refused.
    /// For servers whose ID tokens may carry no other mark, since `nonce` and `at_hash` are optional in some flows.
    pub access_token_marks: Vec<ClaimPath>,
    /// The claims that together are the scope; `scope` and `scp` by default.
    pub scope_claims: Vec<ClaimPath>,
    /// A text removed from the front of scope values that begin with it; none by default.
    pub scope_prefix: Option<String>,
    /// Which scope values imply others; none by default.
    pub scope_hierarchy: ScopeHierarchy,
    /// The longest time from `iat` to `exp`; unlimited by default.
    pub max_lifetime: Option<Duration>,
    /// The clients whose tokens are accepted; `None`, the default, accepts all, an empty list none.
    pub allowed_clients: Option<Vec<ClientId>>,
    /// Whether and how the issuer is asked about tokens; not by default.
    pub introspection: Option<Introspection>,
}

/// Where the keys of an issuer come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// From the `jwks_uri` of its metadata document, whose `issuer` must equal the configured one.
    ///
    /// The `jwks_uri` must be `https`, on whatever host: Google and Cognito keep their keys and endpoints elsewhere,
    /// the document comes from the issuer over TLS, and the HTTP client refuses addresses that are not public.
    /// For a loopback issuer it may be `http` on a loopback host.
    Discovery,
    /// From this key set document.
    JwksUri(Url),
    /// From a file, read by the caller; never fetched.
    Static(KeySet),
    /// From this process itself, which replaces them as it likes; never fetched.
    Shared(SharedKeys),
    /// It has none: every token is introspected, JWTs too; without introspection nothing passes.
    None,
}

/// What the `typ` header of a JWT must say, compared without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenTypePolicy {
    /// `at+jwt` or `application/at+jwt` (RFC 9068 section 4).
    Strict,
    /// Also `JWT`, or nothing; tokens with the marks of another kind are still refused.
    Lenient,
}

/// How a token shows that it is meant for the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudiencePolicy {
    /// Its `aud` names one of the resource's audiences.
    Claim,
    /// It has an `aud` that does, or none at all and was issued to one of these clients.
    ///
    /// For servers that write no `aud`. An empty list accepts no token without `aud`.
    ClientId {
        /// The clients that exist for the sake of this resource.
        allowed: Vec<ClientId>,
    },
}

impl IssuerPolicy {
    /// The strict policy for `issuer`: keys by discovery, `typ` must be `at+jwt`, `aud` must name the resource.
    #[must_use]
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            keys: KeySource::Discovery,
            algorithms: Algorithm::ALL.to_vec(),
            token_type: TokenTypePolicy::Strict,
            audience: AudiencePolicy::Claim,
            required_claims: Vec::new(),
            access_token_marks: Vec::new(),
            scope_claims: vec![claim("scope"), claim("scp")],
            scope_prefix: None,
            scope_hierarchy: ScopeHierarchy::default(),
            max_lifetime: None,
            allowed_clients: None,
            introspection: None,
        }
    }
}

/// A claim path that is written in this crate.
#[expect(clippy::expect_used, reason = "called with non-empty literals only")]
pub(super) fn claim(literal: &'static str) -> ClaimPath {
    literal.parse().expect("the literal is a claim path")
}
