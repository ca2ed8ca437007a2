use std::str::FromStr;

use super::text_value;

/// The path of an MCP endpoint in its one canonical form, such as `/mcp` or `/`.
///
/// Segments of letters, digits, `-`, `.`, `_` and `~` after single slashes, none of them `.` or `..`.
/// No other spelling can mean the same path, so comparing bytes is enough.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointPath(String);

/// Why a text is no endpoint path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpointPath {
    /// Does not start with `/`.
    #[error("must start with `/`, such as `/mcp`")]
    Relative,
    /// Ends with `/` but is not `/` alone.
    #[error("must not end with `/`: write `/mcp`, not `/mcp/`")]
    TrailingSlash,
    /// Two slashes in a row, or a `.` or `..` segment.
    #[error("must have no empty, `.` or `..` segment")]
    Segment,
    /// A character outside of the allowed ones.
    #[error("may hold letters, digits, `-`, `.`, `_`, `~` and `/` only")]
    Character,
}

impl EndpointPath {
    /// The path, with its leading slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndpointPath {
    type Err = InvalidEndpointPath;

    fn from_str(text: &str) -> Result<Self, InvalidEndpointPath> {
        let rest = text.strip_prefix('/').ok_or(InvalidEndpointPath::Relative)?;
        let allowed = |it: char| it.is_ascii_alphanumeric() || "-._~/".contains(it);
        if !text.chars().all(allowed) {
            return Err(InvalidEndpointPath::Character);
        }
        if rest.is_empty() {
            return Ok(Self(text.to_owned()));
        }
        if rest.split('/').any(|it| matches!(it, "." | "..")) || text.contains("//") {
            return Err(InvalidEndpointPath::Segment);
        }
        if text.ends_with('/') {
            return Err(InvalidEndpointPath::TrailingSlash);
        }
        Ok(Self(text.to_owned()))
    }
}

text_value!(EndpointPath, "a canonical path such as `/mcp`");
