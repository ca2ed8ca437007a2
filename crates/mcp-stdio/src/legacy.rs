//! Revisions up to 2025-11-25: a child for each MCP session.

mod batch;

use http::{HeaderMap, HeaderValue, Response, StatusCode};
use mcp_message::ErrorCode;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout};

use crate::answer::{self, Asked, to_request, whole};
use crate::body::{EventParts, Waits};
use crate::bridge::{Accepts, Bridge, accepted};
use crate::child::{CANCELLED, Child, Piece, Ticket};
use crate::envelope::{Kind, Message};
use crate::modern::Era;
use crate::request::{PROTOCOL_VERSION, SESSION_ID, single};
use crate::sessions::Session;
use crate::{OnBehalf, StdioBody, StdioError, StdioReason};
use std::sync::Arc;

pub(crate) use batch::post as batch;

/// A message of the client: `initialize` opens a session, all others belong to one.
pub(crate) async fn post(
    bridge: &Bridge,
    headers: &HeaderMap,
    message: &Message<'_>,
    on_behalf: OnBehalf,
) -> Result<Response<StdioBody>, StdioError> {
    if message.kind == Kind::Request && message.method == INITIALIZE {
        return initialize(bridge, headers, message, on_behalf).await;
    }
    let (_, session) = session(bridge, headers, message.id, &on_behalf)?;
    check_revision(headers, message.id)?;
    match message.kind {
        Kind::Request => request(bridge, headers, message, &session, on_behalf).await,
        Kind::Notification => tell(message, &session, &on_behalf).await.map(|()| accepted()),
        Kind::Response => answer(message, &session).await.map(|()| accepted()),
    }
}

/// The stream for what belongs to no request.
pub(crate) fn get(
    bridge: &Bridge,
    headers: &HeaderMap,
    on_behalf: OnBehalf,
) -> Result<Response<StdioBody>, StdioError> {
    if !headers.contains_key(SESSION_ID) {
        return Err(StdioReason::Method.into());
    }
    let (_, session) = session(bridge, headers, None, &on_behalf)?;
    check_revision(headers, None)?;
    let (attached, incoming) = session.child.listen().map_err(|_| StdioReason::Session)?;
    let ends_at = on_behalf.stream_until.and_then(|it| Instant::now().checked_add(it));
    Ok(answer::events(EventParts {
        first: None,
        incoming,
        attached,
        waits: None,
        keep_alive: bridge.settings().bounds.keep_alive,
        ends_at,
        cancel: on_behalf.listening_ends,
    }))
}

