use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response,
    header::{ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT},
    request::Parts,
};
use rustls::RootCertStore;
use tokio::sync::Semaphore;

use crate::{
    FetchError, HttpClient, Limits, OutboundPolicy, answer,
    failure::fetch_error,
    guard::{AdmittedUrl, Guard},
    resolve::{CheckedResolver, Lookup, SystemLookup},
    tls,
};

/// The real [`HttpClient`], which treats every URL as if a stranger had chosen it.
///
/// - `https` only, TLS 1.2 or 1.3, certificates always checked.
/// - Public addresses only, for literal hosts and for every address of a name; exactly those are dialled.
/// - No redirects, no retries, no cookies, no `Referer`, no decompression, no proxy from the environment.
/// - [`Limits`] bound the whole exchange, and at most [`OutboundPolicy::max_concurrent`] run at one time.
///
/// The caller's headers are sent, apart from the framing ones and these two: `User-Agent` is always `mcp-gateway`
/// and `Accept-Encoding` always `identity`.
///
/// Clones are cheap and share connections and slots.
/// A client for URLs that strangers name should not be the one that talks to configured authorization servers:
/// slow hosts of the former would take the slots of the latter.
#[derive(Clone)]
pub struct GuardedClient {
    http: reqwest::Client,
    guard: Guard,
    has_roots: bool,
    slots: Arc<Semaphore>,
}

/// Why a [`GuardedClient`] cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientSetupError {
    /// [`OutboundPolicy::max_concurrent`] is 0, so nothing could ever be sent.
    #[error("the number of concurrent requests must be at least 1")]
    NoSlots,
    /// One of [`OutboundPolicy::extra_roots`] cannot be read as a trust anchor.
    #[error("a configured certificate cannot be a root")]
    Root(#[source] rustls::Error),
    /// The TLS library refused its settings.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The HTTP library refused its settings.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] reqwest::Error),
}

#[derive(Debug, thiserror::Error)]
#[error("no CA certificate is installed on this machine or configured, so no server can be trusted")]
struct NoRoots;

impl GuardedClient {
    /// Reads the system's CA certificates, so this belongs to start-up.
    ///
    /// A machine without any is only a warning in the log; then `https` needs [`OutboundPolicy::extra_roots`].
    ///
    /// # Errors
    /// [`ClientSetupError`] when the policy allows no request at all, holds an unusable certificate,
    /// or a library refuses its settings.
    pub fn new(policy: OutboundPolicy) -> Result<Self, ClientSetupError> {
        let max_concurrent = policy.max_concurrent.min(Semaphore::MAX_PERMITS);
        let guard = Guard::new(policy.allow_loopback, policy.allow_networks);
        let roots = tls::trusted_roots(policy.extra_roots)?;
        Self::assemble(guard, Arc::new(SystemLookup::new(max_concurrent)), roots, max_concurrent)
    }

    pub(crate) fn assemble(
        guard: Guard,
        lookup: Arc<dyn Lookup>,
        roots: RootCertStore,
        max_concurrent: usize,
    ) -> Result<Self, ClientSetupError> {
        if max_concurrent == 0 {
            return Err(ClientSetupError::NoSlots);
        }
        let has_roots = !roots.is_empty();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::client_config(roots)?)
            .dns_resolver(CheckedResolver::new(guard.clone(), lookup))
            .https_only(!guard.allow_loopback)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            // Harmless today; a dependency that turns a codec on must not open a way for bombs.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build()
            .map_err(ClientSetupError::Http)?;
        Ok(Self { http, guard, has_roots, slots: Arc::new(Semaphore::new(max_concurrent)) })
    }

    async fn exchange(
        &self,
        admitted: AdmittedUrl,
        parts: Parts,
        body: Bytes,
        max_body: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        let _slot = self.slots.acquire().await.map_err(|closed| FetchError::Connection(Box::new(closed)))?;
        let mut request = reqwest::Request::new(parts.method, admitted.url().clone());
        *request.headers_mut() = outgoing_headers(parts.headers);
        *request.body_mut() = Some(body.into());
        let answer = self.http.execute(request).await.map_err(fetch_error)?;
        self.guard.admit_peer(&admitted, answer.remote_addr())?;
        answer::read(answer, max_body).await
    }
}

#[async_trait]
impl HttpClient for GuardedClient {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, FetchError> {
        let admitted = self.guard.admit(request.uri())?;
        if !self.has_roots && admitted.url().scheme() == "https" {
            return Err(FetchError::Connection(Box::new(NoRoots)));
        }
        let (parts, body) = request.into_parts();
        let exchange = self.exchange(admitted, parts, body, limits.max_body);
        tokio::time::timeout(limits.timeout, exchange)
            .await
            .unwrap_or(Err(FetchError::Timeout(limits.timeout)))
    }
}

impl fmt::Debug for GuardedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedClient")
            .field("allow_loopback", &self.guard.allow_loopback)
            .field("free_slots", &self.slots.available_permits())
            .finish_non_exhaustive()
    }
}

/// The caller's headers, without those that belong to the connection, and with nothing that tells more about us.
fn outgoing_headers(mut headers: HeaderMap) -> HeaderMap {
    for framing in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(framing);
    }
    headers.insert(USER_AGENT, HeaderValue::from_static("mcp-gateway"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}

/// The most time for resolving, connecting and TLS; a host that takes longer is not worth a slot.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Less than the 5 s after which common servers close, so that a request rarely meets a dying connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
