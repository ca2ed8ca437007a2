use axum::{body::Body, extract::Request};
use oauth_types::Scope;

use super::{Asked, Live, Principal, ProtectedServer, named_by_challenge};
use crate::{audit::Entry, refusal::Refusal, request_body::BodyBounds};

/// Proof that a principal has the scopes that a server requires of every request.
#[derive(Debug)]
pub(crate) struct Scoped(Live);

/// Somebody without the scopes that a server requires of every request.
#[derive(Debug)]
pub(super) struct Lacking(Live);

impl Scoped {
    /// Compares the scope of the principal, hierarchies included, with what the server requires.
    ///
    /// # Errors
    /// [`Lacking`], which makes the refusal.
    pub(super) fn by_scope(server: &ProtectedServer, live: Live) -> Result<Self, Lacking> {
        if live.principal().scope().contains_all(server.resource().scopes()) {
            return Ok(Self(live));
        }
        Err(Lacking(live))
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

impl Lacking {
    /// 403 `insufficient_scope` that names every scope of the request: those of the server, those that its rules want
    /// for what is asked, and those already granted that belong to the server (MCP 2026-07-28 "Runtime Insufficient
    /// Scope Errors").
    ///
    /// The body is read for that where there are rules, and for the audit; one that cannot be understood is left to the
    /// next request.
    pub(super) async fn refuse(
        self,
        server: &ProtectedServer,
        request: Request<Body>,
        entry: &mut Entry,
    ) -> Refusal {
        let of_rules = self.of_rules(server, request, entry).await.unwrap_or_default();
        let (resource, principal) = (server.resource(), self.0.principal());
        let needed = resource.scopes().union(&of_rules);
        let named = named_by_challenge(resource, principal.scope(), &of_rules);
        Refusal::of_scope(resource, principal, &needed, &named)
    }

    /// What the rules want besides for what is asked; `None` if nobody can say.
    async fn of_rules(
        &self,
        server: &ProtectedServer,
        request: Request<Body>,
        entry: &mut Entry,
    ) -> Option<Scope> {
        if server.policy().is_none() && !entry.is_kept() {
            return None;
        }
        let declared = server.bound_body(request.headers()).ok()?;
        let _places = (
            server.admit().ok()?,
            // Whoever lacks a scope has no more places than others.
            server.admit_stream(self.0.principal(), request.method()).ok()?,
        );
        let bounds = BodyBounds { most: declared.most.min(MOST_READ), ..declared };
        let (asked, _) = Asked::read(request, bounds, &server.message_limits()).await.ok()?;
        entry.asks_for(asked.operations());
        server.policy().map(|it| it.missing(self.0.principal(), &asked))
    }
}

/// What is read of a request only to say more of its refusal.
const MOST_READ: u64 = 256 * 1024;
