use super::{Live, Principal, ProtectedServer};
use crate::refusal::Refusal;

/// Proof that the policy of a server lets this request through; nothing is forwarded without it.
#[derive(Debug)]
pub(crate) struct Permitted(Live);

impl Permitted {
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

    /// Who was permitted.
    pub(super) const fn principal(&self) -> &Principal {
        self.0.principal()
    }
}
