use std::str::FromStr;

use super::text_value;

/// One value of `aud` that is accepted, compared byte for byte (RFC 7519 section 4.1.3).
///
/// 1 to 1024 bytes; there is no wildcard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllowedAudience(String);

impl AllowedAudience {
    /// The value as in the token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AllowedAudience {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(
                "an audience is empty; write the exact `aud` of your tokens, such as the resource identifier",
            );
        }
        if text.contains('*') {
            return Err("an audience has no wildcard; write each exact `aud` of your tokens");
        }
        if text.len() > 1024 || text.chars().any(|it| it.is_control() || it.is_whitespace()) {
            return Err("an audience has at most 1024 bytes, without spaces and control characters");
        }
        Ok(Self(text.to_owned()))
    }
}

text_value!(AllowedAudience, "a value of `aud` without wildcard");
