use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One scope value: printable ASCII without space, `"` and `\` (RFC 6749 section 3.3).
///
/// Case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeToken(String);

/// A set of scope values, written with single spaces in a stable order (RFC 6749 section 3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope(BTreeSet<ScopeToken>);

/// Why a text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// A value is empty.
    #[error("is empty")]
    Empty,
    /// A value holds a character outside `%x21 / %x23-5B / %x5D-7E`.
    #[error("holds a character that a scope may not have")]
    Character,
}

impl ScopeToken {
    /// The value as on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Scope {
    /// The empty set.
    #[must_use]
    pub const fn empty() -> Self {
        Self(BTreeSet::new())
    }

    /// Whether every value of `required` is in this set.
    #[must_use]
    pub fn contains_all(&self, required: &Self) -> bool {
        required.0.is_subset(&self.0)
    }

    /// Whether this set holds `token`.
    #[must_use]
    pub fn contains(&self, token: &ScopeToken) -> bool {
        self.0.contains(token)
    }

    /// What `required` has and this set lacks.
    #[must_use]
    pub fn missing(&self, required: &Self) -> Self {
        Self(required.0.difference(&self.0).cloned().collect())
    }

    /// Both sets together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values in their stable order.
    pub fn iter(&self) -> impl Iterator<Item = &ScopeToken> {
        self.0.iter()
    }
}

impl FromStr for ScopeToken {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        if text.is_empty() {
            return Err(InvalidScope::Empty);
        }
        if !text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)) {
            return Err(InvalidScope::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    /// Reads values separated by spaces; repeated spaces are tolerated, no text is the empty set.
    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        text.split(' ').filter(|it| !it.is_empty()).map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromIterator<ScopeToken> for Scope {
    fn from_iter<I: IntoIterator<Item = ScopeToken>>(tokens: I) -> Self {
        Self(tokens.into_iter().collect())
    }
}

impl TryFrom<String> for ScopeToken {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, InvalidScope> {
        text.parse()
    }
}

impl From<ScopeToken> for String {
    fn from(token: ScopeToken) -> Self {
        token.0
    }
}

impl fmt::Display for ScopeToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(token.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn b27_a_scope_is_a_set_of_whole_values() {
        assert!(scope("read write").contains_all(&scope("read")));
        assert!(!scope("readall").contains_all(&scope("read")));
        assert!(!scope("*").contains_all(&scope("read")));
        assert!(!scope("READ").contains_all(&scope("read")));
        assert!(!scope("").contains_all(&scope("read")));
        assert!(scope("").contains_all(&scope("")));
    }

    #[test]
    fn what_is_missing_is_named_in_a_stable_order() {
        assert_eq!(scope("b").missing(&scope("c b a")).to_string(), "a c");
        assert_eq!(scope("b").union(&scope("a")).to_string(), "a b");
    }

    #[test]
    fn values_keep_to_the_grammar() {
        assert_eq!("a  b".parse::<Scope>(), Ok(scope("a b")));
        assert_eq!("a\"b".parse::<Scope>(), Err(InvalidScope::Character));
        assert_eq!("a\\b".parse::<Scope>(), Err(InvalidScope::Character));
        assert_eq!("a\tb".parse::<Scope>(), Err(InvalidScope::Character));
        assert_eq!("é".parse::<ScopeToken>(), Err(InvalidScope::Character));
        assert_eq!("".parse::<ScopeToken>(), Err(InvalidScope::Empty));
    }
}
