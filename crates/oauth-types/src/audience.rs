use serde::{Deserialize, Serialize};

/// The `aud` claim: one string or a list of them (RFC 7519 section 4.1.3).
///
/// Any other JSON type is refused when it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One recipient.
    One(String),
    /// Several recipients.
    Many(Vec<String>),
}

impl Audience {
    /// Whether `recipient` is named, byte for byte.
    #[must_use]
    pub fn names(&self, recipient: &str) -> bool {
        self.as_slice().iter().any(|it| it == recipient)
    }

    /// The recipients in the order of the token.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(recipient) => std::slice::from_ref(recipient),
            Self::Many(recipients) => recipients,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, names_us: Option<bool>) {
        let parsed = serde_json::from_str::<Audience>(json).ok();
        assert_eq!(parsed.map(|it| it.names("https://mcp.example/mcp")), names_us, "{json}");
    }

    #[test]
    fn b22_an_audience_is_a_string_or_a_list_of_strings() {
        check(r#""https://mcp.example/mcp""#, Some(true));
        check(r#"["x","https://mcp.example/mcp"]"#, Some(true));
        check(r#""https://mcp.example/mcp/""#, Some(false));
        check(r#""https://mcp.example/mc""#, Some(false));
        check("[]", Some(false));
        check("5", None);
        check("null", None);
        check(r#"["https://mcp.example/mcp",5]"#, None);
        check(r#"{"aud":"https://mcp.example/mcp"}"#, None);
    }
}
