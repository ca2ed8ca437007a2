use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_types::{Issuer, Principal};
use serde_json::{Map, Value};

use crate::{IdentityAssertionError, IdentityAssertions};

/// An enterprise whose signature is the word `good`, and which has no place for mallory.
#[derive(Debug, Default)]
pub(crate) struct Enterprise(AtomicBool);

impl Enterprise {
    /// Whether its keys can be had.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.0.store(is_down, Ordering::SeqCst);
    }
}

#[async_trait]
impl IdentityAssertions for Enterprise {
    async fn verify(
        &self,
        _: &Issuer,
        assertion: &str,
    ) -> Result<Map<String, Value>, IdentityAssertionError> {
        if self.0.load(Ordering::SeqCst) {
            return Err(IdentityAssertionError::Keys("idp-7.internal does not answer".into()));
        }
        let parts: Vec<_> = assertion.split('.').collect();
        match (URL_SAFE_NO_PAD.decode(parts[1]), parts[2]) {
            (Ok(claims), "good") => Ok(serde_json::from_slice(&claims).unwrap()),
            _ => Err(IdentityAssertionError::Invalid("the signature is not good")),
        }
    }

    fn person(&self, _: &Issuer, claims: &Map<String, Value>) -> Result<Principal, IdentityAssertionError> {
        match claims["sub"].as_str().unwrap() {
            "mallory" => Err(IdentityAssertionError::NotAllowed("no rule names the person")),
            subject => Ok(Principal { provider: "acme".parse().unwrap(), subject: subject.parse().unwrap() }),
        }
    }
}
