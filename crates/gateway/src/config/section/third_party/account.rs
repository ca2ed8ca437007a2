use std::collections::BTreeSet;

use serde::Deserialize;

use crate::config::value::PasswordHashText;

/// One account of the gateway itself.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The name used to sign in: 1 to 64 letters, digits, `.`, `_`, `-` and `@`.
    /// It is also the person's stable id, so do not give it to somebody else.
    pub username: String,
    /// The hash of the password; make it with `mcp-gateway hash-password`.
    pub password_hash: PasswordHashText,
    /// The name for people; without this key the `username`.
    pub name: Option<String>,
    /// An e-mail address that you vouch for.
    pub email: Option<String>,
    /// Groups, for `allow` of the provider and for rules of servers.
    #[serde(default)]
    pub groups: BTreeSet<String>,
}
