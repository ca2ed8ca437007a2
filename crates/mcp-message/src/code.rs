/// The codes of JSON-RPC errors that a gateway may answer.
///
/// Codes from -32768 to -32000 mean only what JSON-RPC and MCP say; what is ours is outside that range
/// (MCP 2026-07-28, error codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The body is no JSON (JSON-RPC 2.0 section 5.1).
    ParseError,
    /// The JSON is no message (JSON-RPC 2.0 section 5.1).
    InvalidRequest,
    /// The method does not exist (JSON-RPC 2.0 section 5.1); status 404 in revision 2026-07-28.
    MethodNotFound,
    /// The parameters are not those of the method (JSON-RPC 2.0 section 5.1).
    InvalidParams,
    /// Something failed here (JSON-RPC 2.0 section 5.1).
    InternalError,
    /// A mirrored header is missing or says something else than the body (MCP 2026-07-28, server validation).
    HeaderMismatch,
    /// The client lacks a capability that the request needs (MCP 2026-07-28, basic).
    MissingCapability,
    /// The revision is not spoken here; `data.supported` lists those that are (MCP 2026-07-28, versioning).
    UnsupportedVersion,
    /// Ours: the MCP server speaks revisions that begin with `initialize` only.
    NeedsInitialize,
    /// Ours: this caller may not do this.
    Denied,
    /// Ours: not now, this caller has asked too often.
    TooManyRequests,
    /// Ours: the MCP server gave no answer.
    NoAnswer,
}

impl ErrorCode {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::ParseError => -32_700,
            Self::InvalidRequest => -32_600,
            Self::MethodNotFound => -32_601,
            Self::InvalidParams => -32_602,
            Self::InternalError => -32_603,
            Self::HeaderMismatch => -32_020,
            Self::MissingCapability => -32_021,
            Self::UnsupportedVersion => -32_022,
            Self::NeedsInitialize => 400,
            Self::Denied => 403,
            Self::TooManyRequests => 429,
            Self::NoAnswer => 502,
        }
    }
}
