//! An issuer whose keys the gateway has from a file.

use std::time::{SystemTime, UNIX_EPOCH};

use oauth_types::UnixTime;
use test_support::issuer::{TestIssuer, TokenBuilder};

/// Keys, and tokens that are good now.
pub(crate) struct Issuer(TestIssuer);

impl Issuer {
    pub(crate) fn new(issuer: &str) -> Self {
        Self(TestIssuer::new(issuer))
    }

    pub(crate) fn jwks(&self) -> String {
        self.0.jwks().to_string()
    }

    /// A token for `resource` in the making: of alice, for five minutes, with the scope `mcp`.
    pub(crate) fn token(&self, resource: &str) -> TokenBuilder {
        let now = unix_now();
        self.0
            .token()
            .issued_at(UnixTime::from_seconds(now))
            .claim("exp", now + 300)
            .claim("aud", resource)
            .claim("sub", "alice")
            .claim("scope", "mcp")
    }
}

#[expect(clippy::disallowed_methods, reason = "the process under test lives in real time")]
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
