use std::fmt;

use oauth_types::{ClaimPath, GrantId, Issuer, UnixTime};
use token_manager::{GrantWatch, Grants, Liveness};
use token_validate::ValidatedToken;
use tokio_util::sync::CancellationToken;

use super::own_tokens::GRANT_CLAIM;
use crate::access::{GrantCheck, GrantEnd, NoGrants};

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

impl GrantCheck for OwnGrants {
    fn is_live(&self, token: &ValidatedToken, now: UnixTime) -> bool {
        let lives = |it: GrantId| self.grants.liveness(&it, now) == Liveness::Live;
        !self.is_ours(token) || self.grant(token).is_some_and(lives)
    }

    fn watch(&self, token: &ValidatedToken) -> Option<Box<dyn GrantEnd>> {
        if !self.is_ours(token) {
            return NoGrants.watch(token);
        }
        Some(Box::new(self.grants.watch_end(&self.grant(token)?)?))
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
