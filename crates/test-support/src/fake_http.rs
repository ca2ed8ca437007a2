//! An [`HttpClient`] in memory: scripted answers per URL, and a record of what was asked.

#![expect(clippy::expect_used, reason = "only tests call it, and a test may panic")]

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use outbound_http::{FetchError, HttpClient, Limits};
use tokio::sync::{Notify, watch};

/// What a URL answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A whole answer.
    Answer {
        /// Its status.
        status: StatusCode,
        /// Its body; longer than the limit of the request it becomes [`FetchError::TooLarge`].
        body: Bytes,
    },
    /// No answer: the host name does not resolve.
    Unresolved,
    /// No answer in time.
    Timeout,
    /// Never anything.
    Never,
    /// The reply inside, once somebody calls `notify_one` or `notify_waiters`.
    Held(Arc<Notify>, Box<Reply>),
}

/// One request as it was sent.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// `GET` or `POST`.
    pub method: http::Method,
    /// The whole URL.
    pub url: String,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The client. Clones share their script and record; a URL without a script answers 404.
#[derive(Clone)]
pub struct FakeHttp {
    state: Arc<Mutex<State>>,
    asked: Arc<watch::Sender<usize>>,
}

#[derive(Default)]
struct State {
    scripts: HashMap<String, VecDeque<Reply>>,
    requests: Vec<Recorded>,
}

impl Reply {
    /// 200 with a JSON document.
    #[must_use]
    pub fn json(document: &serde_json::Value) -> Self {
        Self::Answer { status: StatusCode::OK, body: Bytes::from(document.to_string()) }
    }

    /// 200 with any body.
    #[must_use]
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self::Answer { status: StatusCode::OK, body: body.into() }
    }

    /// Another status, without a body.
    ///
    /// # Panics
    /// Panics when `status` is none.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Answer { status: StatusCode::from_u16(status).expect("a status"), body: Bytes::new() }
    }

    /// This reply, held back until `notify` is notified.
    #[must_use]
    pub fn held(self, notify: &Arc<Notify>) -> Self {
        Self::Held(notify.clone(), Box::new(self))
    }
}

impl FakeHttp {
    /// A client whose every URL answers 404.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Arc::default(), asked: Arc::new(watch::Sender::new(0)) }
    }

    /// From now on `url` answers this, replacing what was scripted before.
    pub fn set(&self, url: &str, reply: Reply) {
        self.state().scripts.insert(url.to_owned(), VecDeque::from([reply]));
    }

    /// `url` answers this after what is scripted already; the last reply of a script repeats.
    pub fn push(&self, url: &str, reply: Reply) {
        self.state().scripts.entry(url.to_owned()).or_default().push_back(reply);
    }

    /// How many requests `url` has got.
    #[must_use]
    pub fn count(&self, url: &str) -> usize {
        self.state().requests.iter().filter(|it| it.url == url).count()
    }

    /// Every request, the oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests.clone()
    }

    /// Waits until `url` has got `count` requests.
    pub async fn wait_for(&self, url: &str, count: usize) {
        let mut asked = self.asked.subscribe();
        while self.count(url) < count {
            let _ = asked.changed().await;
        }
    }

    fn record(&self, request: Request<Bytes>) -> Reply {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let mut state = self.state();
        state.requests.push(Recorded {
            method: parts.method,
            url: url.clone(),
            headers: parts.headers,
            body,
        });
        let script = state.scripts.entry(url).or_default();
        let reply = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
        drop(state);
        self.asked.send_modify(|count| *count += 1);
        reply.unwrap_or_else(|| Reply::status(404))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for FakeHttp {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FakeHttp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FakeHttp")
            .field("requests", &self.state().requests.len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpClient for FakeHttp {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, FetchError> {
        let mut reply = self.record(request);
        loop {
            reply = match reply {
                Reply::Answer { status, body } => return answer(status, body, limits),
                Reply::Unresolved => return Err(FetchError::Unresolved),
                Reply::Timeout => return Err(FetchError::Timeout(Duration::from_secs(5))),
                Reply::Never => std::future::pending().await,
                Reply::Held(notify, inner) => {
                    notify.notified().await;
                    *inner
                }
            }
        }
    }
}

fn answer(status: StatusCode, body: Bytes, limits: Limits) -> Result<Response<Bytes>, FetchError> {
    if body.len() > limits.max_body {
        return Err(FetchError::TooLarge(limits.max_body));
    }
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    Ok(response)
}
