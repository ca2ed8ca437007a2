use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, Uri};
use rustls_pki_types::CertificateDer;

/// Where one upstream is and how it is spoken to.
///
/// [`new`](Self::new) fills in the defaults.
#[derive(Clone, Debug)]
pub struct UpstreamSettings {
    /// Names the protected server among those that share a [`SessionKey`](crate::SessionKey), for example by its path.
    ///
    /// MCP session ids are bound to it: the id of one server is unknown at another.
    pub server: String,
    /// The MCP endpoint of the upstream.
    pub target: UpstreamTarget,
    /// Certificates of authorities trusted for `https`, besides those of the system. None by default.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// How long name resolution, connecting and the TLS handshake may take together. 5 seconds by default.
    pub connect_timeout: Duration,
    /// How long the upstream may take until the head of its answer, counted from the start of the request.
    /// 5 minutes by default, because tools may be slow.
    pub response_timeout: Duration,
    /// Request headers let through besides the allow-list. None by default.
    pub request_headers: Vec<HeaderName>,
    /// Response headers let through besides the allow-list. None by default.
    pub response_headers: Vec<HeaderName>,
    /// How long an event stream is idle before a comment is sent. 15 seconds by default, at least 1 millisecond.
    pub keep_alive: Duration,
    /// How long an answer is read on after its client left, where leaving does not cancel (MCP up to 2025-11-25).
    /// 5 minutes by default.
    pub drain: Duration,
    /// How many such answers are read on at once; beyond that the upstream request is dropped. 1,024 by default.
    pub max_detached: usize,
}

impl UpstreamSettings {
    /// The defaults for `target`, which is protected under the name `server`.
    #[must_use]
    pub fn new(server: impl Into<String>, target: UpstreamTarget) -> Self {
        Self {
            server: server.into(),
            target,
            extra_roots: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(300),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            keep_alive: Duration::from_secs(15),
            drain: Duration::from_secs(300),
            max_detached: 1_024,
        }
    }
}

/// The MCP endpoint of an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamTarget {
    /// An absolute `http` or `https` URI without user information; its path and query are used as they are.
    Http(Uri),
    /// The stream of the HTTP+SSE transport of MCP 2024-11-05: an absolute `http` or `https` URI as above.
    Sse {
        /// Where the stream is.
        stream: Uri,
        /// The path under which clients of the proxy post their messages; requests to it name it exactly.
        messages: String,
    },
    /// HTTP over a unix socket.
    Unix {
        /// The socket's path in the file system.
        socket: PathBuf,
        /// Path and query of the endpoint, starting with `/`.
        path: String,
    },
}

/// Why a [`Proxy`](crate::Proxy) cannot be built from its settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxySetupError {
    /// The target's scheme is neither `http` nor `https`.
    #[error("the upstream must be an absolute http or https URI")]
    Scheme,
    /// The target carries a user name or a password.
    #[error("the upstream's URI must not carry credentials")]
    Credentials,
    /// The path of a unix target does not start with `/` or has characters that no path may have.
    #[error("the upstream's path must start with / and be a valid path")]
    Path,
    /// `keep_alive` is below one millisecond.
    #[error("the keep-alive interval must be at least one millisecond")]
    KeepAlive,
    /// A request header that must never be let through.
    #[error("the request header {0} must not be let through")]
    RequestHeader(HeaderName),
    /// A response header that must never be let through.
    #[error("the response header {0} must not be let through")]
    ResponseHeader(HeaderName),
    /// No authority is trusted: the system has none and none was added.
    #[error("no certificate authority is trusted, so https cannot be used")]
    NoRoots,
    /// The TLS library refused a certificate or its own set-up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}
