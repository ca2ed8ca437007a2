//! Headers that mirror the body (MCP 2026-07-28, standard request headers).

mod parameters;

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;

use crate::{Body, Era, ErrorCode, InvalidMessage, Limits, Message, Operation, era::is_modern_revision};

pub use self::parameters::ToolParameters;

/// Says the revision of a request.
pub const PROTOCOL_VERSION: &str = "mcp-protocol-version";
/// Mirrors the method.
pub const METHOD: &str = "mcp-method";
/// Mirrors what the method acts on.
pub const NAME: &str = "mcp-name";

/// Why headers and body do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Mismatch {
    /// A header is there more than once.
    #[error("a mirrored header is there more than once")]
    Repeated,
    /// A header is longer than [`Limits::header`].
    #[error("a mirrored header is too long")]
    TooLong,
    /// A header cannot be decoded.
    #[error("a mirrored header cannot be decoded")]
    Undecodable,
    /// A header that the revision demands is not there.
    #[error("a mirrored header is missing")]
    Missing,
    /// A header says something else than the body.
    #[error("a mirrored header and the body differ")]
    Different,
    /// A request of a revision that says itself in each request does not.
    #[error("the body does not say its revision")]
    NoRevision,
    /// The body itself is not what its method says.
    #[error(transparent)]
    Body(#[from] InvalidMessage),
}

impl Mismatch {
    /// The code of the JSON-RPC error that answers it; the status is 400 for each.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Repeated | Self::TooLong | Self::Undecodable | Self::Missing | Self::Different => {
                ErrorCode::HeaderMismatch
            }
            Self::NoRevision => ErrorCode::InvalidParams,
            Self::Body(fault) => fault.code(),
        }
    }
}

/// Holds the mirrored headers against the body.
///
/// Headers that are there must agree with the body whatever revision they claim; they must be there when the body or
/// the header `MCP-Protocol-Version` is of a revision that demands them. They are never what a decision rests on.
///
/// # Errors
/// [`Mismatch`], with the JSON-RPC code of its answer.
pub fn check(headers: &HeaderMap, body: &Body<'_>, limits: &Limits) -> Result<(), Mismatch> {
    let headers = Mirrored {
        revision: single(headers, PROTOCOL_VERSION, limits)?,
        method: single(headers, METHOD, limits)?,
        name: single(headers, NAME, limits)?.map(decode).transpose()?,
    };
    match body {
        Body::Single(message) => headers.check(message),
        // No header mirrors a batch, which only a revision without these headers has.
        Body::Batch(messages) => {
            if headers.method.is_some() || headers.name.is_some() {
                return Err(Mismatch::Different);
            }
            messages.iter().try_for_each(|message| headers.check(message))
        }
    }
}

/// The text of a header value: itself, or what `=?base64?…?=` holds (MCP 2026-07-28, value encoding).
///
/// # Errors
/// [`Mismatch::Undecodable`] when what the markers enclose is not standard base64 of UTF-8.
pub fn decode(value: &str) -> Result<Cow<'_, str>, Mismatch> {
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|it| it.strip_suffix("?=")) else {
        return Ok(Cow::Borrowed(value));
    };
    let bytes = STANDARD.decode(encoded).map_err(|_| Mismatch::Undecodable)?;
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| Mismatch::Undecodable)
}

/// The mirrored headers of one request.
struct Mirrored<'h> {
    revision: Option<&'h str>,
    method: Option<&'h str>,
    name: Option<Cow<'h, str>>,
}

impl Mirrored<'_> {
    fn check(&self, message: &Message<'_>) -> Result<(), Mismatch> {
        let era = Era::of(message)?;
        // What no header mirrors is not looked at: revisions remove methods, and servers say so.
        let is_mirrored = message.method().is_some_and(Operation::has_mirrored_name);
        let operation = is_mirrored.then(|| Operation::of(message)).transpose()?;
        let name = operation.as_ref().and_then(Operation::mirrored_name);
        let is_request = message.request_id().is_some();
        let demanded = is_request && self.check_revision(&era)?;
        agree(self.method, message.method(), demanded)?;
        agree(self.name.as_deref(), name, demanded && name.is_some())
    }

    /// Whether the revision is one that demands mirrored headers.
    fn check_revision(&self, era: &Era<'_>) -> Result<bool, Mismatch> {
        let claimed = self.revision.filter(|it| is_modern_revision(it));
        match era {
            Era::Modern(said) => agree(self.revision, Some(said), true).map(|()| true),
            Era::Unsaid if claimed.is_some() => Err(Mismatch::NoRevision),
            // A handshake is where the revision is agreed on, whatever the client hopes for.
            Era::Handshake(_) | Era::Unsaid => Ok(false),
        }
    }
}

fn agree(header: Option<&str>, body: Option<&str>, demanded: bool) -> Result<(), Mismatch> {
    match header {
        Some(header) if body == Some(header) => Ok(()),
        Some(_) => Err(Mismatch::Different),
        None if demanded => Err(Mismatch::Missing),
        None => Ok(()),
    }
}

fn single<'h>(headers: &'h HeaderMap, name: &str, limits: &Limits) -> Result<Option<&'h str>, Mismatch> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Mismatch::Repeated);
    }
    if value.len() > limits.header {
        return Err(Mismatch::TooLong);
    }
    value.to_str().map(|it| Some(it.trim_matches([' ', '\t']))).map_err(|_| Mismatch::Undecodable)
}
