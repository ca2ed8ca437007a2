use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ClientId, InvalidIdentifier, Subject};

/// Names a configured third-party authorization server: 1 to 32 of `a` to `z`, `0` to `9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderId(String);

/// A text that is no provider id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 32 of a-z, 0-9 and -")]
pub struct InvalidProviderId;

/// A `client_id` that could be taken for a person's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client_id holds a colon, as subjects of people do")]
pub struct ConfusableClient;

/// A person, as one third-party authorization server knows them: provider and stable user id.
///
/// Never a name or an e-mail address, which change hands.
/// A client that acts for itself is one too ([`Principal::of_client`]), of a provider that nobody else may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// Who vouches for them.
    pub provider: ProviderId,
    /// Their id there.
    pub subject: Subject,
}

impl ProviderId {
    /// The id that stands for clients which act for themselves; no provider of people may have it.
    pub const CLIENT: &'static str = "client";

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
    /// The client itself, for tokens that speak for nobody else (RFC 6749 section 4.4).
    ///
    /// # Errors
    /// When the id holds a colon: its `sub` could be taken for that of a person (MCP "OAuth Client Credentials").
    pub fn of_client(id: &ClientId) -> Result<Self, ConfusableClient> {
        if id.as_str().contains(':') {
            return Err(ConfusableClient);
        }
        let subject = id.as_str().parse().map_err(|_| ConfusableClient)?;
        Ok(Self { provider: ProviderId(ProviderId::CLIENT.to_owned()), subject })
    }

    /// The `sub` of tokens that the gateway issues for them: `provider:subject`, unique because ids have no colon.
    ///
    /// A client that acts for itself is its `client_id` alone, which has no colon either.
    ///
    /// # Errors
    /// When both together are longer than a subject may be.
    pub fn to_subject(&self) -> Result<Subject, InvalidIdentifier> {
        if self.provider.as_str() == ProviderId::CLIENT && !self.subject.as_str().contains(':') {
            return Ok(self.subject.clone());
        }
        format!("{}:{}", self.provider, self.subject).parse()
    }

    /// The principal that a `sub` of [`Principal::to_subject`] names.
    #[must_use]
    pub fn from_subject(subject: &Subject) -> Option<Self> {
        let Some((provider, subject)) = subject.as_str().split_once(':') else {
            return Self::of_client(&subject.as_str().parse().ok()?).ok();
        };
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

    #[test]
    fn a_client_that_acts_for_itself_is_never_taken_for_a_person() {
        let client = Principal::of_client(&"job-1".parse().unwrap()).unwrap();
        let subject = client.to_subject().unwrap();
        assert_eq!(subject.as_str(), "job-1");
        assert_eq!(Principal::from_subject(&subject), Some(client));
        for id in ["github:1", "https://client.example/client.json"] {
            assert_eq!(Principal::of_client(&id.parse().unwrap()), Err(ConfusableClient), "{id}");
        }
    }
}
