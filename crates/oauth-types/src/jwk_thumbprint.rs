use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// The SHA-256 thumbprint of a public key (RFC 7638), by which a token or a code is bound to it
/// (`jkt` and `dpop_jkt` of RFC 9449 sections 6.1 and 10).
///
/// It is public: it names a key and proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JwkThumbprint([u8; 32]);

/// The text is no SHA-256 thumbprint in base64url: 43 characters without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a SHA-256 thumbprint in base64url")]
pub struct InvalidJwkThumbprint;

impl JwkThumbprint {
    /// The thumbprint of a key whose required members are `canonical`: in the order of their names, without spaces
    /// (RFC 7638 section 3.2).
    #[must_use]
    pub fn of_canonical(canonical: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical).as_ref());
        Self(bytes)
    }

    /// The thumbprint with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for JwkThumbprint {
    type Err = InvalidJwkThumbprint;

    fn from_str(text: &str) -> Result<Self, InvalidJwkThumbprint> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidJwkThumbprint)?;
        bytes.try_into().map(Self).map_err(|_| InvalidJwkThumbprint)
    }
}

impl TryFrom<String> for JwkThumbprint {
    type Error = InvalidJwkThumbprint;

    fn try_from(text: String) -> Result<Self, InvalidJwkThumbprint> {
        text.parse()
    }
}

impl From<JwkThumbprint> for String {
    fn from(thumbprint: JwkThumbprint) -> Self {
        thumbprint.to_string()
    }
}

impl fmt::Display for JwkThumbprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for JwkThumbprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "JwkThumbprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_one_spelling() {
        let text = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        let thumbprint: JwkThumbprint = text.parse().unwrap();
        assert_eq!(thumbprint.to_string(), text);
        assert_eq!(JwkThumbprint::from_bytes(*thumbprint.as_bytes()), thumbprint);
        // The last character holds two bits that are not there.
        for wrong in
            ["", "0ZcO", &text[..42], &format!("{text}="), &text.replace('I', "J"), &text.replace('-', "+")]
        {
            assert_eq!(wrong.parse::<JwkThumbprint>(), Err(InvalidJwkThumbprint), "{wrong}");
        }
    }
}
