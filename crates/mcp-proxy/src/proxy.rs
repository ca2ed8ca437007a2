use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, Uri, request};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use crate::connector::Connector;
use crate::detached::Detached;
use crate::exchange::Exchange;
use crate::legacy::{MessageAddresses, Opening};
use crate::pace::Pace;
use crate::redirect::{self, MAX_REDIRECTS};
use crate::request_body::{RequestBody, RequestBodyHandle};
use crate::request_headers::{RequestHeaders, check_content_coding, mark_empty};
use crate::response_headers::{EVENT_STREAM, ResponseHeaders, has_media_type};
use crate::session::{MCP_SESSION_ID, McpSessions, OpenedSession};
use crate::target::Target;
use crate::via::ViaMarker;
use crate::{
    BoxError, ForwardError, OnBehalf, ProxyBody, ProxySetupError, RefusedRedirect, SessionKey, UpstreamFault,
    UpstreamSettings, UpstreamTarget, answer,
};

/// Forwards requests to one MCP server.
///
/// It pools connections and keeps no other state; share it behind an `Arc`.
#[derive(Debug)]
pub struct Proxy {
    client: Client<Connector, RequestBody>,
    target: Target,
    request_headers: RequestHeaders,
    response_headers: ResponseHeaders,
    sessions: McpSessions,
    /// Of an upstream that speaks HTTP+SSE.
    messages: Option<MessageAddresses>,
    via: ViaMarker,
    detached: Detached,
    response_timeout: Duration,
    keep_alive: Duration,
}

/// One request, judged and ready to be sent, as often as redirects demand.
struct Call {
    client: request::Parts,
    session: Option<OpenedSession>,
    /// Where it goes first, if not to the endpoint.
    address: Option<Box<Uri>>,
    on_behalf: OnBehalf,
    /// When an event stream ends, reckoned from the request and not from its answer.
    stream_ends: Option<Instant>,
    /// Whether the upstream goes on when the client leaves.
    outlives_client: bool,
}

/// Where an answer came from, after all redirects.
#[derive(Clone, Debug)]
struct CameFrom(Uri);

impl Proxy {
    /// A proxy for one upstream; connects with the first request.
    ///
    /// # Errors
    /// Returns a [`ProxySetupError`] for a target, header or certificate that cannot be used.
    pub fn new(settings: UpstreamSettings, session_key: SessionKey) -> Result<Self, ProxySetupError> {
        if settings.keep_alive < Duration::from_millis(1) {
            return Err(ProxySetupError::KeepAlive);
        }
        let target = Target::new(&settings.target)?;
        let messages = match &settings.target {
            UpstreamTarget::Sse { messages, .. } => {
                let (key, server) = (session_key.clone(), settings.server.clone());
                Some(MessageAddresses::new(key, server, messages.clone(), target.uri()))
            }
            UpstreamTarget::Http(_) | UpstreamTarget::Unix { .. } => None,
        };
        Ok(Self {
            target,
            messages,
            client: client(Connector::new(&settings)?),
            request_headers: RequestHeaders::new(settings.request_headers)?,
            response_headers: ResponseHeaders::new(settings.response_headers)?,
            sessions: McpSessions::new(session_key, settings.server),
            via: ViaMarker::random(),
            detached: Detached::new(settings.max_detached, settings.drain),
            response_timeout: settings.response_timeout.min(LONGEST),
            keep_alive: settings.keep_alive.min(LONGEST),
        })
    }

