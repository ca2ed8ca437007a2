use std::fmt;

use async_trait::async_trait;
use oauth_types::{ClaimPath, GrantId, Issuer, UnixTime};
use token_manager::{GrantWatch, Grants, Liveness};
use token_validate::ValidatedToken;
use tokio_util::sync::CancellationToken;

use super::own_tokens::GRANT_CLAIM;
use crate::access::{GrantCheck, GrantEnd, GrantStanding, NoGrants};

/// The grants behind tokens of our own issuer; tokens of others rest on none.
pub(crate) struct OwnGrants {
    issuer: Issuer,
    claim: ClaimPath,
    grants: Grants,
}

impl OwnGrants {
    /// The `grants` that tokens of `issuer` rest on.
    #[expect(clippy::expect_used, reason = "the name of the claim is written in this crate")]
    pub(crate) fn new(issuer: Issuer, grants: Grants) -> Self {
        Self { issuer, claim: GRANT_CLAIM.parse().expect("a claim's name"), grants }
    }

    fn is_ours(&self, token: &ValidatedToken) -> bool {
        *token.issuer() == self.issuer
    }

    fn grant(&self, token: &ValidatedToken) -> Option<GrantId> {
        token.claim(&self.claim)?.as_str()?.parse().ok()
    }
}

#[async_trait]
impl GrantCheck for OwnGrants {
    fn standing(&self, token: &ValidatedToken, now: UnixTime) -> GrantStanding {
        if !self.is_ours(token) {
            return GrantStanding::Live;
        }
        let liveness = self.grant(token).map(|it| self.grants.liveness(&it, now));
        liveness.map_or(GrantStanding::Ended, GrantStanding::from)
    }

    async fn ask(&self, token: &ValidatedToken, _: UnixTime) -> GrantStanding {
        if !self.is_ours(token) {
            return GrantStanding::Live;
        }
        match self.grant(token) {
            Some(grant) => self.grants.ask(&grant).await.into(),
            None => GrantStanding::Ended,
        }
    }

    fn watch(&self, token: &ValidatedToken) -> Option<Box<dyn GrantEnd>> {
        if !self.is_ours(token) {
            return NoGrants.watch(token);
        }
        Some(Box::new(self.grants.watch_end(&self.grant(token)?)?))
    }
}

impl From<Liveness> for GrantStanding {
    fn from(liveness: Liveness) -> Self {
        match liveness {
            Liveness::Live => Self::Live,
            Liveness::Ended => Self::Ended,
            Liveness::Unknown => Self::Unknown,
        }
    }
}

impl GrantEnd for GrantWatch {
    fn token(&self) -> &CancellationToken {
        self.token()
    }
}

impl fmt::Debug for OwnGrants {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OwnGrants").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
