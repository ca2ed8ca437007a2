use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Subject;

/// Names a configured third-party authorization server: 1 to 32 of `a` to `z`, `0` to `9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderId(String);

/// A text that is no provider id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 32 of a-z, 0-9 and -")]
pub struct InvalidProviderId;

/// A person, as one third-party authorization server knows them: provider and stable user id.
///
/// Never a name or an e-mail address, which change hands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// Who vouches for them.
    pub provider: ProviderId,
    /// Their id there.
    pub subject: Subject,
}

impl ProviderId {
    /// The id as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProviderId {
    type Err = InvalidProviderId;

    fn from_str(text: &str) -> Result<Self, InvalidProviderId> {
        let plain = text.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if plain && (1..=32).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidProviderId)
        }
    }
}

impl TryFrom<String> for ProviderId {
    type Error = InvalidProviderId;

    fn try_from(text: String) -> Result<Self, InvalidProviderId> {
        text.parse()
    }
}

impl From<ProviderId> for String {
    fn from(id: ProviderId) -> Self {
        id.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Principal {
    /// The `sub` of tokens that the gateway issues for them: `provider:subject`, unique because ids have no colon.
    ///
    /// # Errors
    /// When both together are longer than a subject may be.
    pub fn to_subject(&self) -> Result<Subject, crate::InvalidIdentifier> {
        format!("{}:{}", self.provider, self.subject).parse()
    }

    /// The principal that a `sub` of [`Principal::to_subject`] names.
    #[must_use]
    pub fn from_subject(subject: &Subject) -> Option<Self> {
        let (provider, subject) = subject.as_str().split_once(':')?;
        Some(Self { provider: provider.parse().ok()?, subject: subject.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j11_two_principals_never_share_a_subject() {
        let principal = |provider: &str, subject: &str| Principal {
            provider: provider.parse().unwrap(),
            subject: subject.parse().unwrap(),
        };
        let first = principal("github", "1:2");
        assert_eq!(first.to_subject().unwrap().as_str(), "github:1:2");
        assert_eq!(Principal::from_subject(&first.to_subject().unwrap()), Some(first.clone()));
        assert_ne!(first.to_subject(), principal("google", "1:2").to_subject());
        assert!("a:b".parse::<ProviderId>().is_err());
        assert!("".parse::<ProviderId>().is_err());
        assert!("GitHub".parse::<ProviderId>().is_err());
    }
}
