//! A request of HTTP as far as MCP needs it.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use mcp_message::ErrorCode;

use crate::{BoxError, StdioError, StdioReason};

/// Which answers a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    /// One message, or a stream of events.
    Both,
    /// One message.
    Json,
    /// A stream of events.
    Events,
}

impl Accepts {
    /// A client should name both; one that names neither is not asked again.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let has = |media_type: &str| {
            let values = headers.get_all(ACCEPT).iter().filter_map(|it| it.to_str().ok());
            values.flat_map(|it| it.split(',')).any(|it| essence(it).eq_ignore_ascii_case(media_type))
        };
        match (has(JSON), has(EVENT_STREAM)) {
            (true, false) => Self::Json,
            (false, true) => Self::Events,
            (true, true) | (false, false) => Self::Both,
        }
    }
}

/// The text of a request's body.
///
/// A page of another origin cannot send this media type without asking first.
pub(crate) async fn text<B>(headers: &HeaderMap, body: B, most: usize) -> Result<String, StdioError>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    let media_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).map(essence);
    if !media_type.is_some_and(|it| it.eq_ignore_ascii_case(JSON)) || headers.contains_key(CONTENT_ENCODING) {
        return Err(StdioReason::MediaType.into());
    }
    let collected = Limited::new(body, most).collect().await.map_err(|error| {
        let too_large = error.is::<LengthLimitError>();
        let reason = if too_large { StdioReason::BodyTooLarge } else { StdioReason::ClientBody };
        StdioError::caused(reason, error)
    })?;
    String::from_utf8(Vec::from(collected.to_bytes()))
        .map_err(|_| StdioError::answering(StdioReason::NoMessage, None, ErrorCode::ParseError))
}

/// The value of a header that may be there once.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Repeated> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Repeated);
    }
    first.map(|it| it.to_str().map(str::trim).map_err(|_| Repeated)).transpose()
}

/// A header is there twice, or is no text.
#[derive(Debug)]
pub(crate) struct Repeated;

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const EVENT_STREAM: &str = "text/event-stream";
pub(crate) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
