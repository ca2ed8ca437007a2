//! DPoP proofs, good ones and bad ones in every way (RFC 9449).

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "only tests call it, and a test may panic"
)]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::JwkThumbprint;
use serde_json::{Value, json};

use crate::issuer::{NOW, TestKey, TokenBuilder};

impl TestKey {
    /// A good proof for a request, made at [`NOW`], with a `jti` of its own.
    #[must_use]
    pub fn proof(&self, method: &str, url: &str) -> TokenBuilder {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let jti = format!("proof-{}", COUNT.fetch_add(1, Relaxed));
        TokenBuilder::with_key(self)
            .header("typ", "dpop+jwt")
            .header("jwk", self.public_jwk())
            .claim("jti", jti)
            .claim("htm", method)
            .claim("htu", url)
            .claim("iat", NOW)
    }

    /// The public key as a proof shows it: the members of its kind and no others.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.jwk();
        let members = jwk.as_object_mut().expect("a key is an object");
        members.retain(|name, _| !matches!(name.as_str(), "alg" | "use" | "kid"));
        jwk
    }

    /// The thumbprint of the public key (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> JwkThumbprint {
        // A map of serde_json is in the order of its names.
        JwkThumbprint::of_canonical(self.public_jwk().to_string().as_bytes())
    }

    /// What a token that is bound to this key has as `cnf`.
    #[must_use]
    pub fn confirmation(&self) -> Value {
        json!({ "jkt": self.thumbprint().to_string() })
    }
}

impl TokenBuilder {
    /// Makes a proof one for a request with this access token.
    #[must_use]
    pub fn beside(self, token: &str) -> Self {
        self.claim("ath", URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())))
    }
}
