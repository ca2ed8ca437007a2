use crate::ErrorCode;

/// Why a body is not a message, or a message is not what its method says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum InvalidMessage {
    /// It is not UTF-8.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// It is not one JSON text: a mark before it, data after it, comments, half of a surrogate pair, or anything
    /// else that RFC 8259 does not have.
    #[error("the body is not one JSON text")]
    NotJson,
    /// Objects and arrays within each other beyond [`crate::Limits::depth`].
    #[error("the body is nested too deeply")]
    TooDeep,
    /// An object holds a key twice, so that two readers may take different values for it.
    #[error("an object holds a key twice")]
    DuplicateKey,
    /// A key that some readers take for more than a key: `__proto__`, or one that begins with `$serde_json::private::`.
    #[error("an object holds a key that is more than a key for some readers")]
    ForbiddenKey,
    /// A key that some readers take for another: it differs from one that counts in the case of letters only.
    #[error("a key differs from one of the protocol in case only")]
    LookAlikeKey,
    /// Neither an object nor a batch of objects.
    #[error("a message is not an object")]
    NotAnObject,
    /// A batch without messages.
    #[error("the batch is empty")]
    EmptyBatch,
    /// More messages than [`crate::Limits::batch`].
    #[error("the batch is too long")]
    BatchTooLong,
    /// `jsonrpc` is not `"2.0"`.
    #[error("jsonrpc is not \"2.0\"")]
    Version,
    /// `id` is neither a string nor an integer nor null, or a response has none.
    #[error("id is neither a string nor an integer")]
    Id,
    /// `method` is not a string.
    #[error("method is not a string")]
    Method,
    /// Request and response at once, neither of them, or a response with both of its outcomes or none.
    #[error("the message is neither a request nor a notification nor a response")]
    Ambiguous,
    /// `params` is not an object.
    #[error("params is not an object")]
    Params,
    /// A parameter that names what the method acts on is missing or not of its type.
    #[error("params do not name what the method acts on")]
    Unnamed,
    /// `params._meta` is not what the protocol says.
    #[error("params._meta is malformed")]
    Meta,
}

impl InvalidMessage {
    /// The code of the JSON-RPC error that answers it; the status is 400 for each.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NotUtf8 | Self::NotJson => ErrorCode::ParseError,
            Self::TooDeep
            | Self::DuplicateKey
            | Self::ForbiddenKey
            | Self::LookAlikeKey
            | Self::NotAnObject
            | Self::EmptyBatch
            | Self::BatchTooLong
            | Self::Version
            | Self::Id
            | Self::Method
            | Self::Ambiguous
            | Self::Params => ErrorCode::InvalidRequest,
            Self::Unnamed | Self::Meta => ErrorCode::InvalidParams,
        }
    }
}
