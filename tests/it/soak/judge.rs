//! Who an answer was made for.

use serde_json::Value;
use token_validate::{Algorithm, KeySet, verify_jws};

/// Looks at what an upstream says of whom it speaks to.
pub(super) enum Judge {
    /// Believes the gateway's assertions, which an upstream over HTTP repeats in all that it says.
    Assertions(KeySet),
    /// Believes a process that says who spoke to it first: it must be theirs alone.
    Owners,
    /// Believes nobody: the process is everybody's, and the secret must do.
    Secrets,
}

impl Judge {
    /// Knows the keys that the gateway publishes.
    pub(super) fn of_assertions(keys: &str) -> Self {
        Self::Assertions(KeySet::from_jwks_json(keys.as_bytes()).unwrap().0)
    }

    /// The secret in what the upstream said, if that was made for the caller `name`: a user, and which of theirs it is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn secret_for<'a>(&self, name: &str, proof: &'a Value) -> Result<&'a str, String> {
        let text = |name: &str| proof[name].as_str().ok_or_else(|| format!("no {name} in {proof}"));
        let user = name.split('/').next().unwrap_or_default();
        let made_for = match self {
            Self::Assertions(keys) => {
                let assertion = verify_jws(text("assertion")?, keys, &[Algorithm::Es256, Algorithm::EdDsa])
                    .map_err(|error| format!("an assertion that nobody signed: {error}"))?;
                assertion.claims()["sub"].as_str().unwrap_or_default().to_owned()
            }
            Self::Owners => text("owner")?.to_owned(),
            Self::Secrets => return text("secret"),
        };
        // The process of a session is the caller's, that of a user also of their others.
        if made_for == user || made_for == name {
            text("secret")
        } else {
            Err(format!("{name} got what was made for {made_for:?}"))
        }
    }
}
