use std::collections::BTreeSet;

use oauth_types::Principal;
use serde::{Deserialize, Serialize};

use super::{Group, Identity};
use crate::{Email, Lookups};

/// What one source said of a person; `None` where it was silent, which is not the same as an empty list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Statement {
    pub(crate) name: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) email: Option<Email>,
    pub(crate) tenant: Option<String>,
    pub(crate) organizations: Option<BTreeSet<Group>>,
    pub(crate) teams: Option<BTreeSet<Group>>,
    pub(crate) groups: Option<BTreeSet<Group>>,
}

impl Statement {
    /// This statement, completed by an `older` one of another source about the same person.
    pub(crate) fn over(self, older: Self) -> Self {
        Self {
            name: self.name.or(older.name),
            login: self.login.or(older.login),
            email: later_email(self.email, older.email),
            tenant: self.tenant.or(older.tenant),
            organizations: self.organizations.or(older.organizations),
            teams: self.teams.or(older.teams),
            groups: self.groups.or(older.groups),
        }
    }

    /// This statement, which takes the place of the `last` one of the same source.
    ///
    /// A later ID token may leave out what does not change (OpenID Connect Core section 12.2), but many third parties
    /// leave out a list that has become empty, so a list that is missing is one without the person.
    pub(crate) fn after(self, last: Self) -> Self {
        Self {
            name: self.name.or(last.name),
            login: self.login.or(last.login),
            email: self.email.or(last.email),
            tenant: self.tenant.or(last.tenant),
            ..self
        }
    }

    /// This statement of a userinfo endpoint, which said the `last` one before: a list that it told once and leaves out
    /// now is empty, and stays told.
    ///
    /// Otherwise the list of an older ID token would count again, for as long as nobody is in any group.
    pub(crate) fn with_lists_of(self, last: &Self) -> Self {
        let emptied = |now: Option<_>, last: &Option<_>| now.or_else(|| last.is_some().then(BTreeSet::new));
        Self {
            organizations: emptied(self.organizations, &last.organizations),
            teams: emptied(self.teams, &last.teams),
            groups: emptied(self.groups, &last.groups),
            ..self
        }
    }

    /// Whether it says something about each thing that `wanted` asks for.
    pub(crate) fn tells(&self, wanted: Lookups) -> bool {
        (!wanted.email || self.email.is_some())
            && (!wanted.tenant || self.tenant.is_some())
            && (!wanted.organizations || self.organizations.is_some())
            && (!wanted.teams || self.teams.is_some())
            && (!wanted.groups || self.groups.is_some())
    }

    pub(crate) fn of(self, principal: Principal) -> Identity {
        Identity {
            principal,
            name: self.name,
            login: self.login,
            email: self.email,
            tenant: self.tenant,
            organizations: self.organizations.unwrap_or_default(),
            teams: self.teams.unwrap_or_default(),
            groups: self.groups.unwrap_or_default(),
        }
    }
}

/// Another address is not vouched for by what was said of the one before.
fn later_email(later: Option<Email>, older: Option<Email>) -> Option<Email> {
    match (later, older) {
        (Some(later), Some(older)) if later.address == older.address && older.verified => Some(older),
        (later, older) => later.or(older),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k05_each_list_that_was_told_once_stays_told() {
        let lists = |it: &Statement| [it.organizations.clone(), it.teams.clone(), it.groups.clone()];
        for told in 0..3 {
            let mut last = Statement::default();
            let lists_of_last = [&mut last.organizations, &mut last.teams, &mut last.groups];
            *lists_of_last.into_iter().nth(told).unwrap() = Some([Group::of("admins")].into());
            let now = Statement::default().with_lists_of(&last);
            let expected = [0, 1, 2].map(|it| (it == told).then(BTreeSet::new));
            assert_eq!(lists(&now), expected);
            assert_eq!(lists(&last.clone().with_lists_of(&last)), lists(&last), "what is told again counts");
        }
    }
}
