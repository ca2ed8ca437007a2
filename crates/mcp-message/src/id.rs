use serde_json::value::RawValue;

use crate::InvalidMessage;

/// The id of a request: a string, an integer, or null, as it was written.
#[derive(Clone, Copy, Debug)]
pub struct Id<'a>(&'a RawValue);

impl<'a> Id<'a> {
    /// # Errors
    /// [`InvalidMessage::Id`] when the value is neither a string nor an integer of 64 bits nor null.
    /// `1.0` and `1e0` are refused, and so are `-0` and longer integers: readers differ on which integers they are.
    pub fn new(value: &'a RawValue) -> Result<Self, InvalidMessage> {
        let text = value.get();
        let integer = text != "-0" && (text.parse::<u64>().is_ok() || text.parse::<i64>().is_ok());
        if integer || text.starts_with('"') || text == "null" {
            Ok(Self(value))
        } else {
            Err(InvalidMessage::Id)
        }
    }

    /// The JSON of it, byte for byte.
    #[must_use]
    pub fn raw(self) -> &'a RawValue {
        self.0
    }

    /// Whether it is null, with which JSON-RPC allows a request and MCP does not.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.get() == "null"
    }
}
