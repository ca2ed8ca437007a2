use std::sync::Arc;

use token_validate::ValidatedToken;

use super::{Live, ProtectedServer};
use crate::{access_log::SubjectDigest, refusal::Refusal};

/// Proof that the policy of a server lets this request through; nothing is forwarded without it.
#[derive(Debug)]
pub(crate) struct Permitted(Live);

impl Permitted {
    /// Compares the scope of the token, hierarchies included, with what the server requires.
    ///
    /// # Errors
    /// 403 `insufficient_scope` that names every required scope (MCP 2026-07-28 "Runtime Insufficient Scope Errors").
    pub(super) fn by_scope(server: &ProtectedServer, live: Live) -> Result<Self, Refusal> {
        let granted = live.token().scope();
        let needed = server.resource().scopes();
        if granted.contains_all(needed) {
            return Ok(Self(live));
        }
        Err(Refusal::of_scope(server.resource(), live.token(), needed))
    }

    /// The token that was permitted.
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
