use std::str::FromStr;

use super::text_value;

/// The name of a method of MCP, such as `tools/list`: 1 to 64 letters, digits, `/`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodName(String);

impl MethodName {
    /// The name as on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MethodName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_good = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'/' | b'_' | b'-');
        let is_name = (1..=64).contains(&text.len()) && text.bytes().all(is_good);
        is_name.then(|| Self(text.to_owned())).ok_or("is no method of MCP: write one such as `tools/list`")
    }
}

text_value!(MethodName, "a method of MCP, such as `tools/list`");
