use axum::{body::Body, extract::Request};

use super::{Asked, Principal, ProtectedServer, Scoped};
use crate::{audit::Entry, refusal::Refusal, request_body::BodyBounds};

/// Proof that the policy of a server lets this request through; nothing is forwarded without it.
#[derive(Debug)]
pub(crate) struct Permitted {
    scoped: Scoped,
    asked: Option<Box<Asked>>,
}

impl Permitted {
    /// Judges each message of the request by the rules of the server, and counts it where quotas are about tools.
    ///
    /// The body is read if there are such rules or quotas, or an audit to name what is asked, and not otherwise; what is
    /// given back has the same bytes.
    ///
    /// # Errors
    /// 400 or 415 for a body that could be understood in two ways, 403 for an operation that is denied or needs more
    /// scopes, 413 or 408 for a body that broke its bounds, 401 when the principal may come no longer, and 429 for
    /// a call whose quota is spent.
    pub(super) async fn by_rules(
        server: &ProtectedServer,
        scoped: Scoped,
        request: Request<Body>,
        bounds: BodyBounds,
        entry: &mut Entry,
    ) -> Result<(Self, Request<Body>), Refusal> {
        if !server.reads_messages() && !entry.is_kept() {
            return Ok((Self { scoped, asked: None }, request));
        }
        // In a box of its own, so that the way of a request without rules does not carry it along.
        Box::pin(Self::by_messages(server, scoped, request, bounds, entry)).await
    }

    async fn by_messages(
        server: &ProtectedServer,
        scoped: Scoped,
        request: Request<Body>,
        bounds: BodyBounds,
        entry: &mut Entry,
    ) -> Result<(Self, Request<Body>), Refusal> {
        let (mut asked, request) = Asked::read(request, bounds, &server.message_limits()).await?;
        entry.asks_for(asked.operations());
        scoped.still(server)?;
        if let Some(policy) = server.policy() {
            asked.check_parameters(request.headers(), policy.parameters(), policy.limits())?;
            policy.judge(server.resource(), scoped.principal(), &asked, entry)?;
        }
        server.spend_calls(scoped.principal(), &asked)?;
        asked.forget_body();
        Ok((Self { scoped, asked: Some(Box::new(asked)) }, request))
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
    pub(super) fn asked(&self) -> Option<&Asked> {
        self.asked.as_deref()
    }
}
