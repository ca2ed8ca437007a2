use oauth_types::UnixTime;

use super::{Authenticated, Principal, ProtectedServer};
use crate::refusal::Refusal;

/// Proof that the grant behind the principal's token lives, if there is one of ours.
#[derive(Debug)]
pub(crate) struct Live(Principal);

impl Live {
    /// Asks for the grant of the token, whose signature says nothing of what came after it.
    ///
    /// # Errors
    /// 401 `invalid_token` when the grant has ended.
    pub(super) fn by_grant(
        server: &ProtectedServer,
        authenticated: Authenticated,
        now: UnixTime,
    ) -> Result<Self, Refusal> {
        let principal = authenticated.into_principal();
        if principal.token().is_none_or(|it| server.grants().is_live(it, now)) {
            return Ok(Self(principal));
        }
        Err(Refusal::of_grant(server.resource(), &principal))
    }

    /// Asks once more, after something was waited for that a client can draw out.
    ///
    /// # Errors
    /// 401 `invalid_token` when the grant, the token or the key has ended meanwhile.
    pub(super) fn still(&self, server: &ProtectedServer) -> Result<(), Refusal> {
        let (principal, now) = (self.principal(), server.now());
        if let Some(key) = principal.api_key() {
            return key.still(now).map_err(|it| Refusal::of_api_key(it, server.resource()));
        }
        if principal.accepted_until(server.leeway()).is_some_and(|it| it <= now) {
            let expired = token_validate::Reason::TokenExpired.into();
            return Err(Refusal::of_token(&expired, server.resource()));
        }
        if principal.token().is_none_or(|it| server.grants().is_live(it, now)) {
            return Ok(());
        }
        Err(Refusal::of_grant(server.resource(), principal))
    }

    /// Whose grant lives.
    pub(super) const fn principal(&self) -> &Principal {
        &self.0
    }
}
