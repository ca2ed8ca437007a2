use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer};

use super::text;

/// The hash of a password, as a PHC string; prints nothing of it.
///
/// Whether it is strong enough is for the one who compares passwords with it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHashText(String);

impl PasswordHashText {
    /// The PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PasswordHashText {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("$argon2id$") {
            return Ok(Self(text.to_owned()));
        }
        Err("is no argon2id hash: write what `mcp-gateway hash-password` prints, never the password itself")
    }
}

impl<'de> Deserialize<'de> for PasswordHashText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::one(deserializer)
    }
}

impl fmt::Debug for PasswordHashText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHashText(..)")
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for PasswordHashText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PasswordHash".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^\\$argon2id\\$",
            "description": "an argon2id PHC string",
        })
    }
}
