//! What a child says, as an answer of HTTP.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use tokio::time::{Instant, timeout};

use crate::body::{EventParts, Waits};
use crate::child::{Attached, Incoming, Piece};
use crate::modern::Era;
use crate::request::{Accepts, EVENT_STREAM, JSON};
use crate::{Bounds, OnBehalf, StdioBody, StdioError, StdioReason};

/// A request that a child has, and how its answer is wanted.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) era: Era,
    pub(crate) accepts: Accepts,
    pub(crate) incoming: Incoming,
    pub(crate) attached: Attached,
    /// `None` for a request that stays open to listen.
    pub(crate) waits: Option<Waits>,
}

/// The answer to a request: one message if the child's first word is its last, else a stream of events.
///
/// # Errors
/// [`StdioReason::Ended`] and [`StdioReason::Timeout`], as long as nothing was said.
pub(crate) async fn to_request(
    asked: Asked,
    bounds: &Bounds,
    on_behalf: OnBehalf,
) -> Result<Response<StdioBody>, StdioError> {
    let Asked { era, accepts, mut incoming, mut attached, waits } = asked;
    let begin = Instant::now();
    let patience = bounds.keep_alive.min(bounds.answer);
    let first = match accepts {
        Accepts::Json => {
            let Ok(answer) = timeout(bounds.answer, answer_alone(&mut incoming)).await else {
                attached.give_up();
                return Err(StdioReason::Timeout.into());
            };
            Some(answer)
        }
        Accepts::Both | Accepts::Events => match timeout(patience, incoming.next()).await {
            Ok(piece) => Some(piece.ok_or(StdioReason::Ended)?),
            Err(_) => None,
        },
    };
    match first {
        Some(Piece::Answer(text, code)) => Ok(whole(era, accepts, text, code)),
        Some(Piece::Ended) => Err(StdioReason::Ended.into()),
        first => {
            let ends_at = on_behalf.stream_until.and_then(|it| begin.checked_add(it));
            let cancel = if waits.is_some() { on_behalf.cancel } else { on_behalf.listening_ends };
            let keep_alive = bounds.keep_alive;
            Ok(events(EventParts { first, incoming, attached, waits, keep_alive, ends_at, cancel }))
        }
    }
}

/// The answer itself, for a client that takes nothing else.
pub(crate) async fn answer_alone(incoming: &mut Incoming) -> Piece {
    loop {
        match incoming.next().await {
            Some(Piece::Message(_)) => {}
            Some(piece) => return piece,
            None => return Piece::Ended,
        }
    }
}

/// One message that is the whole answer; `code` is that of its error.
pub(crate) fn whole(era: Era, accepts: Accepts, text: Bytes, code: Option<i64>) -> Response<StdioBody> {
    if accepts == Accepts::Events {
        return with_type(EVENT_STREAM, StdioBody::event(&text));
    }
    let mut response = with_type(JSON, StdioBody::message(text));
    *response.status_mut() = status(era, code);
    response
}

/// A stream of events.
pub(crate) fn events(parts: EventParts) -> Response<StdioBody> {
    several([parts])
}

/// Several streams of events in one; at least one.
pub(crate) fn several(streams: impl IntoIterator<Item = EventParts>) -> Response<StdioBody> {
    let mut response = with_type(EVENT_STREAM, StdioBody::events(streams));
    response.headers_mut().insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

fn with_type(media_type: &'static str, body: StdioBody) -> Response<StdioBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// From 2026-07-28 on, some errors have a status of their own (transports, streamable HTTP, server validation).
const fn status(era: Era, code: Option<i64>) -> StatusCode {
    match (era, code) {
        (Era::Modern, Some(METHOD_NOT_FOUND)) => StatusCode::NOT_FOUND,
        (Era::Modern, Some(HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION)) => {
            StatusCode::BAD_REQUEST
        }
        (Era::Modern | Era::Legacy, _) => StatusCode::OK,
    }
}

pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
pub(crate) const HEADER_MISMATCH: i64 = -32020;
pub(crate) const MISSING_CAPABILITY: i64 = -32021;
pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