    /// Sends a request to the upstream and returns its answer as soon as the head is there.
    ///
    /// Of the request, method, headers on the allow-list and body are used; its target is not.
    /// The body is read only when the upstream takes it, so `Expect: 100-continue` is answered by whoever serves the client.
    ///
    /// # Errors
    /// Returns a [`ForwardError`], which carries the status for the client.
    pub async fn forward<B>(
        &self,
        request: Request<B>,
        on_behalf: OnBehalf,
    ) -> Result<Response<ProxyBody>, ForwardError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let now = Instant::now();
        let (client, body) = request.into_parts();
        let call = self.judge(client, on_behalf, now)?;
        let body =
            if has_content(&call.client.method) { RequestBody::new(body) } else { RequestBody::empty() };
        let deadline = now + self.response_timeout;
        let mut answer = self.exchange(&call, body, deadline).await?;
        let opening = match &self.messages {
            Some(messages) if call.client.method == Method::GET => {
                let opening = Box::pin(opening(messages, &call, &mut answer));
                tokio::time::timeout_at(deadline, opening).await.map_err(|_| ForwardError::Timeout)??
            }
            _ => None,
        };
        self.relay(answer, opening, call)
    }

    /// Everything that can be refused without the upstream.
    fn judge(&self, client: request::Parts, on_behalf: OnBehalf, now: Instant) -> Result<Call, ForwardError> {
        if !matches!(client.method, Method::GET | Method::HEAD | Method::POST | Method::DELETE) {
            return Err(ForwardError::Method);
        }
        check_content_coding(&client.headers)?;
        self.via.check(&client.headers)?;
        let address = self.address(&client, &on_behalf.principal)?;
        let session = self.sessions.open(&client.headers, &on_behalf.principal)?;
        let outlives_client = outlives_client(&client.method, &client.headers);
        let stream_ends = on_behalf.stream_until.and_then(|it| now.checked_add(it));
        Ok(Call { client, session, address, on_behalf, stream_ends, outlives_client })
    }

    /// Where a request goes: to the endpoint; or for HTTP+SSE to the stream, or to where messages of this stream go.
    fn address(&self, client: &request::Parts, principal: &str) -> Result<Option<Box<Uri>>, ForwardError> {
        let Some(messages) = &self.messages else { return Ok(None) };
        match (&client.method, messages.are_at(client.uri.path())) {
            (&Method::GET, false) => Ok(None),
            (&Method::POST, true) => {
                let address = messages.open(principal, client.uri.query()).ok_or(ForwardError::Session)?;
                Ok(Some(Box::new(address)))
            }
            _ => Err(ForwardError::Method),
        }
    }

    /// Sends the request, and once more with another credential if the first is refused and there is another.
    async fn exchange(
        &self,
        call: &Call,
        body: RequestBody,
        deadline: Instant,
    ) -> Result<Response<Incoming>, ForwardError> {
        let handle = body.handle();
        let mut answer = self.follow(call, &call.on_behalf.headers, body, &handle, deadline).await?;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Some(renewed) = Box::pin(renewed(call, deadline)).await
            && let Some(body) = handle.again()
        {
            answer = Box::pin(self.follow(call, &renewed, body, &handle, deadline)).await?;
        }
        handle.release();
        Ok(answer)
    }

    /// Sends the request until an answer is no redirect; its head must come before the deadline.
    async fn follow(
        &self,
        call: &Call,
        ours: &HeaderMap,
        body: RequestBody,
        handle: &RequestBodyHandle,
        deadline: Instant,
    ) -> Result<Response<Incoming>, ForwardError> {
        let mut uri = call.address.as_deref().cloned().unwrap_or_else(|| self.target.uri());
        let mut first = Some(body);
        // Addresses of messages belong to one session.
        let mut moves = self.messages.is_none();
        for _ in 0..=MAX_REDIRECTS {
            let body = first.take().or_else(|| handle.again());
            let body = body.ok_or(ForwardError::Redirect(RefusedRedirect::BodyTooLarge))?;
            let mut answer = self.attempt(call, ours, uri.clone(), body, handle, deadline).await?;
            let status = answer.status();
            if !redirect::is_redirect(status) {
                if status == StatusCode::NOT_FOUND {
                    self.target.forget(&uri);
                }
                if self.messages.is_some() {
                    answer.extensions_mut().insert(CameFrom(uri));
                }
                return Ok(answer);
            }
            let next = redirect::resolve(&call.client.method, &uri, status, answer.headers())
                .map_err(ForwardError::Redirect)?;
            moves &=
                status == StatusCode::PERMANENT_REDIRECT && redirect::differs_in_final_slash(&uri, &next);
            uri = next;
            if moves {
                self.target.move_to(uri.clone());
            }
        }
        Err(ForwardError::Redirect(RefusedRedirect::TooMany))
    }

    /// Sends the request once.
    async fn attempt(
        &self,
        call: &Call,
        ours: &HeaderMap,
        uri: Uri,
        body: RequestBody,
        handle: &RequestBodyHandle,
        deadline: Instant,
    ) -> Result<Response<Incoming>, ForwardError> {
        let request = self.outgoing(call, ours, uri, body);
        let if_left = call.outlives_client.then_some(&self.detached);
        let mut exchange = Exchange::new(self.client.request(request), if_left);
        let Ok(answer) = tokio::time::timeout_at(deadline, &mut exchange).await else {
            exchange.abandon();
            return Err(ForwardError::Timeout);
        };
        answer.map_err(|error| handle.failure().unwrap_or_else(|| failure_of(error)))
    }

    fn outgoing(&self, call: &Call, ours: &HeaderMap, uri: Uri, body: RequestBody) -> Request<RequestBody> {
        let method = &call.client.method;
        let mut headers = self.request_headers.pass(method, &call.client.headers);
        self.via.mark(&call.client.headers, &mut headers);
        if body.is_empty() {
            mark_empty(method, &mut headers);
        }
        if let Some(session) = &call.session {
            headers.insert(MCP_SESSION_ID, session.upstream_id().clone());
        }
        if let Some(host) = self.target.host() {
            headers.insert(HOST, host.clone());
        }
        headers.insert(X_REQUEST_ID, call.on_behalf.request_id.clone());
        replace(&mut headers, ours);
        let mut request = Request::new(body);
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        request
    }

    /// The answer as the client may see it.
    fn relay(
        &self,
        answer: Response<Incoming>,
        opening: Option<Opening>,
        call: Call,
    ) -> Result<Response<ProxyBody>, ForwardError> {
        let (head, body) = answer.into_parts();
        answer::check(&head)?;
        let principal = &call.on_behalf.principal;
        let session = self
            .sessions
            .show(&head.headers, principal, call.session.as_ref())
            .map_err(|fault| ForwardError::Protocol(fault.into()))?;
        let mut headers = self.response_headers.pass(head.headers);
        if opening.is_some() {
            // Of the bytes before they were changed.
            headers.remove(CONTENT_LENGTH);
        }
        if let Some(session) = session {
            headers.insert(MCP_SESSION_ID, session);
        }
        if answer::must_be_scrubbed(head.status, &headers) {
            return Ok(answer::scrub(head.status, headers, &call.on_behalf));
        }
        let if_left = call.outlives_client.then(|| self.detached.clone());
        let pace = || {
            let left = call.stream_ends.map(|it| it.saturating_duration_since(Instant::now()));
            Pace::new(self.keep_alive, left, call.on_behalf.cancel)
        };
        let relayed = answer::relay(head.status, headers, body, if_left, pace);
        Ok(match opening {
            Some(opening) => relayed.map(|body| body.opened(opening)),
            None => relayed,
        })
    }
}

