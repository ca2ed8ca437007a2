use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;

use crate::BoxError;
use crate::detached::Detached;
use crate::legacy::{EndpointGuard, Opening};
use crate::pace::{Pace, Turn};

/// The body of a forwarded answer: the upstream's bytes as they arrive.
///
/// Dropped before its end it cancels the upstream request, or reads it on in the background,
/// as the protocol revision of the request demands.
#[derive(Debug)]
pub struct ProxyBody {
    /// `None` once it ended.
    upstream: Option<Incoming>,
    /// A text that replaces the upstream's, or the beginning of its stream.
    text: Option<Bytes>,
    /// For event streams only; boxed, because most answers are none.
    pace: Option<Pin<Box<Pace>>>,
    /// For streams of HTTP+SSE only.
    guard: Option<EndpointGuard>,
    if_left: Option<Detached>,
}

impl ProxyBody {
    pub(crate) fn upstream(body: Incoming, if_left: Option<Detached>) -> Self {
        Self { upstream: Some(body), text: None, pace: None, guard: None, if_left }
    }

    pub(crate) fn events(body: Incoming, if_left: Option<Detached>, pace: Pace) -> Self {
        Self { upstream: Some(body), text: None, pace: Some(Box::pin(pace)), guard: None, if_left }
    }

    /// The same stream after its `opening`, which has been read already.
    pub(crate) fn opened(mut self, opening: Opening) -> Self {
        if let Some(pace) = &mut self.pace {
            pace.as_mut().saw(&opening.bytes);
        }
        self.text = Some(opening.bytes);
        self.guard = Some(opening.guard);
        self
    }

    pub(crate) fn text(text: String) -> Self {
        Self { upstream: None, text: Some(text.into()), pace: None, guard: None, if_left: None }
    }

    /// Whether this is a stream of server-sent events, which may stay open for long.
    #[must_use]
    pub const fn is_event_stream(&self) -> bool {
        self.pace.is_some()
    }

    /// Ends this stream, here and at the upstream, also when one of `ends` is cancelled; other bodies are left alone.
    #[must_use]
    pub fn ending_with(mut self, ends: impl IntoIterator<Item = CancellationToken>) -> Self {
        if let Some(pace) = &mut self.pace {
            ends.into_iter().for_each(|it| pace.as_mut().also_end_with(it));
        }
        self
    }

    /// Ends the answer here and at the upstream, whatever the protocol revision says of clients that leave.
    pub fn abort(mut self) {
        self.upstream = None;
    }

    /// The next data of the upstream. Trailers are dropped: they would be headers that no rule has seen.
    fn poll_upstream(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        let Some(upstream) = &mut self.upstream else { return Poll::Ready(None) };
        loop {
            let outcome = match ready!(Pin::new(&mut *upstream).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => return Poll::Ready(Some(Ok(data))),
                    Err(_) => continue,
                },
                Some(Err(error)) => Some(Err(error.into())),
                None => None,
            };
            self.upstream = None;
            return Poll::Ready(outcome);
        }
    }

    fn poll_events(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        if self.pace.as_mut().is_some_and(|pace| pace.as_mut().must_end(cx)) {
            return self.end();
        }
        let outcome = self.poll_upstream(cx);
        let Some(pace) = &mut self.pace else { return outcome };
        match outcome {
            Poll::Ready(outcome) => {
                if let (Some(Ok(data)), Some(guard)) = (&outcome, &mut self.guard)
                    && !guard.lets_pass(data)
                {
                    return self.end();
                }
                if let Some(Ok(data)) = &outcome {
                    pace.as_mut().saw(data);
                }
                Poll::Ready(outcome)
            }
            Poll::Pending => match ready!(pace.as_mut().poll_idle(cx)) {
                Turn::KeepAlive => Poll::Ready(Some(Ok(Bytes::from_static(COMMENT)))),
                Turn::End => self.end(),
            },
        }
    }

    /// Ends the stream here and at the upstream: nobody may read it any more.
    fn end<T>(&mut self) -> Poll<Option<T>> {
        self.upstream = None;
        Poll::Ready(None)
    }
}

impl Body for ProxyBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if let Some(text) = this.text.take() {
            return Poll::Ready(Some(Ok(Frame::data(text))));
        }
        let outcome = if this.pace.is_some() { this.poll_events(cx) } else { this.poll_upstream(cx) };
        outcome.map(|data| data.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.text.is_none() && self.upstream.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.text, &self.upstream) {
            (Some(text), _) if self.pace.is_none() => SizeHint::with_exact(text.len() as u64),
            (Some(_), None) => SizeHint::default(),
            (None, None) => SizeHint::with_exact(0),
            // Comments come on top of what the upstream announced.
            (_, Some(_)) if self.pace.is_some() => SizeHint::default(),
            (_, Some(upstream)) => upstream.size_hint(),
        }
    }
}

impl Drop for ProxyBody {
    fn drop(&mut self) {
        if let (Some(upstream), Some(detached)) = (self.upstream.take(), &self.if_left)
            && !upstream.is_end_stream()
        {
            detached.drain(upstream);
        }
    }
}

/// A comment and the empty line that completes it, which every reader of event streams skips.
const COMMENT: &[u8] = b":\n\n";
