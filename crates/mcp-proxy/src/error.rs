use http::StatusCode;

use crate::{BoxError, ForwardReason};

/// Why a request was not forwarded, or its answer not passed on.
///
/// The client is shown the [`status`](Self::status) and the reason's description, no more;
/// the [`code`](Self::code) and the chain of sources are for the log.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// The method is none of GET, HEAD, POST and DELETE. Nothing was sent.
    #[error("the method cannot be forwarded")]
    Method,
    /// The request's body has a content coding. Nothing was sent.
    #[error("the request's content coding cannot be forwarded")]
    ContentCoding,
    /// The request came from this proxy: the upstream leads back to it. Nothing was sent.
    #[error("the upstream leads back to this proxy")]
    Loop,
    /// The MCP session id is unknown, or belongs to somebody else. Nothing was sent.
    #[error("the MCP session is unknown")]
    Session,
    /// The client's body ran into a length limit.
    #[error("the request's body is too large")]
    BodyTooLarge,
    /// The client's body broke off.
    #[error("the request's body broke off")]
    ClientBody,
    /// No connection to the upstream.
    #[error("the upstream cannot be reached")]
    Connect(#[source] BoxError),
    /// No connection to the upstream in time.
    #[error("the upstream did not accept a connection in time")]
    ConnectTimeout,
    /// No head of an answer in time.
    #[error("the upstream did not answer in time")]
    Timeout,
    /// The upstream redirects to where this proxy does not follow.
    #[error("the upstream's redirect was not followed")]
    Redirect(#[source] RefusedRedirect),
    /// The upstream answered 401 or 407: it refuses the gateway, not the client.
    #[error("the upstream demands other credentials")]
    Unauthorized,
    /// The upstream's answer cannot be passed on, or its connection broke before the answer's head.
    #[error("the upstream's answer is not usable")]
    Protocol(#[source] BoxError),
}

impl ForwardError {
    /// The reason's name in logs, metrics and documents.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.reason().code()
    }

    /// The status for the client.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        // Every reason has a valid status, which a test holds.
        StatusCode::from_u16(self.reason().status()).unwrap_or(StatusCode::BAD_GATEWAY)
    }

    /// The reason, for logs, metrics and the answer.
    #[must_use]
    pub const fn reason(&self) -> ForwardReason {
        match self {
            Self::Method => ForwardReason::Method,
            Self::ContentCoding => ForwardReason::ContentCoding,
            Self::Loop => ForwardReason::Loop,
            Self::Session => ForwardReason::Session,
            Self::BodyTooLarge => ForwardReason::ClientBodyTooLarge,
            Self::ClientBody => ForwardReason::ClientBody,
            Self::Connect(_) => ForwardReason::Connect,
            Self::ConnectTimeout => ForwardReason::ConnectTimeout,
            Self::Timeout => ForwardReason::Timeout,
            Self::Redirect(_) => ForwardReason::Redirect,
            Self::Unauthorized => ForwardReason::Unauthorized,
            Self::Protocol(_) => ForwardReason::Protocol,
        }
    }
}

/// Why a redirect of the upstream was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedRedirect {
    /// This status does not say that the same request may be sent again (RFC 9110 section 15.4).
    #[error("the status does not allow to repeat the request")]
    Status,
    /// `Location` is missing, repeated or no URI reference.
    #[error("the Location is missing or malformed")]
    Location,
    /// `Location` names another scheme, host or port.
    #[error("the Location is outside of the upstream")]
    OtherOrigin,
    /// More than three redirects in a row.
    #[error("too many redirects")]
    TooMany,
    /// The request's body was larger than what is remembered for a repetition.
    #[error("the request's body is too large to be repeated")]
    BodyTooLarge,
}

/// What was wrong with an answer that HTTP itself would allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamFault {
    /// Several `Mcp-Session-Id` headers, or one that is not visible ASCII.
    #[error("the answer's Mcp-Session-Id is malformed")]
    SessionId,
    /// A content coding, although only `identity` was asked for.
    #[error("the answer has a content coding that was not asked for")]
    ContentCoding,
    /// An HTTP+SSE stream that does not begin with an `endpoint` at the upstream's own origin, or names a second one.
    #[error("the stream names no endpoint at the upstream's own origin")]
    Endpoint,
    /// A switch of protocols that nobody asked for.
    #[error("the answer switches protocols")]
    Upgrade,
}
