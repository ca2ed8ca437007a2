use http::HeaderMap;

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
        if message.method != INITIALIZE && revision.is_some_and(is_modern) {
            return Self::Modern;
        }
        Self::Legacy
    }
}

/// Whether `revision` is a date from 2026-07-28 on.
fn is_modern(revision: &str) -> bool {
    let is_date = revision.len() == 10
        && revision.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_date && revision >= FIRST_MODERN
}

pub(super) const FIRST_MODERN: &str = "2026-07-28";
