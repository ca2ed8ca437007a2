use std::str::FromStr;

use http::HeaderName;

use super::text_value;

/// The name of a header field, in any case (RFC 9110 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldName(HeaderName);

impl FieldName {
    /// A name that is known to be one, in lower case.
    ///
    /// # Panics
    ///
    /// If it is not in lower case or no token.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        Self(HeaderName::from_static(name))
    }

    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name as the `http` crate has it.
    #[must_use]
    pub const fn name(&self) -> &HeaderName {
        &self.0
    }
}

impl FromStr for FieldName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = HeaderName::from_bytes(text.as_bytes());
        name.map(Self).map_err(|_| "write the name of a header, such as `X-Request-Tag`")
    }
}

text_value!(FieldName, "the name of a header");
