use std::collections::BTreeSet;

use oauth_types::{ClaimPath, Principal, ProviderId, Subject};
use serde_json::{Map, Value};

use super::{Group, Statement};
use crate::{
    ClaimMapping, Email, EmailAddress, Lookups,
    email::is_domain,
    preset::{Claims, EmailTrust},
};

/// Where the parts of an identity are: the preset's places, with the operator's in their stead.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    subject: Vec<ClaimPath>,
    name: Option<ClaimPath>,
    login: Option<ClaimPath>,
    email: Option<ClaimPath>,
    email_trust: Trust,
    tenant: Option<ClaimPath>,
    organizations: Option<ClaimPath>,
    teams: Option<ClaimPath>,
    groups: Option<ClaimPath>,
}

#[derive(Clone, Debug)]
enum Trust {
    Claim(ClaimPath),
    Google,
    Never,
}

impl Mapping {
    pub(crate) fn new(preset: &Claims, configured: &ClaimMapping) -> Self {
        let subject = match &configured.subject {
            Some(path) => vec![path.clone()],
            None => preset.subject.iter().filter_map(|it| it.parse().ok()).collect(),
        };
        let either =
            |configured: &Option<ClaimPath>, preset: &str| configured.clone().or(preset.parse().ok());
        Self {
            subject,
            name: either(&configured.name, preset.name),
            login: either(&configured.login, preset.login),
            email: either(&configured.email, preset.email),
            email_trust: Trust::of(preset.email_trust, configured),
            tenant: either(&configured.tenant, preset.tenant),
            organizations: either(&configured.organizations, preset.organizations),
            teams: configured.teams.clone(),
            groups: either(&configured.groups, preset.groups),
        }
    }

    /// Whom `claims` speak of; `None` without a usable user id.
    pub(crate) fn principal(&self, provider: &ProviderId, claims: &Map<String, Value>) -> Option<Principal> {
        Some(Principal { provider: provider.clone(), subject: self.subject(claims)? })
    }

    /// What `claims` say of them.
    pub(crate) fn statement(&self, claims: &Map<String, Value>) -> Statement {
        Statement {
            name: for_people(self.name.as_ref(), claims),
            login: for_people(self.login.as_ref(), claims),
            email: self.email(claims),
            tenant: self.tenant.as_ref().and_then(|it| id(it.find(claims)?)),
            organizations: groups(self.organizations.as_ref(), claims),
            teams: groups(self.teams.as_ref(), claims),
            groups: groups(self.groups.as_ref(), claims),
        }
    }

    /// The person whom the third party calls `sub`, if that is what persons are known by here.
    pub(crate) fn principal_of_sub(&self, provider: &ProviderId, sub: &str) -> Option<Principal> {
        let claims = Map::from_iter([("sub".to_owned(), Value::from(sub))]);
        self.principal(provider, &claims)
    }

    /// Those of the things that `wanted` asks for which claims of this third party can tell.
    pub(crate) const fn can_tell(&self, wanted: Lookups) -> Lookups {
        Lookups {
            email: wanted.email && self.email.is_some(),
            organizations: wanted.organizations && self.organizations.is_some(),
            teams: wanted.teams && self.teams.is_some(),
            groups: wanted.groups && self.groups.is_some(),
            tenant: wanted.tenant && self.tenant.is_some(),
        }
    }

    fn subject(&self, claims: &Map<String, Value>) -> Option<Subject> {
        let parts: Option<Vec<String>> = self.subject.iter().map(|it| id(it.find(claims)?)).collect();
        parts.filter(|it| !it.is_empty())?.join(":").parse().ok()
    }

    fn email(&self, claims: &Map<String, Value>) -> Option<Email> {
        let address: EmailAddress = self.email.as_ref()?.find(claims)?.as_str()?.parse().ok()?;
        let is_true = |path: &ClaimPath| path.find(claims) == Some(&Value::Bool(true));
        let verified = match &self.email_trust {
            Trust::Claim(path) => is_true(path),
            Trust::Google => {
                claims.get("email_verified") == Some(&Value::Bool(true)) && is_googles(&address, claims)
            }
            Trust::Never => false,
        };
        Some(Email { address, verified })
    }
}

impl Trust {
    /// An address from a place that the operator named is not what the preset's claim speaks of.
    fn of(preset: EmailTrust, configured: &ClaimMapping) -> Self {
        if let Some(path) = &configured.email_verified {
            return Self::Claim(path.clone());
        }
        match preset {
            EmailTrust::Claim(path) if configured.email.is_none() => {
                path.parse().map_or(Self::Never, Self::Claim)
            }
            EmailTrust::Google if configured.email.is_none() => Self::Google,
            _ => Self::Never,
        }
    }
}

/// Whether Google itself hands out addresses of that domain.
fn is_googles(address: &EmailAddress, claims: &Map<String, Value>) -> bool {
    let hosted = claims.get("hd").and_then(Value::as_str).is_some_and(is_domain);
    address.domain() == "gmail.com" || hosted
}

/// An id as text: a text without control characters, or an integer, as GitHub has them.
pub(super) fn id(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() || number.is_i64() => number.to_string(),
        _ => return None,
    };
    let fits = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then_some(text)
}

/// One text, or a list of texts; whatever else is there names no group. `None` if nothing is there.
fn groups(path: Option<&ClaimPath>, claims: &Map<String, Value>) -> Option<BTreeSet<Group>> {
    let values = match path?.find(claims)? {
        Value::Array(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    Some(values.iter().filter_map(id).map(|it| Group::of(&it)).collect())
}

/// A text that is shown: without control characters and not longer than 200 characters.
fn for_people(path: Option<&ClaimPath>, claims: &Map<String, Value>) -> Option<String> {
    let text = path?.find(claims)?.as_str()?;
    let clean: String = text.chars().filter(|it| !it.is_control()).take(200).collect();
    (!clean.trim().is_empty()).then_some(clean)
}
