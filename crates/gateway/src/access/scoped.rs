use super::{Live, Principal, ProtectedServer};
use crate::refusal::Refusal;

/// Proof that a principal has the scopes that a server requires of every request.
#[derive(Debug)]
pub(crate) struct Scoped(Live);

impl Scoped {
    /// Compares the scope of the principal, hierarchies included, with what the server requires.
    ///
    /// # Errors
    /// 403 `insufficient_scope` that names every required scope (MCP 2026-07-28 "Runtime Insufficient Scope Errors").
    pub(super) fn by_scope(server: &ProtectedServer, live: Live) -> Result<Self, Refusal> {
        let granted = live.principal().scope();
        let needed = server.resource().scopes();
        if granted.contains_all(needed) {
            return Ok(Self(live));
        }
        Err(Refusal::of_scope(server.resource(), live.principal(), needed))
    }

    /// Asks once more whether the principal may still come, after something was waited for.
    ///
    /// # Errors
    /// Those of [`Live::still`].
    pub(super) fn still(&self, server: &ProtectedServer) -> Result<(), Refusal> {
        self.0.still(server)
    }

    /// Whose scopes suffice.
    pub(super) const fn principal(&self) -> &Principal {
        self.0.principal()
    }
}
