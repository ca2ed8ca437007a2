use std::collections::BTreeSet;

use oauth_types::{Principal, ProviderId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ClaimMapping, Email, preset::OPENID_CLAIMS};

mod known;
mod lists;
mod mapping;
mod statement;

pub use known::Known;
pub(crate) use known::Origin;
pub(crate) use lists::look_up;
pub(crate) use mapping::Mapping;
pub(crate) use statement::Statement;

/// Who somebody is, as the third party says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The third party and the stable user id: the identity proper.
    pub principal: Principal,
    /// A name for people: at most 200 characters, none of them a control character.
    pub name: Option<String>,
    /// The name used to sign in, for people; it may change hands.
    pub login: Option<String>,
    /// The e-mail address and whether it is verified.
    pub email: Option<Email>,
    /// Entra's tenant, Google's hosted domain, Slack's workspace.
    pub tenant: Option<String>,
    /// Organisations of which the person is an active member.
    pub organizations: BTreeSet<Group>,
    /// Teams within those organisations.
    pub teams: BTreeSet<Group>,
    /// Groups or roles.
    pub groups: BTreeSet<Group>,
}

/// A group of people at the third party.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Group {
    /// Its stable id, or the only text there is.
    pub id: String,
    /// Its unique name, which may change hands; compared without regard to ASCII case.
    pub name: Option<String>,
}

impl Group {
    /// A group that has one text only.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self { id: id.to_owned(), name: None }
    }

    /// Whether a rule that is written like this means this group: by its id, or else by its name.
    ///
    /// A rule of digits alone means an id: otherwise whoever takes another's id as a name would get in.
    #[must_use]
    pub fn is_named(&self, rule: &str) -> bool {
        let is_number = rule.bytes().all(|byte| byte.is_ascii_digit());
        let has_name = |it: &String| !is_number && rule.eq_ignore_ascii_case(it);
        rule == self.id || self.name.as_ref().is_some_and(has_name)
    }
}

impl Identity {
    /// Somebody of whom nothing but the id is known.
    #[must_use]
    pub const fn of(principal: Principal) -> Self {
        Self {
            principal,
            name: None,
            login: None,
            email: None,
            tenant: None,
            organizations: BTreeSet::new(),
            teams: BTreeSet::new(),
            groups: BTreeSet::new(),
        }
    }

    /// Somebody in the claims of an OpenID provider's token, which were proven and judged; `None` without a usable `sub`.
    ///
    /// `mapping` says where parts of the identity are, if not where OpenID Connect Core section 5.1 has them.
    #[must_use]
    pub fn of_claims(
        provider: &ProviderId,
        claims: &Map<String, Value>,
        mapping: &ClaimMapping,
    ) -> Option<Self> {
        let mapping = Mapping::new(&OPENID_CLAIMS, mapping);
        Some(mapping.statement(claims).of(mapping.principal(provider, claims)?))
    }
}
