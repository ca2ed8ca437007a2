//! A streaming reverse proxy for MCP: header hygiene, unbuffered bodies, server-sent events.
//!
//! A [`Proxy`] forwards requests to one MCP server, the upstream, over http, https or a unix socket.
//! It decides nothing about who may call: the caller authenticates and says in [`OnBehalf`] for whom it forwards.
//!
//! What it takes care of:
//! - Whom it calls comes from [`UpstreamSettings`] alone; `Host`, path and query of the client are never used.
//! - Headers pass by allow-list in both directions, so credentials, cookies and identities stop here (RFC 9110 section 7.6.1).
//! - Bodies are streamed, never buffered, parsed or decompressed; server-sent events leave when they arrive,
//!   and an idle stream is kept alive with comments.
//! - MCP session ids of the 2025 revisions are bound to the principal that opened the session.
//! - Redirects within the upstream are followed here and never shown.
//! - A client that goes away cancels the upstream request where the protocol revision says so, and only there.
//!
//! What it leaves out: access decisions, `Origin` and `Host` checks, size limits on bodies, the rendering of errors,
//! logs, and the stdio transport.
//!
//! A `Last-Event-ID` is passed on. Upstreams honour it within an MCP session only, so the check of the session id covers it;
//! an upstream that resumes streams without sessions must bind its event ids to the identity headers it is given.
//!
//! ```
//! use mcp_proxy::{ForwardError, OnBehalf, Proxy, ProxyBody, SessionKey, UpstreamSettings, UpstreamTarget};
//!
//! # fn setup() -> Result<(), Box<dyn std::error::Error>> {
//! let target = UpstreamTarget::Http("http://127.0.0.1:3000/mcp".parse()?);
//! let key = SessionKey::random(&oauth_types::SystemEntropy);
//! let proxy = Proxy::new(UpstreamSettings::new("/mcp", target), key)?;
//! # drop(proxy);
//! # Ok(())
//! # }
//! # setup().unwrap();
//!
//! async fn call(
//!     proxy: &Proxy,
//!     request: http::Request<http_body_util::Full<bytes::Bytes>>,
//! ) -> Result<http::Response<ProxyBody>, ForwardError> {
//!     let request_id = http::HeaderValue::from_static("01J9ZK");
//!     proxy.forward(request, OnBehalf::new("https://as.example alice", request_id)).await
//! }
//! ```

mod answer;
mod connector;
mod detached;
mod error;
mod exchange;
mod header_names;
mod on_behalf;
mod pace;
mod proxy;
mod proxy_body;
mod reason;
mod redirect;
mod request_body;
mod request_headers;
mod response_headers;
mod session;
mod settings;
mod target;
mod via;

pub use error::{ForwardError, RefusedRedirect, UpstreamFault};
pub use on_behalf::OnBehalf;
pub use proxy::Proxy;
pub use proxy_body::ProxyBody;
pub use reason::ForwardReason;
pub use session::SessionKey;
pub use settings::{ProxySetupError, UpstreamSettings, UpstreamTarget};

/// An error of a body or a connection, whatever its type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(test)]
mod tests;
