//! A client's body on its way to the upstream: bounded in size and in slowness, never kept.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::reason::Reason;

/// How large and how slow the body of a request may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyBounds {
    /// Bytes.
    pub(crate) most: u64,
    /// How long it may pause, with a second more for each KiB that came.
    pub(crate) idle: Duration,
}

/// A body that fails when it grows too large or comes too slowly.
#[derive(Debug)]
pub(crate) struct BoundedBody<B> {
    inner: B,
    left: u64,
    pace: Pace,
    fault: BodyFault,
}

/// Why a body failed, for whoever saw only its consequences.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyFault(Arc<AtomicU8>);

/// A body must keep a mean rate after a first allowance, so a drip cannot hold a connection.
#[derive(Debug)]
struct Pace {
    allowance: Duration,
    /// When the client was first waited for.
    started: Option<Instant>,
    received: u64,
    /// Runs only while nothing is there to read.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// The body was too large or too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request body was refused: {}", .0.code())]
pub(crate) struct BodyRefused(Reason);

impl BodyBounds {
    /// `body` within these bounds, and why it broke them.
    pub(crate) fn apply<B>(self, body: B) -> (BoundedBody<B>, BodyFault) {
        BoundedBody::new(body, self.most, self.idle)
    }
}

impl<B> BoundedBody<B> {
    /// `inner`, of at most `most` bytes, which may pause for `allowance` plus a second for each KiB it has brought.
    pub(crate) fn new(inner: B, most: u64, allowance: Duration) -> (Self, BodyFault) {
        let fault = BodyFault::default();
        let pace = Pace { allowance, started: None, received: 0, deadline: None };
        (Self { inner, left: most, pace, fault: fault.clone() }, fault)
    }
}

impl BodyFault {
    /// Why the body was refused, if it was.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.0.load(Ordering::Relaxed) {
            TOO_LARGE => Some(Reason::BodyTooLarge),
            TOO_SLOW => Some(Reason::BodyTooSlow),
            _ => None,
        }
    }

    fn note(&self, reason: Reason) -> BodyRefused {
        let code = if reason == Reason::BodyTooLarge { TOO_LARGE } else { TOO_SLOW };
        self.0.store(code, Ordering::Relaxed);
        BodyRefused(reason)
    }
}

impl Pace {
    fn poll_too_slow(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let earned = Duration::from_secs(self.received / SLOWEST_BYTES_PER_SECOND);
        let started = *self.started.get_or_insert_with(Instant::now);
        let deadline = started + self.allowance + earned;
        let sleep = self.deadline.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(context)
    }
}

impl<B> Body for BoundedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let Poll::Ready(next) = Pin::new(&mut this.inner).poll_frame(context) else {
            ready!(this.pace.poll_too_slow(context));
            return Poll::Ready(Some(Err(this.fault.note(Reason::BodyTooSlow).into())));
        };
        let Some(frame) = next.transpose().map_err(Into::into)? else { return Poll::Ready(None) };
        let size = frame.data_ref().map_or(0, |it| it.len() as u64);
        let Some(left) = this.left.checked_sub(size) else {
            return Poll::Ready(Some(Err(this.fault.note(Reason::BodyTooLarge).into())));
        };
        this.left = left;
        this.pace.received += size;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

const TOO_LARGE: u8 = 1;
const TOO_SLOW: u8 = 2;
const SLOWEST_BYTES_PER_SECOND: u64 = 1024;

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::{BodyExt, Full, StreamBody};

    use super::*;

    async fn read(size: usize, most: u64) -> (Result<usize, String>, Option<Reason>) {
        let (body, fault) =
            BoundedBody::new(Full::new(Bytes::from(vec![0; size])), most, Duration::from_secs(30));
        let outcome = body.collect().await.map(|it| it.to_bytes().len()).map_err(|it| it.to_string());
        (outcome, fault.reason())
    }

    #[tokio::test]
    async fn e43_a_body_ends_at_its_limit() {
        assert_eq!(read(1024, 1024).await, (Ok(1024), None));
        let (outcome, reason) = read(1025, 1024).await;
        assert!(outcome.is_err());
        assert_eq!(reason, Some(Reason::BodyTooLarge));
    }

    /// A body of `frames` pieces of `size` bytes, one every `interval`.
    async fn drip(frames: usize, size: usize, interval: Duration) -> Option<Reason> {
        let pieces = stream::unfold(0, move |count| async move {
            tokio::time::sleep(interval).await;
            (count < frames)
                .then(|| (Ok::<_, std::io::Error>(Frame::data(Bytes::from(vec![0; size]))), count + 1))
        });
        let (body, fault) =
            BoundedBody::new(Box::pin(StreamBody::new(pieces)), u64::MAX, Duration::from_secs(30));
        body.collect().await.map(drop).unwrap_or_default();
        fault.reason()
    }

    #[tokio::test(start_paused = true)]
    async fn e44_a_dripping_body_is_cut_and_a_slow_one_is_not() {
        assert_eq!(drip(100, 1, Duration::from_secs(1)).await, Some(Reason::BodyTooSlow));
        assert_eq!(drip(100, 2048, Duration::from_secs(1)).await, None);
        assert_eq!(drip(1, 1, Duration::from_secs(29)).await, Some(Reason::BodyTooSlow));
        assert_eq!(drip(1, 1, Duration::from_secs(10)).await, None);
    }
}
