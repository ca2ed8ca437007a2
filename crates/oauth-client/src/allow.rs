use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{EmailAddress, Group, Identity, Lookups};

/// Who may sign in.
///
/// Nothing set means nobody.
/// `tenants`, when set, is a gate that everybody must pass; the other lists say who may pass it, and one match is
/// enough; with `tenants` alone, everybody of those tenants may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AllowRules {
    /// Everybody whom the third party knows: with a public one, the whole world.
    pub everybody: bool,
    /// Stable user ids, or verified e-mail addresses; never names used to sign in, which change hands.
    pub users: BTreeSet<String>,
    /// Domains of verified e-mail addresses, without their subdomains.
    pub email_domains: BTreeSet<String>,
    /// Organisations, by id or by name; the id is safer, because names can be given up and taken by others.
    pub organizations: BTreeSet<String>,
    /// Teams, by id or as `organization/team`.
    pub teams: BTreeSet<String>,
    /// Groups or roles, as the third party writes them.
    pub groups: BTreeSet<String>,
    /// Tenants, workspaces or hosted domains, by id.
    pub tenants: BTreeSet<String>,
}

/// The rules do not let this person in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// No rule lets anybody in.
    #[error("the allow rules are empty, which means nobody")]
    NoRules,
    /// The person's tenant is not listed, or unknown.
    #[error("the person's tenant is not allowed")]
    Tenant,
    /// No rule names the person.
    #[error("no allow rule names the person")]
    NoMatch,
}

impl AllowRules {
    /// Whether no rule is set, so that nobody may sign in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What must be known of a person to apply these rules.
    #[must_use]
    pub fn lookups(&self) -> Lookups {
        Lookups {
            email: !self.email_domains.is_empty() || self.users.iter().any(|it| it.contains('@')),
            organizations: !self.organizations.is_empty(),
            teams: !self.teams.is_empty(),
            groups: !self.groups.is_empty(),
            tenant: !self.tenants.is_empty(),
        }
    }

    /// Lets `identity` in, or says why not.
    ///
    /// # Errors
    /// [`NotAllowed`], by the first rule that stands in the way.
    pub fn permits(&self, identity: &Identity) -> Result<(), NotAllowed> {
        if self.is_empty() {
            return Err(NotAllowed::NoRules);
        }
        if !self.tenants.is_empty() {
            let listed = identity.tenant.as_ref().is_some_and(|it| self.tenants.contains(it));
            if !listed {
                return Err(NotAllowed::Tenant);
            }
            if self.only_tenants() {
                return Ok(());
            }
        }
        if self.everybody || self.names(identity) { Ok(()) } else { Err(NotAllowed::NoMatch) }
    }

    fn only_tenants(&self) -> bool {
        Self { tenants: BTreeSet::new(), ..self.clone() }.is_empty()
    }

    fn names(&self, identity: &Identity) -> bool {
        let email = identity.email.as_ref().filter(|it| it.verified).map(|it| &it.address);
        self.users.contains(identity.principal.subject.as_str())
            || email.is_some_and(|it| self.names_email(it))
            || matches_any(&self.organizations, &identity.organizations)
            || matches_any(&self.teams, &identity.teams)
            || matches_any(&self.groups, &identity.groups)
    }

    fn names_email(&self, email: &EmailAddress) -> bool {
        // Rules are read as addresses, so both sides have the one spelling that addresses have.
        let same = |rule: &String| rule.parse::<EmailAddress>().is_ok_and(|it| it == *email);
        let domain = |rule: &String| rule.eq_ignore_ascii_case(email.domain());
        self.users.iter().any(same) || self.email_domains.iter().any(domain)
    }
}

fn matches_any(rules: &BTreeSet<String>, groups: &BTreeSet<Group>) -> bool {
    groups.iter().any(|group| rules.contains(&group.id) || rules.iter().any(|rule| group.is_named(rule)))
}
