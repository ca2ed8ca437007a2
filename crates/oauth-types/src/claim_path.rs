use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text::text_conversions;

/// Where a claim is: member names separated by dots, such as `scope` or `realm_access.roles`.
///
/// A claim whose own name has dots, as name-spaced claims do, is written as a JSON Pointer that starts with `/`:
/// `/https:~1~1tenant.example~1roles` (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClaimPath {
    text: String,
    members: Vec<String>,
}

/// Why a text is no claim path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClaimPath {
    /// No member, or an empty one.
    #[error("has an empty member name")]
    Empty,
}

impl ClaimPath {
    /// The claim itself, the outermost of the members.
    #[must_use]
    pub fn claim(&self) -> &str {
        self.members.first().map_or("", String::as_str)
    }

    /// The claim in `claims`, if it is there.
    #[must_use]
    pub fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        let (first, rest) = self.members.split_first()?;
        rest.iter().try_fold(claims.get(first)?, |value, member| value.as_object()?.get(member))
    }
}

impl FromStr for ClaimPath {
    type Err = InvalidClaimPath;

    fn from_str(text: &str) -> Result<Self, InvalidClaimPath> {
        let members: Vec<String> = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|it| it.replace("~1", "/").replace("~0", "~")).collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        if members.iter().any(String::is_empty) {
            return Err(InvalidClaimPath::Empty);
        }
        Ok(Self { text: text.to_owned(), members })
    }
}

text_conversions!(ClaimPath, InvalidClaimPath);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        let claims = json!({
            "scope": "a",
            "realm_access": { "roles": "b" },
            "https://t.example/roles": "c",
        });
        let path: ClaimPath = path.parse().unwrap();
        let found = path.find(claims.as_object().unwrap()).and_then(Value::as_str);
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn a_path_walks_through_objects() {
        check("scope", Some("a"));
        check("realm_access.roles", Some("b"));
        check("/realm_access/roles", Some("b"));
        check("/https:~1~1t.example~1roles", Some("c"));
        check("https://t.example/roles", None);
        check("realm_access", None);
        check("scope.more", None);
        check("none", None);
    }

    #[test]
    fn the_claim_is_the_outermost_member() {
        for (path, expected) in [
            ("scope", "scope"),
            ("realm_access.roles", "realm_access"),
            ("/https:~1~1t.example~1roles/a", "https://t.example/roles"),
        ] {
            assert_eq!(path.parse::<ClaimPath>().unwrap().claim(), expected);
        }
    }

    #[test]
    fn empty_members_are_refused() {
        assert_eq!("".parse::<ClaimPath>(), Err(InvalidClaimPath::Empty));
        assert_eq!("a..b".parse::<ClaimPath>(), Err(InvalidClaimPath::Empty));
        assert_eq!("/".parse::<ClaimPath>(), Err(InvalidClaimPath::Empty));
    }
}
