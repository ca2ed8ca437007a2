use std::fmt;

/// What a challenge tells the client's developer: fixed English text (RFC 6750 section 3).
///
/// Holds only `%x20-21 / %x23-5B / %x5D-7E`, so it cannot break out of its quotes;
/// borrowed for `'static`, so nothing of a request can get into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorDescription(&'static str);

/// The text is empty or holds a character that RFC 6750 section 3 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is empty or holds a character that an error description may not have")]
pub struct InvalidErrorDescription;

impl ErrorDescription {
    /// For constants, where a wrong text does not compile.
    ///
    /// # Panics
    ///
    /// When the text is empty or holds a character outside the set; use [`TryFrom`] where the text is no constant.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        assert!(is_valid(text.as_bytes()), "not an error description (RFC 6750 section 3)");
        Self(text)
    }

    /// The text as on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl TryFrom<&'static str> for ErrorDescription {
    type Error = InvalidErrorDescription;

    fn try_from(text: &'static str) -> Result<Self, InvalidErrorDescription> {
        if is_valid(text.as_bytes()) { Ok(Self(text)) } else { Err(InvalidErrorDescription) }
    }
}

impl fmt::Display for ErrorDescription {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

const fn is_valid(text: &[u8]) -> bool {
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        if !matches!(*byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E) {
            return false;
        }
        rest = tail;
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &'static str, expected: Result<(), InvalidErrorDescription>) {
        assert_eq!(ErrorDescription::try_from(text).map(drop), expected, "{text:?}");
    }

    #[test]
    fn spec_c4_a_description_keeps_to_its_character_set() {
        check("the token has expired", Ok(()));
        check(" !#[]~", Ok(()));
        check("", Err(InvalidErrorDescription));
        check("the \"token\"", Err(InvalidErrorDescription));
        check("the \\token", Err(InvalidErrorDescription));
        check("the token\r\nSet-Cookie: a=b", Err(InvalidErrorDescription));
        check("the\ttoken", Err(InvalidErrorDescription));
        check("the token\u{7f}", Err(InvalidErrorDescription));
        check("the tokén", Err(InvalidErrorDescription));
    }

    #[test]
    #[should_panic(expected = "not an error description")]
    fn spec_c4_a_wrong_constant_stops_the_build_or_the_program() {
        let _never = ErrorDescription::from_static("a\"b");
    }
}
