//! A scripted MCP server that remembers what it was sent.
//!
//! Tests learn what happened by channels, never by waiting: [`Events`] says when an event was taken and when the
//! reader left, [`Answer::never`] when the request was given up.

#![expect(clippy::expect_used, reason = "a test whose upstream cannot be set up must fail")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::serve::ListenerExt;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

/// One request as the upstream saw it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The method of the request line.
    pub method: Method,
    /// The target of the request line, or of the pseudo headers.
    pub uri: Uri,
    /// HTTP/1.1 or HTTP/2.
    pub version: Version,
    /// Every header, `Host` included.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Recorded {
    /// The one value of a header.
    ///
    /// # Panics
    /// If it is there several times or is no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        assert!(values.next().is_none(), "several {name} headers: {:?}", self.headers);
        Some(value.to_str().expect("a header of this test is text"))
    }
}

/// An HTTP server that records each request and then answers by its script. Stops when dropped.
#[derive(Debug)]
pub struct RecordingUpstream {
    address: Option<SocketAddr>,
    recorder: Recorder,
    server: Option<AbortHandle>,
}

type Script = Box<dyn FnMut(&Recorded) -> Answer + Send>;

#[derive(Clone)]
struct Recorder {
    requests: Arc<Mutex<Vec<Recorded>>>,
    connections: Arc<AtomicUsize>,
    script: Arc<Mutex<Script>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Recorder").field("requests", &self.requests).finish_non_exhaustive()
    }
}

impl RecordingUpstream {
    /// Listens on a free port of 127.0.0.1 and asks `script` for each answer.
    ///
    /// # Panics
    /// If no port can be opened.
    pub async fn start(script: impl FnMut(&Recorded) -> Answer + Send + 'static) -> Self {
        let mut upstream = Self::unserved(script);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        upstream.address = listener.local_addr().ok();
        let router = upstream.router();
        let connections = Arc::clone(&upstream.recorder.connections);
        let listener = listener.tap_io(move |_| {
            connections.fetch_add(1, Ordering::Relaxed);
        });
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        upstream.server = Some(server.abort_handle());
        upstream
    }

    /// Gives the answers in their order, and 500 when there are no more.
    pub async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers = answers.into_iter().collect::<std::collections::VecDeque<_>>();
        Self::start(move |_| answers.pop_front().unwrap_or_else(|| Answer::status(500))).await
    }

    /// As [`start`](Self::start), on a unix socket.
    ///
    /// # Panics
    /// If the socket cannot be made.
    pub fn start_unix(socket: &Path, script: impl FnMut(&Recorded) -> Answer + Send + 'static) -> Self {
        let mut upstream = Self::unserved(script);
        let listener = UnixListener::bind(socket).expect("a socket path that is free and short");
        let router = upstream.router();
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        upstream.server = Some(server.abort_handle());
        upstream
    }

    /// An upstream whose [`router`](Self::router) somebody else serves, for example over TLS.
    pub fn unserved(script: impl FnMut(&Recorded) -> Answer + Send + 'static) -> Self {
        let requests = Arc::default();
        let script: Script = Box::new(script);
        Self {
            address: None,
            recorder: Recorder {
                requests,
                connections: Arc::default(),
                script: Arc::new(Mutex::new(script)),
            },
            server: None,
        }
    }

    /// Records and answers every request.
    pub fn router(&self) -> Router {
        Router::new().fallback(record_and_answer).with_state(self.recorder.clone())
    }

    /// Where it listens.
    ///
    /// # Panics
    /// If it does not listen on TCP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address.expect("an upstream that was started on TCP")
    }

    /// Its address with `path`, as a URI.
    ///
    /// # Panics
    /// If it does not listen on TCP, or `path` is no path.
    #[must_use]
    pub fn uri(&self, path: &str) -> Uri {
        format!("http://{}{path}", self.address()).parse().expect("a valid path")
    }

    /// Every request so far, in the order of their ends.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.recorder.requests).clone()
    }

    /// How many TCP connections it has accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.recorder.connections.load(Ordering::Relaxed)
    }

    /// The only request so far.
    ///
    /// # Panics
    /// If there was none or more than one.
    #[must_use]
    pub fn request(&self) -> Recorded {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().expect("one request")
    }
}

