//! Answers to listings, reduced to what their reader may use.

mod item;
mod message;

use mcp_message::{ForeignPart, InvalidMessage};

use crate::{SseFault, SseRewriter, Verdict};

pub use self::item::{ListKind, Listed, ToolHints};

/// Decides about the items of lists; the same rules must decide about their use.
pub trait ListPolicy {
    /// Whether the reader may use this item.
    fn may_use(&self, listed: &Listed<'_>) -> bool;

    /// Whether lists are reduced at all, or only read to learn from them.
    fn reduces(&self) -> bool {
        true
    }

    /// Told of every item that was read, before anything is decided: what a tool says of itself is known from lists only.
    fn learn(&self, listed: &Listed<'_>) {
        let _ = listed;
    }
}

/// What an answer is an answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// One request for a list of this kind: every result in the answer is such a list.
    List(ListKind),
    /// Several requests, or requests of earlier: results may be anything, and lists show by their members.
    Anything,
}

/// Why an answer cannot be filtered, so that nothing of it may be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterFault {
    /// It is no JSON-RPC message that every reader understands alike.
    #[error("the answer is not readable: {0}")]
    Message(#[from] InvalidMessage),
    /// A result is not the list that was asked for.
    #[error("the answer is not the list that was asked for")]
    NotAList,
    /// An item of a list has no name, or none that is text, or hints of another type.
    #[error("an item of the list is malformed")]
    Item,
    /// What shall be changed is no part of the answer.
    #[error(transparent)]
    Edit(#[from] ForeignPart),
    /// The event stream cannot be understood.
    #[error("the event stream cannot be understood")]
    Stream(#[from] SseFault),
}

/// Reduces a JSON answer, one message or a batch; `None` if it may pass as it is.
///
/// What stays keeps its order, its values byte for byte.
/// The `cacheScope` of a list becomes `private` (MCP 2026-07-28, "Caching"), since the list depends on its reader.
///
/// # Errors
/// [`FilterFault`] for whatever cannot be understood: nothing of the answer may be passed on then.
pub fn filter_json(
    answer: &[u8],
    expected: Expected,
    policy: &dyn ListPolicy,
) -> Result<Option<Vec<u8>>, FilterFault> {
    let text = str::from_utf8(answer).map_err(|_| InvalidMessage::NotUtf8)?;
    Ok(message::filter(text, expected, policy)?.map(String::into_bytes))
}

/// Reduces the messages of an event stream as they come.
#[derive(Debug)]
pub struct StreamFilter {
    rewriter: SseRewriter,
    expected: Expected,
}

impl StreamFilter {
    /// A filter that holds at most `most` bytes of one event.
    #[must_use]
    pub const fn new(expected: Expected, most: usize) -> Self {
        Self { rewriter: SseRewriter::new(most), expected }
    }

    /// Takes the next bytes of the stream, and answers what may pass now.
    ///
    /// # Errors
    /// [`FilterFault`] for whatever cannot be understood: the stream must end then.
    pub fn push(&mut self, bytes: &[u8], policy: &dyn ListPolicy) -> Result<Vec<u8>, FilterFault> {
        let expected = self.expected;
        self.rewriter.push(bytes, |kind, data| judge(kind, data, expected, policy))
    }

    /// Takes the end of the stream, and answers what may still pass.
    ///
    /// # Errors
    /// As [`StreamFilter::push`].
    pub fn finish(&mut self, policy: &dyn ListPolicy) -> Result<Vec<u8>, FilterFault> {
        let expected = self.expected;
        self.rewriter.finish(|kind, data| judge(kind, data, expected, policy))
    }
}

fn judge(
    kind: &str,
    data: &str,
    expected: Expected,
    policy: &dyn ListPolicy,
) -> Result<Verdict, FilterFault> {
    if kind == ENDPOINT && expected == Expected::Anything && is_address(data) {
        return Ok(Verdict::Keep);
    }
    Ok(message::filter(data, expected, policy)?.map_or(Verdict::Keep, Verdict::Replace))
}

/// Whether no reader can take `data` for a message.
fn is_address(data: &str) -> bool {
    data.starts_with('/') || data.starts_with("http://") || data.starts_with("https://")
}

/// The event in which servers of revision 2024-11-05 name the address for messages: no message itself.
const ENDPOINT: &str = "endpoint";

#[cfg(test)]
mod tests;
