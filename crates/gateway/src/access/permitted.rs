use axum::{body::Body, extract::Request};

use super::{Asked, Policy, Principal, ProtectedServer, Scoped, server::BodyBounds};
use crate::refusal::Refusal;

/// Proof that the policy of a server lets this request through; nothing is forwarded without it.
#[derive(Debug)]
pub(crate) struct Permitted {
    scoped: Scoped,
    asked: Option<Asked>,
}

impl Permitted {
    /// Judges each message of the request by the rules of the server.
    ///
    /// The body is read if there are rules, and not otherwise; what is given back has the same bytes.
    ///
    /// # Errors
    /// 400 or 415 for a body that could be understood in two ways, 403 for an operation that is denied or needs more
    /// scopes, 413 or 408 for a body that broke its bounds, and 401 when the principal may come no longer.
    pub(super) async fn by_rules(
        server: &ProtectedServer,
        scoped: Scoped,
        request: Request<Body>,
        bounds: BodyBounds,
    ) -> Result<(Self, Request<Body>), Refusal> {
        let Some(policy) = server.policy() else { return Ok((Self { scoped, asked: None }, request)) };
        // In a box of its own, so that the way of a request without rules does not carry it along.
        Box::pin(Self::by_policy(server, policy, scoped, request, bounds)).await
    }

    async fn by_policy(
        server: &ProtectedServer,
        policy: &Policy,
        scoped: Scoped,
        request: Request<Body>,
        bounds: BodyBounds,
    ) -> Result<(Self, Request<Body>), Refusal> {
        let (asked, request) = Asked::read(request, bounds, policy.limits()).await?;
        scoped.still(server)?;
        policy.judge(server.resource(), scoped.principal(), &asked)?;
        Ok((Self { scoped, asked: Some(asked) }, request))
    }

    /// Who was permitted.
    pub(super) const fn principal(&self) -> &Principal {
        self.scoped.principal()
    }

    /// Asks once more whether they may still come, after something was waited for.
    ///
    /// # Errors
    /// Those of [`Scoped::still`].
    pub(super) fn still(&self, server: &ProtectedServer) -> Result<(), Refusal> {
        self.scoped.still(server)
    }

    /// What the request asks for, if it was read.
    #[expect(dead_code, reason = "what filters and the audit will ask for")]
    pub(super) const fn asked(&self) -> Option<&Asked> {
        self.asked.as_ref()
    }
}
