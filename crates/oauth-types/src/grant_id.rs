use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::Entropy;

/// Names one grant: what one person has allowed one client, once.
///
/// Sixteen random bytes, written as 22 characters of base64url; no secret, but not guessable either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GrantId([u8; 16]);

/// A text that is no grant id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no grant id")]
pub struct InvalidGrantId;

impl GrantId {
    /// A new one.
    #[must_use]
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for GrantId {
    type Err = InvalidGrantId;

    fn from_str(text: &str) -> Result<Self, InvalidGrantId> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidGrantId)?;
        bytes.try_into().map(Self).map_err(|_| InvalidGrantId)
    }
}

impl TryFrom<String> for GrantId {
    type Error = InvalidGrantId;

    fn try_from(text: String) -> Result<Self, InvalidGrantId> {
        text.parse()
    }
}

impl From<GrantId> for String {
    fn from(id: GrantId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn an_id_survives_its_text_and_no_other_text_is_one() {
        let id = GrantId::random(&SystemEntropy);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_ne!(id, GrantId::random(&SystemEntropy));
        for bad in ["", "a", &format!("{id}A"), &format!("{id}=")] {
            assert_eq!(bad.parse::<GrantId>(), Err(InvalidGrantId));
        }
    }
}
