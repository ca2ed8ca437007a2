use std::sync::Arc;

use oauth_types::UnixTime;
use token_validate::ValidatedToken;

use super::{Authenticated, ProtectedServer};
use crate::{access_log::SubjectDigest, refusal::Refusal};

/// Proof that the grant behind the token lives, if there is one of ours.
#[derive(Debug)]
pub(crate) struct Live(Authenticated);

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
        if server.grants().is_live(authenticated.token(), now) {
            return Ok(Self(authenticated));
        }
        Err(Refusal::of_grant(server.resource(), authenticated.token()))
    }

    /// The token whose grant lives.
    pub(super) const fn token(&self) -> &ValidatedToken {
        self.0.token()
    }

    /// Whose token it is, for logs and limits.
    pub(super) fn subject_digest(&self) -> SubjectDigest {
        self.0.subject_digest()
    }

    /// Who calls, for MCP sessions.
    pub(super) fn principal(&self) -> &Arc<str> {
        self.0.principal()
    }
}
