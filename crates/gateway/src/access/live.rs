use std::time::Duration;

use oauth_types::UnixTime;

use super::{Authenticated, GrantStanding, Principal, ProtectedServer};
use crate::{reason::Reason, refusal::Refusal};

/// Proof that the grant behind the principal's token lives, if there is one of ours.
#[derive(Debug)]
pub(crate) struct Live(Principal);

impl Live {
    /// Asks for the grant of the token, whose signature says nothing of what came after it.
    ///
    /// # Errors
    /// 401 `invalid_token` when the grant has ended, 503 when nobody can tell.
    pub(super) async fn by_grant(
        server: &ProtectedServer,
        authenticated: Authenticated,
        now: UnixTime,
    ) -> Result<Self, Refusal> {
        let principal = authenticated.into_principal();
        let Some(token) = principal.token() else { return Ok(Self(principal)) };
        let standing = match server.grants().standing(token, now) {
            GrantStanding::Ended => server.grants().ask(token, now).await,
            known => known,
        };
        judge(standing, server, &principal)?;
        Ok(Self(principal))
    }

    /// Asks once more, after something was waited for that a client can draw out.
    ///
    /// # Errors
    /// 401 `invalid_token` when the grant, the token or the key has ended meanwhile, 503 when nobody can tell.
    pub(super) fn still(&self, server: &ProtectedServer) -> Result<(), Refusal> {
        let (principal, now) = (self.principal(), server.now());
        if let Some(key) = principal.api_key() {
            return key.still(now).map_err(|it| Refusal::of_api_key(it, server.resource()));
        }
        if principal.accepted_until(server.leeway()).is_some_and(|it| it <= now) {
            let expired = token_validate::Reason::TokenExpired.into();
            return Err(Refusal::of_token(&expired, server.resource()));
        }
        match principal.token() {
            Some(token) => judge(server.grants().standing(token, now), server, principal),
            None => Ok(()),
        }
    }

    /// Whose grant lives.
    pub(super) const fn principal(&self) -> &Principal {
        &self.0
    }
}

fn judge(standing: GrantStanding, server: &ProtectedServer, principal: &Principal) -> Result<(), Refusal> {
    match standing {
        GrantStanding::Live => Ok(()),
        GrantStanding::Ended => Err(Refusal::of_grant(server.resource(), principal)),
        GrantStanding::Unknown => Err(Refusal::from(Reason::GrantUnknown).retry_after(RETRY_AFTER)),
    }
}

/// A store that is back is heard of within a second.
const RETRY_AFTER: Duration = Duration::from_secs(2);
