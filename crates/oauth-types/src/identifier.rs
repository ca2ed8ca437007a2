use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentifier {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// Longer than 255 bytes.
    #[error("is longer than 255 bytes")]
    TooLong,
    /// Holds a control character, which could break a log line or a header.
    #[error("holds a control character")]
    Control,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text as the authorization server wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidIdentifier;

            fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
                check(text).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidIdentifier;

            fn try_from(text: String) -> Result<Self, InvalidIdentifier> {
                check(&text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier! {
    /// The `sub` of a token: who it speaks for, unique within its issuer (RFC 7519 section 4.1.2).
    ///
    /// 1 to 255 bytes without control characters; compared byte for byte.
    Subject
}

identifier! {
    /// A `client_id`: which client holds the token, unique within its issuer (RFC 6749 section 2.2).
    ///
    /// 1 to 255 bytes without control characters; compared byte for byte.
    ClientId
}

fn check(text: &str) -> Result<(), InvalidIdentifier> {
    if text.is_empty() {
        return Err(InvalidIdentifier::Empty);
    }
    if text.len() > 255 {
        return Err(InvalidIdentifier::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidIdentifier::Control);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), InvalidIdentifier>) {
        assert_eq!(text.parse::<Subject>().map(drop), expected, "{text:?}");
        assert_eq!(serde_json::from_value::<ClientId>(text.into()).is_ok(), expected.is_ok(), "{text:?}");
    }

    #[test]
    fn b26_an_identifier_is_short_and_without_control_characters() {
        check("alice", Ok(()));
        check("", Err(InvalidIdentifier::Empty));
        check(&"a".repeat(255), Ok(()));
        check(&"a".repeat(256), Err(InvalidIdentifier::TooLong));
        check("alice\r\nX-Admin: 1", Err(InvalidIdentifier::Control));
        check("alice\u{85}", Err(InvalidIdentifier::Control));
    }
}
