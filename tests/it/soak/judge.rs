//! Who an answer was made for.

use serde_json::Value;
use token_validate::{Algorithm, KeySet, verify_jws};

/// Believes the gateway's assertions, which the upstream repeats in all that it says.
pub(super) struct Judge(KeySet);

impl Judge {
    /// Knows the keys that the gateway publishes.
    pub(super) fn new(keys: &str) -> Self {
        Self(KeySet::from_jwks_json(keys.as_bytes()).unwrap().0)
    }

    /// The secret in what the upstream said, if that was made for `subject`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn secret_for<'a>(&self, subject: &str, proof: &'a Value) -> Result<&'a str, String> {
        let text = |name: &str| proof[name].as_str().ok_or_else(|| format!("no {name} in {proof}"));
        let assertion = verify_jws(text("assertion")?, &self.0, &[Algorithm::Es256, Algorithm::EdDsa])
            .map_err(|error| format!("an assertion that nobody signed: {error}"))?;
        match assertion.claims()["sub"].as_str() {
            Some(made_for) if made_for == subject => text("secret"),
            made_for => Err(format!("{subject} got what was made for {made_for:?}")),
        }
    }
}
