use http::HeaderMap;
use mcp_message::is_modern_revision;

use crate::envelope::Message;
use crate::legacy::INITIALIZE;
use crate::request::{PROTOCOL_VERSION, single};

/// Which of the two kinds of protocol a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// Up to 2025-11-25: `initialize`, then a session.
    Legacy,
    /// From 2026-07-28 on: every request for itself.
    Modern,
}

impl Era {
    /// The era of a client's message: its body says so, and else its header.
    pub(crate) fn of(headers: &HeaderMap, message: &Message<'_>) -> Self {
        if message.references().meta.is_some_and(|it| it.protocol_version.is_some()) {
            return Self::Modern;
        }
        let revision = single(headers, &PROTOCOL_VERSION).ok().flatten();
        if message.method != INITIALIZE && revision.is_some_and(is_modern_revision) {
            return Self::Modern;
        }
        Self::Legacy
    }
}
