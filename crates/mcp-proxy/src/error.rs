use http::StatusCode;

use crate::BoxError;

/// Why a request was not forwarded, or its answer not passed on.
///
/// The client is shown [`status`](Self::status) and no more; [`code`](Self::code) and the chain of sources are for the log.
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
    /// The reason code for logs and metrics, from a closed list.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Method => "method_not_allowed",
            Self::ContentCoding => "request_content_coding",
            Self::Loop => "upstream_loop",
            Self::Session => "mcp_session_unknown",
            Self::BodyTooLarge => "request_body_too_large",
            Self::ClientBody => "request_body_broken",
            Self::Connect(_) => "upstream_unreachable",
            Self::ConnectTimeout => "upstream_connect_timeout",
            Self::Timeout => "upstream_timeout",
            Self::Redirect(_) => "upstream_redirect",
            Self::Unauthorized => "upstream_unauthorized",
            Self::Protocol(_) => "upstream_protocol",
        }
    }

    /// The status for the client.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentCoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Loop => StatusCode::LOOP_DETECTED,
            Self::Session => StatusCode::NOT_FOUND,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ClientBody => StatusCode::BAD_REQUEST,
            Self::ConnectTimeout | Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Connect(_) | Self::Redirect(_) | Self::Unauthorized | Self::Protocol(_) => {
                StatusCode::BAD_GATEWAY
            }
        }
    }

    /// What the operator can do about it, for the documentation.
    #[must_use]
    pub const fn explanation(&self) -> &'static str {
        match self {
            Self::Method => "MCP uses POST, GET and DELETE; the client used another method",
            Self::ContentCoding => "the client compressed its request; MCP clients send plain JSON",
            Self::Loop => "the upstream's address is the gateway itself; correct `upstream`",
            Self::Session => {
                "the MCP session ended with a restart or belongs to another user; clients open a new one"
            }
            Self::BodyTooLarge => "the request is larger than the configured limit",
            Self::ClientBody => "the client went away, or broke HTTP, while it sent its request",
            Self::Connect(_) => {
                "nothing listens at the upstream's address, or its certificate is not trusted"
            }
            Self::ConnectTimeout => "the upstream's host does not answer; check address and firewall",
            Self::Timeout => "the upstream took longer than the configured response time",
            Self::Redirect(_) => {
                "the upstream redirects to another address; configure its final address as `upstream`"
            }
            Self::Unauthorized => {
                "the upstream wants a credential that the gateway does not send; configure one"
            }
            Self::Protocol(_) => "the upstream crashed or does not speak HTTP as it should; see its own log",
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
    /// A switch of protocols that nobody asked for.
    #[error("the answer switches protocols")]
    Upgrade,
}
