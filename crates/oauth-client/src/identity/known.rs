use std::{collections::BTreeSet, fmt};

use oauth_types::{Audience, Principal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Identity, Statement};
use crate::Lookups;

/// What a third party has said of a person so far, each of its sources in its latest words.
///
/// It is what allow rules are applied to while the third party says nothing newer. Personal data: keep it sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    principal: Principal,
    /// The ID token of the sign-in, which says which later ones are of the same sign-in.
    origin: Option<Origin>,
    id_token: Option<Statement>,
    userinfo: Option<Statement>,
    /// Whether a later ID token than that of the sign-in was heard.
    #[serde(default)]
    renewed: bool,
}

/// What every ID token of one sign-in has in common (OpenID Connect Core section 12.2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    issuer: String,
    subject: String,
    audience: BTreeSet<String>,
    nonce: Option<String>,
    /// When the person proved who they are; not kept of sign-ins before it was.
    #[serde(default)]
    auth_time: Option<u64>,
}

impl Known {
    /// Somebody of whom the third party has told nothing but the id.
    #[must_use]
    pub const fn of(principal: Principal) -> Self {
        Self { principal, origin: None, id_token: None, userinfo: None, renewed: false }
    }

    /// The person.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Who it is, by all that is known; where both sources speak, the userinfo endpoint is the newer one.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.merged().of(self.principal.clone())
    }

    /// Whether something is known about each thing that `wanted` asks for, were it that the person is in no group.
    #[must_use]
    pub fn tells(&self, wanted: Lookups) -> bool {
        let merged = self.merged();
        merged.tells(wanted) && (!wanted.email || merged.email.is_some_and(|it| it.verified))
    }

    /// Whether a refresh has brought an ID token in this sign-in, so that another one can be expected to.
    #[must_use]
    pub const fn was_renewed(&self) -> bool {
        self.renewed
    }

    pub(crate) fn with_userinfo(self, said: Statement) -> Self {
        Self { userinfo: Some(said), ..self }
    }

    /// With what a userinfo endpoint says beside ID tokens, whose lists it must not give back.
    pub(crate) fn with_userinfo_again(self, said: Statement) -> Self {
        let said = match &self.userinfo {
            Some(last) => said.with_lists_of(last),
            None => said,
        };
        self.with_userinfo(said)
    }

    /// Whether the userinfo endpoint tells each thing that `wanted` asks for.
    pub(crate) fn userinfo_tells(&self, wanted: Lookups) -> bool {
        self.userinfo.clone().unwrap_or_default().tells(wanted)
    }

    pub(crate) fn with_id_token(self, origin: Origin, said: Statement) -> Self {
        let said = match self.id_token {
            Some(last) => said.after(last),
            None => said,
        };
        Self { origin: Some(self.origin.unwrap_or(origin)), id_token: Some(said), ..self }
    }

    /// With what the ID token of a refresh says.
    pub(crate) fn with_renewed_id_token(self, origin: Origin, said: Statement) -> Self {
        Self { renewed: true, ..self.with_id_token(origin, said) }
    }

    /// Whether an ID token with this `origin` is of the same sign-in, as far as the one of the sign-in is known.
    pub(crate) fn is_of_the_sign_in(&self, origin: &Origin) -> bool {
        self.origin.as_ref().is_none_or(|it| it.is_continued_by(origin))
    }

    fn merged(&self) -> Statement {
        let older = self.id_token.clone().unwrap_or_default();
        self.userinfo.clone().unwrap_or_default().over(older)
    }
}

impl Origin {
    /// Of `claims` that have been proven.
    pub(crate) fn of(claims: &Map<String, Value>) -> Option<Self> {
        let audience: Audience = serde_json::from_value(claims.get("aud")?.clone()).ok()?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            issuer: text("iss")?,
            subject: text("sub")?,
            audience: audience.as_slice().iter().cloned().collect(),
            nonce: text("nonce"),
            auth_time: claims.get("auth_time").and_then(seconds),
        })
    }

    fn is_continued_by(&self, later: &Self) -> bool {
        self.issuer == later.issuer
            && self.subject == later.subject
            && self.audience == later.audience
            && later.nonce.as_ref().is_none_or(|it| Some(it) == self.nonce.as_ref())
            && self.auth_time.zip(later.auth_time).is_none_or(|(first, now)| first == now)
    }
}

/// A time of a claim, whose fraction does not matter.
fn seconds(time: &Value) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float casts to the nearest number"
    )]
    time.as_u64().or_else(|| time.as_f64().map(|it| it as u64))
}

impl fmt::Debug for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Known").field("principal", &self.principal).finish_non_exhaustive()
    }
}
