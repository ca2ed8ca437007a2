use serde_json::value::RawValue;

use crate::{Id, InvalidMessage, Limits, Message, strict};

/// The body of a POST: one message, or a batch as revision 2025-03-26 has it.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// A message alone.
    Single(Message<'a>),
    /// One message or more in an array.
    Batch(Vec<Message<'a>>),
}

/// Reads a body, or a line of a stdio server, and refuses what two readers could understand differently.
///
/// It borrows from the bytes and changes nothing: what is passed on are the bytes themselves.
///
/// # Errors
/// [`InvalidMessage`], with the JSON-RPC code of its answer.
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Body<'a>, InvalidMessage> {
    let text = std::str::from_utf8(bytes).map_err(|_| InvalidMessage::NotUtf8)?;
    strict::check(text, limits.depth)?;
    let whole: &RawValue = serde_json::from_str(text).map_err(|_| InvalidMessage::NotJson)?;
    if !whole.get().starts_with('[') {
        return Message::of(whole).map(Body::Single);
    }
    let batch: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| InvalidMessage::NotJson)?;
    if batch.is_empty() {
        return Err(InvalidMessage::EmptyBatch);
    }
    if batch.len() > limits.batch {
        return Err(InvalidMessage::BatchTooLong);
    }
    batch.into_iter().map(Message::of).collect::<Result<_, _>>().map(Body::Batch)
}

impl<'a> Body<'a> {
    /// Its messages, in order; at least one.
    #[must_use]
    pub fn messages(&self) -> &[Message<'a>] {
        match self {
            Self::Single(message) => std::slice::from_ref(message),
            Self::Batch(messages) => messages,
        }
    }

    /// The id that an error about the whole body carries: that of the one request, otherwise none.
    #[must_use]
    pub fn request_id(&self) -> Option<Id<'a>> {
        match self {
            Self::Single(message) => message.request_id(),
            Self::Batch(_) => None,
        }
    }
}
