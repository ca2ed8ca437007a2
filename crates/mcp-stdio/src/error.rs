use http::StatusCode;
use mcp_message::ErrorCode;

use crate::{BoxError, StdioReason, envelope};

/// Why a request was not given to a child, or has no answer of it.
///
/// The client is shown the status and [`Self::body`], or the reason's description, and no more; the chain of sources is for the log.
#[derive(Debug, thiserror::Error)]
#[error("{}", .reason.description())]
pub struct StdioError {
    reason: StdioReason,
    body: Option<String>,
    #[source]
    source: Option<BoxError>,
}

impl StdioError {
    pub(crate) fn caused(reason: StdioReason, source: impl Into<BoxError>) -> Self {
        Self { reason, body: None, source: Some(source.into()) }
    }

    /// With an error of JSON-RPC in answer to `id`, by which a client knows that it spoke to an MCP server.
    pub(crate) fn answering(reason: StdioReason, id: Option<&str>, code: ErrorCode) -> Self {
        let body = envelope::error(id.unwrap_or("null"), code.number().into(), reason.description());
        Self { reason, body: Some(body), source: None }
    }

    /// With an error that names the revisions that are spoken here (MCP 2026-07-28, versioning).
    pub(crate) fn unsupported(id: Option<&str>, requested: &str, supported: &[String]) -> Self {
        let reason = StdioReason::RevisionUnsupported;
        let data = serde_json::json!({ "supported": supported, "requested": requested });
        let code = ErrorCode::UnsupportedVersion.number().into();
        let body = envelope::error_with(id.unwrap_or("null"), code, reason.description(), &data);
        Self { reason, body: Some(body), source: None }
    }

    /// With what caused it, for the log.
    pub(crate) fn because(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The reason, for logs, metrics and the answer.
    #[must_use]
    pub const fn reason(&self) -> StdioReason {
        self.reason
    }

    /// The status for the client.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        // Every reason has a valid status, which a test holds.
        StatusCode::from_u16(self.reason.status()).unwrap_or(StatusCode::BAD_GATEWAY)
    }

    /// The error of JSON-RPC for the client, where its protocol revision asks for one; it is `application/json`.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }
}

impl From<StdioReason> for StdioError {
    fn from(reason: StdioReason) -> Self {
        Self { reason, body: None, source: None }
    }
}
