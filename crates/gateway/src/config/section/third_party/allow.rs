use std::collections::BTreeSet;

use serde::Deserialize;

/// Who may sign in; no rule means nobody.
///
/// `tenants` is a gate that everybody must pass.
/// The other lists say who may pass it, and one match is enough; with `tenants` alone everybody of them may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Allow {
    /// Stable user ids, or verified e-mail addresses; never names used to sign in, which change hands.
    pub users: BTreeSet<String>,
    /// Domains of verified e-mail addresses, without their subdomains: `["example.com"]`.
    pub email_domains: BTreeSet<String>,
    /// Organisations, by id or by name; the id is safer, because names can be given up and taken by others.
    pub organizations: BTreeSet<String>,
    /// Teams, by id or as `organization/team`.
    pub teams: BTreeSet<String>,
    /// Groups or roles, as the third party writes them.
    pub groups: BTreeSet<String>,
    /// Tenants, workspaces or hosted domains, by id.
    pub tenants: BTreeSet<String>,
    /// Everybody whom the third party knows: with a public one, the whole world.
    pub everybody: bool,
}

impl Allow {
    /// Whether no rule is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every list with its key.
    #[must_use]
    pub fn lists(&self) -> [(&'static str, &BTreeSet<String>); 6] {
        [
            ("users", &self.users),
            ("email_domains", &self.email_domains),
            ("organizations", &self.organizations),
            ("teams", &self.teams),
            ("groups", &self.groups),
            ("tenants", &self.tenants),
        ]
    }
}
