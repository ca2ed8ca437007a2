use std::borrow::Cow;

use crate::{InvalidMessage, Message};

/// The first revision without sessions and handshake, whose requests say their revision themselves.
pub const FIRST_MODERN: &str = "2026-07-28";

/// The key of `params._meta` that says the revision of a request (MCP 2026-07-28, basic).
pub const PROTOCOL_VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

/// What a message says of the era it belongs to. Headers have no say: a client may claim any revision there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Era<'a> {
    /// `initialize`, with the revision that the client proposes: the handshake of revisions up to 2025-11-25.
    Handshake(Option<Cow<'a, str>>),
    /// The message says its revision itself, as since 2026-07-28.
    Modern(Cow<'a, str>),
    /// The message says nothing, as all others of revisions up to 2025-11-25.
    Unsaid,
}

impl<'a> Era<'a> {
    /// # Errors
    /// [`InvalidMessage::Meta`] when `_meta` is not an object or the revision in it is not a string;
    /// [`InvalidMessage::LookAlikeKey`] when it could be read differently.
    pub fn of(message: &Message<'a>) -> Result<Self, InvalidMessage> {
        let Some(params) = message.params() else { return Ok(Self::Unsaid) };
        let meta = params.object("_meta", InvalidMessage::Meta)?;
        if let Some(revision) = meta.text(PROTOCOL_VERSION_KEY, InvalidMessage::Meta)? {
            return Ok(Self::Modern(revision));
        }
        Ok(match message.method() {
            Some("initialize") => Self::Handshake(params.text("protocolVersion", InvalidMessage::Params)?),
            Some(_) | None => Self::Unsaid,
        })
    }

    /// Whether the message stands for itself: no session, no handshake.
    #[must_use]
    pub const fn is_modern(&self) -> bool {
        matches!(self, Self::Modern(_))
    }
}

/// Whether a header `MCP-Protocol-Version` names a revision whose headers mirror the body. Revisions are dates, so
/// later ones are greater; what is not a date is not one of them.
#[must_use]
pub fn is_modern_revision(text: &str) -> bool {
    let date = text.len() == 10
        && text.bytes().enumerate().all(
            |(at, it)| {
                if at == 4 || at == 7 { it == b'-' } else { it.is_ascii_digit() }
            },
        );
    date && text >= FIRST_MODERN
}
