//! Lists on their way to somebody who may not use all that is in them.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use mcp_message::Operation;
use mcp_policy::{Expected, FilterFault, ListKind, ListPolicy, Listed, StreamFilter, filter_json};

use super::{ListUse, Permitted, Policy, ProtectedServer};
use crate::{reason::Reason, refusal::Refusal, request_id::RequestId};

/// The lists in an answer, before anybody reads it.
#[derive(Debug)]
pub(super) struct Lists {
    expected: Expected,
    policy: Arc<Policy>,
}

/// What may be read in the answer to a request.
#[derive(Debug)]
struct ListView {
    expected: Expected,
    reader: Box<dyn Reader>,
    request_id: RequestId,
}

/// Whoever reads the answer.
trait Reader: ListPolicy + fmt::Debug + Send + Sync {}

/// Somebody who was permitted to ask for it, by the rules of the server.
#[derive(Debug)]
struct PermittedReader {
    policy: Arc<Policy>,
    permitted: Permitted,
}

/// Why an answer is not passed on.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("the type of the answer is neither JSON nor an event stream")]
    Type,
    #[error("the answer is too large or broke off")]
    Body,
    #[error(transparent)]
    Content(#[from] FilterFault),
}

/// What the answer to these operations may hold, if lists may be in it.
///
/// A stream that is opened by GET brings anything: what servers of older revisions answer there, and what they repeat.
fn expected(operations: &[Operation<'_>]) -> Option<Expected> {
    let kinds = || operations.iter().filter_map(|it| ListKind::of_method(&it.method));
    match operations {
        [stream] if stream.method == Method::GET.as_str() => Some(Expected::Anything),
        [_] => kinds().next().map(Expected::List),
        _ => kinds().next().map(|_| Expected::Anything),
    }
}

impl ProtectedServer {
    /// The lists that the answer to a request may hold, if anything shall become of them.
    pub(super) fn lists_in_answer(&self, permitted: &Permitted) -> Option<Lists> {
        let policy = self.policy().filter(|it| it.lists() != ListUse::Unread)?;
        let expected = expected(permitted.asked()?.operations())?;
        Some(Lists { expected, policy: Arc::clone(policy) })
    }
}

impl Lists {
    /// The answer with what `permitted` may read of it.
    ///
    /// # Errors
    /// 502 for whatever cannot be understood.
    pub(super) async fn reduce(
        self,
        permitted: Permitted,
        request_id: RequestId,
        response: Response,
    ) -> Result<Response, Refusal> {
        let reader = Box::new(PermittedReader { policy: self.policy, permitted });
        ListView { expected: self.expected, reader, request_id }.reduce(response).await
    }
}

impl ListView {
    /// The answer with what may be read of it; refusals of the upstream stay as they are.
    ///
    /// # Errors
    /// 502 for whatever cannot be understood.
    async fn reduce(self, response: Response) -> Result<Response, Refusal> {
        if !response.status().is_success() || response.body().is_end_stream() {
            return Ok(response);
        }
        if response.status() == StatusCode::ACCEPTED {
            return Ok(without_body(response));
        }
        let reduced = match Media::of(response.headers()) {
            Some(Media::Json) => self.reduce_json(response).await,
            Some(Media::Events) => self.reduce_events(response).await,
            None => Err(Unreadable::Type),
        };
        reduced.map_err(|fault| Refusal::from(Reason::ListUnreadable).with_detail(&fault.to_string()))
    }

    async fn reduce_json(self, response: Response) -> Result<Response, Unreadable> {
        let (mut head, body) = response.into_parts();
        let body = Limited::new(body, MOST_LIST).collect().await.map_err(|_| Unreadable::Body)?.to_bytes();
        let body = if body.is_empty() {
            body
        } else {
            filter_json(&body, self.expected, &*self.reader)?.map_or(body, Bytes::from)
        };
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        Ok(Response::from_parts(head, Body::from(body)))
    }

    async fn reduce_events(self, response: Response) -> Result<Response, Unreadable> {
        let waits = matches!(self.expected, Expected::List(_));
        let (head, body) = response.into_parts();
        let mut stream = ListStream::new(body, self);
        if waits {
            stream.begin().await?;
        }
        Ok(Response::from_parts(head, Body::new(stream)))
    }
}

impl Reader for PermittedReader {}

impl ListPolicy for PermittedReader {
    fn may_use(&self, listed: &Listed<'_>) -> bool {
        self.policy.may_use(self.permitted.principal(), listed)
    }

    fn learn(&self, listed: &Listed<'_>) {
        self.policy.learn(listed);
    }

    fn reduces(&self) -> bool {
        self.policy.lists() == ListUse::Reduced
    }
}

/// Servers of 2024-11-05 answer on another stream, and 202 here, with a word that no client reads.
fn without_body(response: Response) -> Response {
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_TYPE);
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
    Response::from_parts(head, Body::empty())
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    Json,
    Events,
}

impl Media {
    /// `None` for every other form, and for what readers may take for another one.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::CONTENT_TYPE).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let mut parts = value.to_str().ok()?.split(';').map(str::trim);
        let media_type = parts.next()?.to_ascii_lowercase();
        let is_utf8 = |it: &str| {
            let it = it.to_ascii_lowercase();
            it.strip_prefix("charset=").is_none_or(|it| matches!(it.trim_matches('"'), "utf-8" | "utf8"))
        };
        match media_type.as_str() {
            _ if !parts.all(is_utf8) => None,
            "application/json" => Some(Self::Json),
            "text/event-stream" => Some(Self::Events),
            _ => None,
        }
    }
}

/// An event stream with what may be read of its lists.
#[derive(Debug)]
struct ListStream {
    /// Gone when the stream has ended.
    inner: Option<Body>,
    filter: StreamFilter,
    view: ListView,
    /// What passed before the answer began.
    first: Option<Bytes>,
}

impl ListStream {
    fn new(inner: Body, view: ListView) -> Self {
        let filter = StreamFilter::new(view.expected, MOST_LIST);
        Self { inner: Some(inner), filter, view, first: None }
    }

    /// Waits for the first bytes that may pass, so that what cannot be understood at all is refused and not cut.
    async fn begin(&mut self) -> Result<(), Unreadable> {
        self.first = poll_fn(|context| self.poll_passed(context)).await.transpose()?;
        Ok(())
    }

    fn poll_passed(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Unreadable>>> {
        while let Some(inner) = &mut self.inner {
            let passed = match ready!(Pin::new(inner).poll_frame(context)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    self.filter.push(&data, &*self.view.reader).map_err(Unreadable::from)
                }
                Some(Err(_)) => Err(Unreadable::Body),
                None => {
                    self.inner = None;
                    self.filter.finish(&*self.view.reader).map_err(Unreadable::from)
                }
            };
            match passed {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Poll::Ready(Some(Ok(bytes.into()))),
                Err(fault) => {
                    self.inner = None;
                    return Poll::Ready(Some(Err(fault)));
                }
            }
        }
        Poll::Ready(None)
    }
}

impl HttpBody for ListStream {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let passed = ready!(self.poll_passed(context));
        Poll::Ready(passed.map(|passed| {
            passed.map(Frame::data).map_err(|fault| {
                let (request_id, reason) = (self.view.request_id, Reason::ListUnreadable.code());
                tracing::warn!(request.id = %request_id, reason, error = %fault, "the stream is cut");
                axum::Error::new(fault)
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.inner.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// The largest list, or event, that is read.
const MOST_LIST: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests;
