use std::str::FromStr;

use url::Url;

use super::text_value;

/// A web origin as browsers send it, such as `https://inspector.example.com` (RFC 6454 section 6.2).
///
/// Compared byte for byte; there is no wildcard and no `null`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// The origin as in the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebOrigin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if matches!(text, "*" | "null") {
            return Err("an origin is named exactly: there is no wildcard and no `null`");
        }
        let url = Url::parse(text).map_err(|_| EXPECTED)?;
        let origin = url.origin();
        if !origin.is_tuple() || text.contains('*') || origin.ascii_serialization() != text {
            return Err(EXPECTED);
        }
        Ok(Self(text.to_owned()))
    }
}

text_value!(WebOrigin, "a web origin such as `https://inspector.example.com`");

const EXPECTED: &str =
    "write an origin as browsers send it, such as `https://inspector.example.com`: no path, no final slash";
