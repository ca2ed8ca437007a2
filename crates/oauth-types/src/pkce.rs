use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

crate::secret! {
    /// A PKCE code verifier: 43 to 128 unreserved characters (RFC 7636 section 4.1).
    pub struct CodeVerifier;
}

/// A PKCE code challenge of the method `S256`: the SHA-256 of a verifier, 43 characters (RFC 7636 section 4.2).
///
/// There is no other method here: `plain` would show the verifier to whoever sees the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge(String);

/// Why a text is no code verifier or code challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("does not have the form of RFC 7636")]
pub struct InvalidPkce;

impl FromStr for CodeVerifier {
    type Err = InvalidPkce;

    fn from_str(text: &str) -> Result<Self, InvalidPkce> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if (43..=128).contains(&text.len()) && text.bytes().all(unreserved) {
            return Ok(Self::new(text.to_owned()));
        }
        Err(InvalidPkce)
    }
}

impl CodeChallenge {
    /// The challenge that belongs to `verifier`.
    #[must_use]
    pub fn of(verifier: &CodeVerifier) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.expose().as_bytes());
        Self(URL_SAFE_NO_PAD.encode(digest))
    }

    /// The challenge as on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `verifier` answers this challenge, compared in constant time (RFC 7636 section 4.6).
    #[must_use]
    pub fn is_answered_by(&self, verifier: &CodeVerifier) -> bool {
        crate::secret::equal(self.0.as_bytes(), Self::of(verifier).0.as_bytes())
    }
}

impl FromStr for CodeChallenge {
    type Err = InvalidPkce;

    fn from_str(text: &str) -> Result<Self, InvalidPkce> {
        let is_digest = URL_SAFE_NO_PAD.decode(text).is_ok_and(|it| it.len() == 32);
        if is_digest { Ok(Self(text.to_owned())) } else { Err(InvalidPkce) }
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = InvalidPkce;

    fn try_from(text: String) -> Result<Self, InvalidPkce> {
        text.parse()
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.0
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_challenge_is_the_digest_of_the_verifier() {
        let verifier: CodeVerifier = VERIFIER.parse().unwrap();
        let challenge: CodeChallenge = CHALLENGE.parse().unwrap();
        assert_eq!(CodeChallenge::of(&verifier), challenge);
        assert!(challenge.is_answered_by(&verifier));
        assert!(!challenge.is_answered_by(&CHALLENGE.parse().unwrap()));
    }

    #[test]
    fn f09_g03_both_keep_to_their_form() {
        assert!("a".repeat(42).parse::<CodeVerifier>().is_err());
        assert!("a".repeat(43).parse::<CodeVerifier>().is_ok());
        assert!("a".repeat(128).parse::<CodeVerifier>().is_ok());
        assert!("a".repeat(129).parse::<CodeVerifier>().is_err());
        assert!(format!("{} ", "a".repeat(43)).parse::<CodeVerifier>().is_err());
        for bad in [
            "",
            "a",
            &CHALLENGE[1..],
            &format!("{CHALLENGE}A"),
            &CHALLENGE.replace('-', "+"),
            &format!("{CHALLENGE}="),
        ] {
            assert!(bad.parse::<CodeChallenge>().is_err(), "{bad}");
        }
    }
}
