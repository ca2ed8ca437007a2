use std::{fmt, str::FromStr};

use oauth_types::{ScopeToken, UnixTime};
use serde::{Deserialize, Serialize};

use super::text::KeyDigest;

/// Names a key; not secret: 1 to 64 of `a` to `z`, `0` to `9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

/// A text that is no id of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 of a-z, 0-9 and -")]
pub struct InvalidKeyId;

/// What is kept of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRecord {
    pub(crate) id: KeyId,
    /// What the operator calls it.
    pub(crate) label: String,
    pub(crate) digest: KeyDigest,
    pub(crate) scopes: Vec<ScopeToken>,
    pub(crate) created_at: UnixTime,
    /// From when on it is good no longer; `None` for one without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<UnixTime>,
    /// Since when it is good no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revoked_at: Option<UnixTime>,
}

impl KeyId {
    /// The id that stands for a number.
    pub(super) fn of_number(number: u64) -> Self {
        Self(format!("{number:016x}"))
    }

    /// The id as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = InvalidKeyId;

    fn from_str(text: &str) -> Result<Self, InvalidKeyId> {
        let is_good = |it: u8| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let is_id = (1..=64).contains(&text.len()) && text.bytes().all(is_good);
        is_id.then(|| Self(text.to_owned())).ok_or(InvalidKeyId)
    }
}

impl TryFrom<String> for KeyId {
    type Error = InvalidKeyId;

    fn try_from(text: String) -> Result<Self, InvalidKeyId> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
