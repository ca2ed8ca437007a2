//! The way of a request to an MCP endpoint: each step gives the evidence that the next one takes.

mod acceptance;
mod asked;
mod authenticated;
mod caller;
mod dpop;
mod grant_check;
mod listing;
mod live;
mod oversight;
mod permitted;
mod policy;
mod presented;
mod principal;
mod scoped;
mod server;
mod tenant;
mod upstream;
mod ways;

use std::sync::Arc;

use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderName, HeaderValue, Method};
use tokio::sync::OwnedSemaphorePermit;

use self::{authenticated::Authenticated, live::Live, permitted::Permitted, scoped::Scoped};
use crate::{
    audit::Entry,
    credential::{Credentials, ObtainedCredential, PresentedToken},
    limits::StreamPlace,
    reason::Reason,
    refusal::Refusal,
    request_body::BodyBounds,
    routes::MCP_METHODS,
    service::Arrival,
};

pub(crate) use self::{
    acceptance::{Acceptance, Acceptances},
    asked::Asked,
    caller::Caller,
    dpop::Dpop,
    grant_check::{GrantCheck, GrantEnd, GrantStanding, NoGrants},
    oversight::Oversight,
    policy::{ListUse, Policy, named_by_challenge, operation_text},
    principal::Principal,
    server::{ProtectedServer, ServerParts},
    upstream::{CredentialVariable, UpstreamKind},
    ways::{Anonymous, Loopback, Ways},
};

/// Serves one request. This is the order of the checks, for every method, each time:
///
/// 1. method, 2. `Origin`,
/// 3. the credential: a token, with its proof if it is bound to a key, or an API key, or none where none is needed,
/// 4. that its grant lives, 5. its scope, 6. the size of the body, 7. a free place,
/// 8. a free place among the subject's streams, 9. what is left of its quotas,
/// 10. where a server has rules, quotas about tools or an audit, each of its messages, 11. a credential for the upstream,
/// 12. that the audit has its line, from the fourth on also for what is refused;
///
/// only then the upstream learns of it. Path and `Host` were judged before there was a route ([`crate::edge`]).
///
/// # Errors
/// The [`Refusal`] of the first step that fails; the upstream has seen nothing then, except when it failed itself or
/// answered with an event stream whose grant had ended meanwhile.
pub(crate) async fn serve(
    server: &ProtectedServer,
    arrival: &Arrival,
    mut request: Request<Body>,
) -> Result<Response, Refusal> {
    method(request.method())?;
    server.origins().check(request.headers())?;
    let mut authenticated = Authenticated::of(server, arrival, &mut request).await?;
    let next_nonce = authenticated.take_next_nonce();
    arrival.note_subject(authenticated.principal().subject_digest());
    let presented = authenticated.take_presented();
    let Admitted { permitted, request, bounds, place, stream, credential } =
        Admitted::noted(server, arrival, (authenticated, presented), request).await?;
    // Whatever was waited for is over: from here to the upstream nothing waits.
    let now = server.now();
    let response = server.forward(&permitted, arrival, request, bounds, (stream, credential), now).await;
    drop(place);
    let response = match server.lists_in_answer(&permitted) {
        None => response,
        // In a box of its own, so that requests for anything else do not carry it along.
        Some(lists) => Box::pin(lists.reduce(permitted, arrival.request_id, response?)).await,
    };
    match next_nonce {
        None => response,
        Some(nonce) => response.map(|it| with_nonce(it, *nonce)),
    }
}

/// What a request has that may go on to the upstream.
struct Admitted {
    permitted: Permitted,
    request: Request<Body>,
    bounds: BodyBounds,
    place: OwnedSemaphorePermit,
    stream: StreamPlace,
    credential: Option<Box<ObtainedCredential>>,
}

impl Admitted {
    /// The same as [`Admitted::by_all`], with its line in the audit.
    async fn noted(
        server: &ProtectedServer,
        arrival: &Arrival,
        (authenticated, presented): (Authenticated, Option<Arc<PresentedToken>>),
        request: Request<Body>,
    ) -> Result<Self, Refusal> {
        let mut entry = server.entry(arrival, request.method(), authenticated.principal());
        let decided = Self::by_all(server, (authenticated, presented), request, &mut entry).await;
        entry.close(decided)
    }

    /// All that is decided about somebody who is known.
    async fn by_all(
        server: &ProtectedServer,
        (authenticated, presented): (Authenticated, Option<Arc<PresentedToken>>),
        request: Request<Body>,
        entry: &mut Entry,
    ) -> Result<Self, Refusal> {
        let live = Live::by_grant(server, authenticated, server.now()).await?;
        let scoped = match Scoped::by_scope(server, live) {
            Ok(scoped) => scoped,
            // In a box of its own, so that requests with the scopes do not carry it along.
            Err(lacking) => return Err(Box::pin(lacking.refuse(server, request, entry)).await),
        };
        let bounds = server.bound_body(request.headers())?;
        let place = server.admit()?;
        let stream = server.admit_stream(scoped.principal(), request.method())?;
        if let Err(spent) = server.spend_request(scoped.principal()) {
            // In a box of its own, so that requests with something left do not carry it along.
            return Err(Box::pin(oversight::too_many(spent, request, bounds, entry)).await);
        }
        let (permitted, request) = Permitted::by_rules(server, scoped, request, bounds, entry).await?;
        let credential = match server.credentials() {
            Credentials::None => None,
            credentials => Box::pin(server.obtain(credentials, &permitted, presented)).await?,
        };
        Ok(Self { permitted, request, bounds, place, stream, credential })
    }
}

/// Tells the client which nonce its next proof must hold (RFC 9449 section 8.2).
fn with_nonce(mut response: Response, nonce: HeaderValue) -> Response {
    response.headers_mut().insert(DPOP_NONCE, nonce);
    response
}

/// The header that brings nonces (RFC 9449 section 8.1).
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

fn method(method: &Method) -> Result<(), Refusal> {
    match *method {
        Method::POST | Method::GET | Method::DELETE | Method::HEAD => Ok(()),
        _ => Err(Refusal::from(Reason::MethodNotAllowed).allowing(MCP_METHODS)),
    }
}

#[cfg(test)]
mod tests;