impl Drop for RecordingUpstream {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

async fn record_and_answer(State(recorder): State<Recorder>, incoming: Request) -> Response {
    let (head, body) = incoming.into_parts();
    // A request whose body breaks off is no request: nothing is recorded.
    let Ok(body) = to_bytes(body, usize::MAX).await else { return status_only(StatusCode::BAD_REQUEST) };
    let request =
        Recorded { method: head.method, uri: head.uri, version: head.version, headers: head.headers, body };
    let answer = (lock(&recorder.script))(&request);
    lock(&recorder.requests).push(request);
    answer.give().await
}

/// What the upstream answers.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    gate: Gate,
}

#[derive(Debug)]
enum Gate {
    Open,
    Until(oneshot::Receiver<()>),
    /// Dropped with the request, which its other end notices.
    Shut(oneshot::Sender<()>),
}

impl Answer {
    /// 200 with this JSON text.
    #[must_use]
    pub fn json(text: &str) -> Self {
        Self::of(text.to_owned()).header(CONTENT_TYPE.as_str(), "application/json")
    }

    /// This status without a body.
    ///
    /// # Panics
    /// If `status` is no status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::of(Body::empty()).with_status(status)
    }

    /// A redirect to `location`.
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header(LOCATION.as_str(), location)
    }

    /// 200 with server-sent events that the test sends.
    #[must_use]
    pub fn events() -> (Events, Self) {
        let (events, answer) = Self::stream();
        (events, answer.header(CONTENT_TYPE.as_str(), "text/event-stream"))
    }

    /// 200 with a body of unknown length that the test sends, without a content type.
    #[must_use]
    pub fn stream() -> (Events, Self) {
        let (sender, mut receiver) = mpsc::channel(1);
        let frames = futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx));
        (Events(sender), Self::of(Body::from_stream(frames)))
    }

    /// No answer, ever. The receiver fails when the request is given up.
    #[must_use]
    pub fn never() -> (oneshot::Receiver<()>, Self) {
        let (alive, gone) = oneshot::channel();
        (gone, Self { gate: Gate::Shut(alive), ..Self::status(500) })
    }

    /// The same answer, held back until the sender is used.
    #[must_use]
    pub fn held(mut self) -> (oneshot::Sender<()>, Self) {
        let (release, released) = oneshot::channel();
        self.gate = Gate::Until(released);
        (release, self)
    }

    /// The same answer with one more header.
    ///
    /// # Panics
    /// If `name` or `value` cannot be sent.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a header name");
        let value = HeaderValue::try_from(value).expect("a header value");
        self.response.headers_mut().append(name, value);
        self
    }

    /// The same answer with another status.
    ///
    /// # Panics
    /// If `status` is no status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        *self.response.status_mut() = StatusCode::from_u16(status).expect("a status");
        self
    }

    /// The same answer with another body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Self {
        *self.response.body_mut() = body.into();
        self
    }

    fn of(body: impl Into<Body>) -> Self {
        Self { response: Response::new(body.into()), gate: Gate::Open }
    }

    async fn give(self) -> Response {
        match self.gate {
            Gate::Open => {}
            // Released or forgotten by the test: either way it is time.
            Gate::Until(released) => drop(released.await),
            Gate::Shut(_alive) => std::future::pending().await,
        }
        self.response
    }
}

/// The sending side of a streamed answer. Dropping it ends the answer properly.
#[derive(Clone, Debug)]
pub struct Events(mpsc::Sender<Result<Bytes, std::io::Error>>);

impl Events {
    /// Sends these bytes; returns when the one before was taken by the connection.
    ///
    /// # Errors
    /// Fails when the reader has gone.
    pub async fn send(&self, bytes: impl Into<Bytes>) -> Result<(), Gone> {
        self.0.send(Ok(bytes.into())).await.map_err(|_| Gone)
    }

    /// Breaks the connection in the middle of the answer.
    ///
    /// # Errors
    /// Fails when the reader has gone already.
    pub async fn break_off(self) -> Result<(), Gone> {
        self.0.send(Err(std::io::Error::other("broken by the test"))).await.map_err(|_| Gone)
    }

    /// Returns when the reader of the answer has gone.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

/// The reader of a streamed answer has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

fn status_only(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
