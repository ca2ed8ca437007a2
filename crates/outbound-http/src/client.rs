use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

/// A client for small documents and token requests.
///
/// Implementations follow no redirects and hand over the whole answer, whatever its status.
#[async_trait]
pub trait HttpClient: fmt::Debug + Send + Sync {
    /// Sends `request` and reads the answer whole.
    ///
    /// # Errors
    /// [`FetchError`] when nothing usable came back within `limits`; any HTTP status is an answer, not an error.
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, FetchError>;
}

/// How large and how slow an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a body after decoding; 256 KiB by default.
    pub max_body: usize,
    /// The most time from the call to the last byte; 5 s by default.
    ///
    /// Waiting for a free slot, resolving the name, connecting and TLS all count.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_body: 256 * 1024, timeout: Duration::from_secs(5) }
    }
}

/// Why a request brought no answer.
///
/// The variants are for the operator's log.
/// Towards a stranger who chose the URL they must all look the same, or the gateway becomes a port scanner.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL has no host, or carries a user name or a password.
    #[error("the URL must have a host, and neither user name nor password")]
    InvalidUrl,
    /// The URL is not `https`, and not allowed as a loopback URL.
    #[error("the URL must be https")]
    NotHttps,
    /// The host is, or resolves to, an address that is neither on the public internet nor in a network of
    /// [`OutboundPolicy::allow_networks`](crate::OutboundPolicy::allow_networks).
    #[error("the host is not a public address, nor in a network of `allow_networks`")]
    ForbiddenAddress,
    /// The host has no address.
    #[error("the host name does not resolve")]
    Unresolved,
    /// No answer in time; the value is the bound that was hit.
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    /// The answer is larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The answer is compressed, although only `identity` was accepted.
    #[error("the answer has a content encoding that was not asked for")]
    Encoded,
    /// Connecting, TLS or HTTP failed.
    ///
    /// The source chain never holds the URL.
    #[error("the connection failed")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
}
