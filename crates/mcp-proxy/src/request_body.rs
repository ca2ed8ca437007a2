use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, LengthLimitError};

use crate::{BoxError, ForwardError};

/// A request's body on its way to the upstream.
///
/// The client's body is read once. What was read is remembered by reference count, up to [`MAX_KEPT`] bytes,
/// until the upstream has answered something other than a redirect or 401; so a redirect can send it [`again`](Self::again).
#[derive(Debug)]
pub(crate) struct RequestBody {
    /// `None` for a request without content.
    source: Option<Arc<Mutex<Source>>>,
    attempt: u8,
    next: usize,
    given: u64,
}

/// What decides about the body once the upstream has answered or failed.
#[derive(Debug)]
pub(crate) struct RequestBodyHandle(Option<Arc<Mutex<Source>>>);

#[derive(Debug)]
struct Source {
    client: UnsyncBoxBody<Bytes, BoxError>,
    size: SizeHint,
    kept: Vec<Bytes>,
    kept_bytes: usize,
    /// Whether `kept` is everything that was read so far.
    complete: bool,
    failure: Option<Failure>,
    attempt: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    TooLarge,
    BrokeOff,
}

impl RequestBody {
    /// The body of no content.
    pub(crate) const fn empty() -> Self {
        Self { source: None, attempt: 0, next: 0, given: 0 }
    }

    pub(crate) fn new<B>(client: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let size = client.size_hint();
        if client.is_end_stream() || size.exact() == Some(0) {
            return Self::empty();
        }
        let source = Source {
            client: client.map_err(Into::into).boxed_unsync(),
            size,
            kept: Vec::new(),
            kept_bytes: 0,
            complete: true,
            failure: None,
            attempt: 0,
        };
        Self { source: Some(Arc::new(Mutex::new(source))), attempt: 0, next: 0, given: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.source.is_none()
    }

    pub(crate) fn handle(&self) -> RequestBodyHandle {
        RequestBodyHandle(self.source.clone())
    }
}

impl RequestBodyHandle {
    /// The same body from its start; the earlier one fails from now on. `None` if too much was read to be remembered.
    pub(crate) fn again(&self) -> Option<RequestBody> {
        let Some(shared) = &self.0 else { return Some(RequestBody::empty()) };
        let mut source = lock(shared);
        if !source.complete {
            return None;
        }
        source.attempt += 1;
        Some(RequestBody { source: Some(Arc::clone(shared)), attempt: source.attempt, next: 0, given: 0 })
    }

    /// Stops remembering. A repetition under way still gets what it has not sent yet.
    pub(crate) fn release(self) {
        let Some(shared) = &self.0 else { return };
        let mut source = lock(shared);
        source.complete = false;
        if source.attempt == 0 {
            source.kept = Vec::new();
        }
    }

    /// Why the client's body failed, if it did: then the failed exchange is not the upstream's fault.
    pub(crate) fn failure(&self) -> Option<ForwardError> {
        let failure = lock(self.0.as_ref()?).failure?;
        Some(match failure {
            Failure::TooLarge => ForwardError::BodyTooLarge,
            Failure::BrokeOff => ForwardError::ClientBody,
        })
    }
}

impl Source {
    fn poll_client(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        loop {
            match ready!(Pin::new(&mut self.client).poll_frame(cx)) {
                // Trailers end here: they would be headers that no rule has seen.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.keep(&data);
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => {
                    let too_large = error.is::<LengthLimitError>();
                    self.failure = Some(if too_large { Failure::TooLarge } else { Failure::BrokeOff });
                    return Poll::Ready(Some(Err(error)));
                }
                None => return Poll::Ready(None),
            }
        }
    }

    fn keep(&mut self, data: &Bytes) {
        if !self.complete {
            return;
        }
        self.kept_bytes += data.len();
        if self.kept_bytes > MAX_KEPT || self.kept.len() >= MAX_KEPT_FRAMES {
            self.complete = false;
            self.kept = Vec::new();
        } else {
            self.kept.push(data.clone());
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let Some(shared) = &this.source else { return Poll::Ready(None) };
        let mut source = lock(shared);
        if source.attempt != this.attempt {
            return Poll::Ready(Some(Err(Superseded.into())));
        }
        let data = match source.kept.get(this.next) {
            Some(data) if this.attempt > 0 => data.clone(),
            _ => match ready!(source.poll_client(cx)) {
                Some(Ok(data)) => data,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            },
        };
        this.next += 1;
        this.given += data.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        let Some(shared) = &self.source else { return true };
        lock(shared).size.exact() == Some(self.given)
    }

    fn size_hint(&self) -> SizeHint {
        let Some(shared) = &self.source else { return SizeHint::with_exact(0) };
        match lock(shared).size.exact() {
            Some(size) => SizeHint::with_exact(size.saturating_sub(self.given)),
            None => SizeHint::default(),
        }
    }
}

/// The request went on elsewhere while this attempt was still being sent.
#[derive(Debug, thiserror::Error)]
#[error("the request was redirected")]
struct Superseded;

/// A poisoned lock guards a body whose reading panicked; the panic is already on its way up.
fn lock(shared: &Mutex<Source>) -> MutexGuard<'_, Source> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many bytes are remembered for a redirect.
const MAX_KEPT: usize = 256 * 1024;
/// How many pieces they may come in: each holds on to the buffer it was read into.
const MAX_KEPT_FRAMES: usize = 1_024;

#[cfg(test)]
mod tests;
