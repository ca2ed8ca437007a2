//! An authorization server reduced to its keys, and the tokens of each kind of traffic.

use std::{io, rc::Rc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{Clock, SystemClock};
use serde_json::{Map, Value};
use test_support::issuer::{TestIssuer, TestKey, TokenBuilder};

use crate::load::{Call, Traffic};

/// Signs tokens for one resource.
pub(crate) struct Mint {
    issuer: TestIssuer,
    rs256: TestKey,
    resource: String,
    minted: u64,
}

/// The issuer, as the gateway's configuration names it.
pub(crate) const ISSUER: &str = "https://as.example";

impl Mint {
    pub(crate) fn new() -> Self {
        let rs256 = TestKey::generate("RS256", "rs256");
        let issuer = TestIssuer::new(ISSUER).with_keys([TestKey::generate("ES256", "es256"), rs256.clone()]);
        Self { issuer, rs256, resource: String::new(), minted: 0 }
    }

    /// The public keys, as a document.
    pub(crate) fn jwks(&self) -> String {
        self.issuer.jwks().to_string()
    }

    /// From now on tokens are for `resource`.
    pub(crate) fn set_resource(&mut self, resource: &str) {
        resource.clone_into(&mut self.resource);
    }

    /// One token in every request.
    pub(crate) fn repeated(&mut self) -> Traffic {
        good(vec![self.next().sign()], false)
    }

    /// `count` tokens of as many subjects, in turn.
    pub(crate) fn distinct(&mut self, count: usize) -> Traffic {
        good((0..count).map(|_| self.next().sign()).collect(), false)
    }

    /// Tokens that say what `tokens` say, so that the two differ in nothing but who issued them for which resource.
    pub(crate) fn like(&mut self, tokens: &[String]) -> io::Result<Vec<String>> {
        let mut signed = Vec::new();
        for token in tokens {
            let claims = claims(token)?.into_iter().filter(|(name, _)| name != "iss" && name != "aud");
            signed
                .push(claims.fold(self.next(), |builder, (name, value)| builder.claim(&name, value)).sign());
        }
        Ok(signed)
    }

    /// `count` tokens, each for one request.
    pub(crate) fn new_es256(&mut self, count: usize) -> Traffic {
        good((0..count).map(|_| self.next().sign()).collect(), true)
    }

    /// The same with RSA.
    pub(crate) fn new_rs256(&mut self, count: usize) -> Traffic {
        let key = self.rs256.clone();
        good((0..count).map(|_| self.next().key(&key).sign()).collect(), true)
    }

    /// What must be refused, each with its name.
    pub(crate) fn refused(&mut self) -> Vec<(&'static str, Traffic)> {
        let now = SystemClock::new().now().as_seconds();
        let expired = self.next().claim("iat", now - 7200).claim("exp", now - 3600).sign();
        let foreign = self.next().claim("aud", "https://other.example/mcp").sign();
        let token = self.next();
        let bent = token.with_signature(&self.issuer.key().sign(b"something else"));
        let refused = |token: String| Traffic {
            tokens: Rc::new([token]),
            once: false,
            status: 401,
            call: Call::default(),
        };
        vec![
            ("no token", refused(String::new())),
            ("expired", refused(expired)),
            ("wrong `aud`", refused(foreign)),
            ("bent signature", refused(bent)),
        ]
    }

    fn next(&mut self) -> TokenBuilder {
        self.minted += 1;
        self.issuer
            .token()
            .issued_at(SystemClock::new().now())
            .claim("aud", self.resource.as_str())
            .claim("sub", format!("user-{}", self.minted))
            .claim("jti", format!("token-{}", self.minted))
    }
}

/// What a token says.
fn claims(token: &str) -> io::Result<Map<String, Value>> {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(io::Error::other)?;
    Ok(serde_json::from_slice(&payload)?)
}

/// Tokens that are accepted.
pub(crate) fn good(tokens: Vec<String>, once: bool) -> Traffic {
    Traffic { tokens: tokens.into(), once, status: 200, call: Call::default() }
}
