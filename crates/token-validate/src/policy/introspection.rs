use std::time::Duration;

use oauth_types::ClientId;
use url::Url;

oauth_types::secret! {
    /// The secret the gateway proves itself with at an introspection endpoint.
    pub struct ClientSecret;
}

/// How an issuer is asked about tokens (RFC 7662).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introspection {
    /// The endpoint; `None` takes it from the issuer's metadata.
    pub endpoint: Option<Url>,
    /// The client the gateway is at the issuer.
    pub client_id: ClientId,
    /// Its secret.
    pub client_secret: ClientSecret,
    /// How it authenticates; [`IntrospectionAuth::Basic`] unless the issuer wants the other.
    pub auth: IntrospectionAuth,
    /// Which tokens are asked about.
    pub applies_to: IntrospectionScope,
    /// How long an answer holds, at most until the token's `exp`; 0 asks for every request.
    ///
    /// A revoked token lives on for this long. At most 60 s are used, whatever is set.
    pub cache: Duration,
}

/// How the gateway authenticates at an introspection endpoint (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntrospectionAuth {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
}

/// Which tokens an issuer is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntrospectionScope {
    /// Only those that are no JWTs.
    Opaque,
    /// Also JWTs, after they passed every local check.
    Every,
}

impl Introspection {
    /// The longest time an answer may be kept: 60 s.
    pub const MAX_CACHE: Duration = Duration::from_secs(60);
}
