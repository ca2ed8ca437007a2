use std::{fmt, str::FromStr};

use crate::quota::names::matches;

/// A text in which `*` stands for any characters, also none; every other character stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    /// It is empty, and matches nothing that has a name.
    #[error("is empty: it matches nothing")]
    Empty,
    /// It holds a control character, or begins or ends with a blank.
    #[error("holds a character that no name has")]
    Character,
}

impl Pattern {
    /// Whether `text` is of this form.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        matches(&self.0, text)
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        if text.is_empty() {
            return Err(InvalidPattern::Empty);
        }
        if text.trim() != text || text.contains(char::is_control) {
            return Err(InvalidPattern::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
