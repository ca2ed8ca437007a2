use std::time::Duration;

use url::Url;

use crate::{HostPattern, Rate, SecretDigest};

/// Who may register, and for how long.
#[derive(Clone, Debug)]
pub struct RegistrationSettings {
    /// `registration_endpoint`; the URI of a client is a path segment below it.
    pub endpoint: Url,
    /// The initial access tokens, one of which a registration must carry (RFC 7591 section 3); none means that
    /// everybody may register, which is the default.
    pub initial_access_tokens: Vec<SecretDigest>,
    /// The only hosts that `https` redirect URIs may have; none means every host, which is the default.
    ///
    /// With a list, private-use schemes such as `cursor:` are refused: nobody knows whose they are. `http` on a loopback
    /// host stays allowed.
    pub redirect_hosts: Option<Vec<HostPattern>>,
    /// How many clients there are at most; 10 000 by default. Then the oldest one goes that was never used.
    pub max_clients: usize,
    /// How long a client is kept that was never used; 24 hours by default.
    pub unused_lifetime: Duration,
    /// How long a client is kept after its last use; 90 days by default. One with live grants is always kept.
    pub idle_lifetime: Duration,
    /// How long a client is safe from going for another one, so that a person can sign in; 15 minutes by default.
    pub sign_in_time: Duration,
    /// How many new clients a source gets; 60 a minute by default.
    ///
    /// Hosted clients register for many people from few addresses.
    pub per_source: Rate,
    /// How many new clients there are; 600 a minute by default.
    pub all_sources: Rate,
}

impl RegistrationSettings {
    /// The defaults, for the `registration_endpoint` at `endpoint`.
    #[must_use]
    pub const fn new(endpoint: Url) -> Self {
        Self {
            endpoint,
            initial_access_tokens: Vec::new(),
            redirect_hosts: None,
            max_clients: 10_000,
            unused_lifetime: Duration::from_secs(24 * 3600),
            idle_lifetime: Duration::from_secs(90 * 24 * 3600),
            sign_in_time: Duration::from_secs(15 * 60),
            per_source: Rate::per_minute(60),
            all_sources: Rate::per_minute(600),
        }
    }
}
