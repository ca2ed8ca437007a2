//! The way of a request to an MCP endpoint: each step gives the evidence that the next one takes.

mod acceptance;
mod authenticated;
mod caller;
mod grant_check;
mod live;
mod permitted;
mod server;

use axum::{body::Body, extract::Request, response::Response};
use http::Method;

use self::{authenticated::Authenticated, live::Live, permitted::Permitted};
use crate::{reason::Reason, refusal::Refusal, routes::MCP_METHODS, service::Arrival};

pub(crate) use self::{
    acceptance::{Acceptance, Acceptances},
    grant_check::{GrantCheck, GrantEnd, NoGrants},
    server::{ProtectedServer, ServerParts},
};

/// Serves one request. This is the order of the checks, for every method, each time:
///
/// 1. method, 2. `Origin`, 3. the bearer token, 4. that its grant lives, 5. its scope, 6. the size of the body,
/// 7. a free place, 8. a free place among the subject's streams;
///
/// only then the upstream learns of it. Path and `Host` were judged before there was a route ([`crate::edge`]).
///
/// # Errors
/// The [`Refusal`] of the first step that fails; the upstream has seen nothing then, except when it failed itself or
/// answered with an event stream whose grant had ended meanwhile.
pub(crate) async fn serve(
    server: &ProtectedServer,
    arrival: &Arrival,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    method(request.method())?;
    server.origins().check(request.headers())?;
    let authenticated = Authenticated::by_token(server, request.headers(), request.uri().query()).await?;
    arrival.note_subject(authenticated.subject_digest());
    // From here to the upstream nothing waits.
    let now = server.now();
    let live = Live::by_grant(server, authenticated, now)?;
    let permitted = Permitted::by_scope(server, live)?;
    let body = server.bound_body(request.headers())?;
    let place = server.admit()?;
    let stream = server.admit_stream(&permitted, request.method())?;
    let response = server.forward(permitted, arrival, request, body, stream, now).await;
    drop(place);
    response
}

fn method(method: &Method) -> Result<(), Refusal> {
    match *method {
        Method::POST | Method::GET | Method::DELETE | Method::HEAD => Ok(()),
        _ => Err(Refusal::from(Reason::MethodNotAllowed).allowing(MCP_METHODS)),
    }
}

#[cfg(test)]
mod tests;
