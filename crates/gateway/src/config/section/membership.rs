use std::{fmt, str::FromStr};

use oauth_types::{ClaimPath, ProviderId};
use serde_json::{Map, Value};

use super::{RuleAllow, Server};

/// What people belong to, as the gateway's own tokens say it: each a claim, a list of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// Groups or roles.
    Groups,
    /// Organisations.
    Organizations,
    /// Teams.
    Teams,
}

/// One that a rule names: the id of the provider whose people it is about, a colon, and how the provider writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MembershipName {
    /// Who tells it.
    pub provider: ProviderId,
    /// What it is called there, or its id.
    pub name: String,
}

/// A text that does not begin with the id of a provider and a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("does not begin with the id of a provider and a colon")]
pub struct NoMembershipName;

impl Membership {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Groups, Self::Organizations, Self::Teams];

    /// The name of the claim.
    #[must_use]
    pub const fn claim(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Organizations => "organizations",
            Self::Teams => "teams",
        }
    }

    /// What the claim at `path` is about, if it is one of these.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let path: ClaimPath = path.parse().ok()?;
        let is_at = |claim: &str| path.find(&Map::from_iter([(claim.to_owned(), Value::Null)])).is_some();
        Self::ALL.into_iter().find(|it| is_at(it.claim()))
    }
}

impl Server {
    /// What the rules of this server name.
    pub fn memberships(&self) -> impl Iterator<Item = (Membership, MembershipName)> {
        self.rules.iter().filter_map(|it| it.allow.as_ref()).flat_map(RuleAllow::memberships)
    }
}

impl RuleAllow {
    /// What these callers belong to.
    fn memberships(&self) -> impl Iterator<Item = (Membership, MembershipName)> {
        let claims = self.claims.iter().flatten();
        let known = claims.filter_map(|(name, value)| Some((Membership::of(name)?, value)));
        known.flat_map(|(membership, value)| {
            let texts = Self::values(value).iter().filter_map(Value::as_str);
            texts.filter_map(move |it| Some((membership, it.parse().ok()?)))
        })
    }
}

impl FromStr for MembershipName {
    type Err = NoMembershipName;

    fn from_str(text: &str) -> Result<Self, NoMembershipName> {
        let (provider, name) = text.split_once(':').ok_or(NoMembershipName)?;
        let provider = provider.parse().map_err(|_| NoMembershipName)?;
        Ok(Self { provider, name: name.to_owned() })
    }
}

impl fmt::Display for MembershipName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.provider, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j11_a_name_is_of_the_provider_before_its_first_colon() {
        for (text, expected) in [
            ("corp:admins", Some(("corp", "admins"))),
            ("corp:staff:admins", Some(("corp", "staff:admins"))),
            ("corp:", Some(("corp", ""))),
            ("github:acme/ops", Some(("github", "acme/ops"))),
            ("admins", None),
            (":admins", None),
            ("Corp:admins", None),
            ("corp :admins", None),
        ] {
            let name: Option<MembershipName> = text.parse().ok();
            let parts = name.as_ref().map(|it| (it.provider.as_str(), it.name.as_str()));
            assert_eq!(parts, expected, "{text}");
            assert!(name.is_none_or(|it| it.to_string() == text));
        }
    }

    #[test]
    fn a_claim_is_known_however_its_path_is_written() {
        for (path, expected) in [
            ("groups", Some(Membership::Groups)),
            ("/groups", Some(Membership::Groups)),
            ("teams", Some(Membership::Teams)),
            ("teams.lead", None),
            ("organizations", Some(Membership::Organizations)),
            ("email", None),
            ("realm_access.groups", None),
        ] {
            assert_eq!(Membership::of(path), expected, "{path}");
        }
    }
}