/// The end of a session.
pub(crate) fn delete(
    bridge: &Bridge,
    headers: &HeaderMap,
    on_behalf: &OnBehalf,
) -> Result<Response<StdioBody>, StdioError> {
    if !headers.contains_key(SESSION_ID) {
        return Err(StdioReason::Method.into());
    }
    let (id, session) = session(bridge, headers, None, on_behalf)?;
    session.child.end();
    bridge.sessions.close(&id);
    let mut response = Response::new(StdioBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// Starts a child and lets it answer; it has a session if it agrees.
///
/// An id that came along is left out: only we choose ids.
async fn initialize(
    bridge: &Bridge,
    headers: &HeaderMap,
    message: &Message<'_>,
    on_behalf: OnBehalf,
) -> Result<Response<StdioBody>, StdioError> {
    let child = bridge.start(Era::Legacy, false, &on_behalf).await?;
    let first_answer = async {
        let (_attached, mut incoming) = send(&child, message, &on_behalf).await?;
        loop {
            match incoming.next().await {
                Some(Piece::Message(_)) => {}
                Some(Piece::Answer(text, code)) => return Ok((text, code)),
                Some(Piece::Ended) | None => return Err(bridge.failed(&child, &on_behalf.principal)),
            }
        }
    };
    let (text, code) = timeout(bridge.settings().bounds.start, first_answer)
        .await
        .map_err(|_| StdioReason::StartTimeout)??;
    let has_batches = batch::are_agreed_on(&text);
    let mut response = whole(Era::Legacy, Accepts::of(headers), text, code);
    if code.is_none() {
        let id = bridge.sessions.open(on_behalf.principal, child, has_batches);
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert(SESSION_ID, id);
        }
    }
    Ok(response)
}

async fn request(
    bridge: &Bridge,
    headers: &HeaderMap,
    message: &Message<'_>,
    session: &Session,
    on_behalf: OnBehalf,
) -> Result<Response<StdioBody>, StdioError> {
    let bounds = &bridge.settings().bounds;
    let sent = timeout(bounds.answer, send(&session.child, message, &on_behalf)).await;
    let (attached, incoming) = sent.map_err(|_| StdioReason::Timeout)??;
    let id = message.id.map_or("null", RawValue::get).into();
    let asked = Asked {
        era: Era::Legacy,
        accepts: Accepts::of(headers),
        incoming,
        attached,
        waits: Some(Waits { id, most: bounds.answer }),
    };
    let principal = Arc::clone(&on_behalf.principal);
    let answered = to_request(asked, bounds, on_behalf).await;
    answered.map_err(|error| match error.reason() {
        StdioReason::Ended => bridge.failed(&session.child, &principal),
        _ => error,
    })
}

/// A request of `principal`; `None` without an id.
pub(crate) fn ticket(message: &Message<'_>, principal: Arc<str>) -> Option<Ticket> {
    let token = message.references().meta.and_then(|it| it.progress_token);
    Some(Ticket {
        id: message.id?.get().into(),
        token: token.map(|it| it.get().into()),
        is_subscription: false,
        lists_tools: false,
        principal,
    })
}

/// A request under an id of ours; its progress token is the child's to see, who has this client alone.
pub(crate) fn under(message: &Message<'_>, number: u64) -> String {
    let number = number.to_string();
    let parts = message.id.map(|it| (it, number.as_str()));
    message.with(parts.as_slice())
}

/// Sends a request under an id of ours.
async fn send(
    child: &Arc<Child>,
    message: &Message<'_>,
    on_behalf: &OnBehalf,
) -> Result<(crate::child::Attached, crate::child::Incoming), StdioError> {
    let ticket = ticket(message, Arc::clone(&on_behalf.principal)).ok_or(StdioReason::NoMessage)?;
    let sent = child.request(ticket, |number| under(message, number)).await;
    sent.map_err(|_| StdioReason::Ended.into())
}

/// A notification, in which the id of a request is the one that the child knows it by.
async fn tell(message: &Message<'_>, session: &Session, on_behalf: &OnBehalf) -> Result<(), StdioError> {
    let mut text = message.with(&[]);
    if message.method == CANCELLED {
        let Some(id) = message.references().request_id else { return Ok(()) };
        // It may have been answered meanwhile.
        let Some(number) = session.child.number_of(id.get(), &on_behalf.principal) else { return Ok(()) };
        session.child.cancel(number);
        text = message.with(&[(id, &number.to_string())]);
    }
    session.child.tell(text).await.map_err(|_| StdioReason::Ended.into())
}

/// An answer to what the child asked; what was not asked, or was answered already, is left out.
async fn answer(message: &Message<'_>, session: &Session) -> Result<(), StdioError> {
    let id = message.id.map_or("null", RawValue::get);
    if session.child.takes_answer_to(id) {
        session.child.tell(message.with(&[])).await.map_err(|_| StdioReason::Ended)?;
    }
    Ok(())
}

/// The session that a request names, if it is the caller's.
fn session(
    bridge: &Bridge,
    headers: &HeaderMap,
    id: Option<&RawValue>,
    on_behalf: &OnBehalf,
) -> Result<(String, Arc<Session>), StdioError> {
    let named = single(headers, &SESSION_ID).map_err(|_| StdioReason::Session)?;
    let Some(named) = named else {
        let id = id.map(RawValue::get);
        return Err(StdioError::answering(StdioReason::SessionMissing, id, ErrorCode::InvalidRequest));
    };
    let session = bridge.sessions.of(named, &on_behalf.principal).ok_or(StdioReason::Session)?;
    Ok((named.to_owned(), session))
}

/// A client that names no revision speaks 2025-03-26, which had no such header (MCP 2025-11-25, transports).
fn check_revision(headers: &HeaderMap, id: Option<&RawValue>) -> Result<(), StdioError> {
    match single(headers, &PROTOCOL_VERSION) {
        Ok(None) => Ok(()),
        Ok(Some(revision)) if REVISIONS.contains(&revision) => Ok(()),
        _ => {
            let id = id.map(RawValue::get);
            Err(StdioError::answering(StdioReason::Revision, id, ErrorCode::InvalidRequest))
        }
    }
}

pub(crate) const INITIALIZE: &str = "initialize";
const REVISIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
