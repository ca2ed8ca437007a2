//! The way of a request to an MCP endpoint: each step gives the evidence that the next one takes.

mod acceptance;
mod asked;
mod authenticated;
mod caller;
mod dpop;
mod grant_check;
mod live;
mod permitted;
mod policy;
mod presented;
mod principal;
mod scoped;
mod server;
mod ways;

use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderName, HeaderValue, Method};

use self::{authenticated::Authenticated, live::Live, permitted::Permitted, scoped::Scoped};
use crate::{
    credential::Credentials, reason::Reason, refusal::Refusal, routes::MCP_METHODS, service::Arrival,
};

pub(crate) use self::{
    acceptance::{Acceptance, Acceptances},
    asked::Asked,
    caller::Caller,
    dpop::Dpop,
    grant_check::{GrantCheck, GrantEnd, NoGrants},
    policy::{Policy, named_by_challenge, operation_text},
    principal::Principal,
    server::{ProtectedServer, ServerParts},
    ways::{Anonymous, Loopback, Ways},
};

/// Serves one request. This is the order of the checks, for every method, each time:
///
/// 1. method, 2. `Origin`,
/// 3. the credential: a token, with its proof if it is bound to a key, or an API key, or none where none is needed,
/// 4. that its grant lives, 5. its scope, 6. the size of the body, 7. a free place,
/// 8. a free place among the subject's streams, 9. where a server has rules, each of its messages,
/// 10. a credential for the upstream;
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
    let live = Live::by_grant(server, authenticated, server.now())?;
    let scoped = Scoped::by_scope(server, live)?;
    let bounds = server.bound_body(request.headers())?;
    let place = server.admit()?;
    let stream = server.admit_stream(scoped.principal(), request.method())?;
    let (permitted, request) = Permitted::by_rules(server, scoped, request, bounds).await?;
    let credential = match server.credentials() {
        Credentials::None => None,
        credentials => Box::pin(server.obtain(credentials, &permitted, presented)).await?,
    };
    // Whatever was waited for is over: from here to the upstream nothing waits.
    let now = server.now();
    let response = server.forward(permitted, arrival, request, bounds, (stream, credential), now).await;
    drop(place);
    match next_nonce {
        None => response,
        Some(nonce) => response.map(|it| with_nonce(it, *nonce)),
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
