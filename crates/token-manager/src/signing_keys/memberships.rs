use std::time::Duration;

use serde::Serialize;

/// What a person belongs to, in the claims of an access token: `groups` as in RFC 9068 section 2.2.3.1, and beside it
/// `organizations` and `teams`; a claim without a value is left out.
///
/// Each value is to name whoever vouches for it, as subjects do, so that no two can tell the same one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memberships {
    /// Groups or roles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Organisations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<String>,
    /// Teams.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
}

impl Memberships {
    /// How long an access token that says some is good, at most: what it says may come to an end before its grant does.
    pub const LONGEST: Duration = Duration::from_secs(7 * 60);

    /// None.
    pub const NONE: &'static Self =
        &Self { groups: Vec::new(), organizations: Vec::new(), teams: Vec::new() };

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.organizations.is_empty() && self.teams.is_empty()
    }

    /// How long an access token is good that says these, and may be good for `lifetime` otherwise.
    pub(crate) fn bound(&self, lifetime: Duration) -> Duration {
        if self.is_empty() { lifetime } else { lifetime.min(Self::LONGEST) }
    }
}