/// How the stream of HTTP+SSE begins for this client, if the answer is one.
async fn opening(
    messages: &MessageAddresses,
    call: &Call,
    answer: &mut Response<Incoming>,
) -> Result<Option<Opening>, ForwardError> {
    if !answer.status().is_success() {
        return Ok(None);
    }
    answer::check_coding(answer.headers())?;
    if !has_media_type(answer.headers(), EVENT_STREAM) {
        return Err(ForwardError::Protocol(UpstreamFault::Endpoint.into()));
    }
    let from = answer.extensions_mut().remove::<CameFrom>();
    let CameFrom(from) = from.ok_or(ForwardError::Protocol(UpstreamFault::Endpoint.into()))?;
    Opening::read(answer.body_mut(), messages, &call.on_behalf.principal, &from).await.map(Some)
}

/// The headers with another credential, if there is one before the deadline.
async fn renewed(call: &Call, deadline: Instant) -> Option<HeaderMap> {
    let renewal = call.on_behalf.renewal.as_ref()?;
    tokio::time::timeout_at(deadline, renewal.renew()).await.ok()?
}

fn client(connector: Connector) -> Client<Connector, RequestBody> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .http1_max_buf_size(MAX_READ_BUFFER)
        .http2_initial_stream_window_size(HTTP2_WINDOW)
        .build(connector)
}

/// Replaces what the client sent by what the gateway says, all values of a name at once.
fn replace(headers: &mut HeaderMap, by: &HeaderMap) {
    for name in by.keys() {
        headers.remove(name);
    }
    for (name, value) in by {
        headers.append(name, value.clone());
    }
}

/// GET, HEAD and DELETE of MCP have no content; servers disagree about what it would mean (RFC 9110 section 9.3.1).
fn has_content(method: &Method) -> bool {
    *method == Method::POST
}

/// Whether the upstream request goes on when its client leaves (MCP, basic, cancellation).
///
/// From 2026-07-28 on, and for streams opened by GET, leaving is cancelling; before, it is a lost connection.
/// A revision is compared as a date; what is no date is older than any.
fn outlives_client(method: &Method, client: &HeaderMap) -> bool {
    let is_date = |text: &[u8]| {
        text.len() == 10
            && text.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    let revision = client.get(MCP_PROTOCOL_VERSION).map(http::HeaderValue::as_bytes);
    let leaving_cancels = revision.is_some_and(|text| is_date(text) && text >= b"2026-07-28".as_slice());
    matches!(*method, Method::POST | Method::DELETE) && !leaving_cancels
}

fn failure_of(error: Error) -> ForwardError {
    if !error.is_connect() {
        return ForwardError::Protocol(error.into());
    }
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        if kind == Some(io::ErrorKind::TimedOut) {
            return ForwardError::ConnectTimeout;
        }
        source = cause.source();
    }
    ForwardError::Connect(error.into())
}

const MCP_PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// As good as for ever, and far from where times overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Below the 5 seconds after which Node and uvicorn close, so that a request seldom meets a closing connection.
const POOL_IDLE: Duration = Duration::from_secs(4);
/// Room for a head of 16 KiB, and the most that a slow reader makes hyper keep for one connection.
const MAX_READ_BUFFER: usize = 16 * 1024;
/// The most that a slow reader makes HTTP/2 keep for one stream.
const HTTP2_WINDOW: u32 = 64 * 1024;
