use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::SigningKey;

/// A set of public keys (RFC 7517), written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwks {
    json: Arc<str>,
}

#[derive(Serialize)]
struct Document {
    keys: Vec<PublicKey>,
}

#[derive(Serialize)]
struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    purpose: &'static str,
    kid: String,
    x: String,
    y: String,
}

impl Jwks {
    pub(super) fn of<'a>(keys: impl Iterator<Item = &'a SigningKey>) -> Self {
        let document = Document { keys: keys.filter_map(PublicKey::of).collect() };
        // Texts in a list cannot fail to be written; an empty set would verify nothing.
        serde_json::to_string(&document).map_or_else(|_| Self::default(), |json| Self { json: json.into() })
    }

    /// The document.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.json
    }
}

impl Default for Jwks {
    fn default() -> Self {
        Self { json: r#"{"keys":[]}"#.into() }
    }
}

impl PublicKey {
    fn of(key: &SigningKey) -> Option<Self> {
        let (x, y) = key.public().strip_prefix(&[4])?.split_at_checked(32)?;
        Some(Self {
            kty: "EC",
            crv: "P-256",
            alg: "ES256",
            purpose: "sig",
            kid: key.id.clone(),
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        })
    }
}
