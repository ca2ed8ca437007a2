use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

pin_project! {
    /// The clock of one event stream: when it must end, and when it has been idle for so long that a comment is due.
    ///
    /// One timer serves both. It is not moved by events; when it fires it looks at what has happened meanwhile.
    #[derive(Debug)]
    pub(crate) struct Pace {
        #[pin]
        timer: Sleep,
        #[pin]
        cancelled: WaitForCancellationFutureOwned,
        // Further reasons to end.
        ends: Vec<Pin<Box<WaitForCancellationFutureOwned>>>,
        keep_alive: Duration,
        ends_at: Option<Instant>,
        last: Instant,
        tail: Tail,
    }
}

/// What an idle stream does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Send a comment.
    KeepAlive,
    /// End the stream.
    End,
}

impl Pace {
    pub(crate) fn new(keep_alive: Duration, until: Option<Duration>, cancel: CancellationToken) -> Self {
        let now = Instant::now();
        // A time that cannot be represented is never reached.
        let ends_at = until.and_then(|until| now.checked_add(until));
        Self {
            timer: sleep_until(earlier(now + keep_alive, ends_at)),
            cancelled: cancel.cancelled_owned(),
            ends: Vec::new(),
            keep_alive,
            ends_at,
            last: now,
            tail: Tail::default(),
        }
    }

    /// The stream ends also when `cancel` is cancelled.
    pub(crate) fn also_end_with(self: Pin<&mut Self>, cancel: CancellationToken) {
        self.project().ends.push(Box::pin(cancel.cancelled_owned()));
    }

    /// Whether the stream must end now, even if the upstream has more.
    pub(crate) fn must_end(self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        let this = self.project();
        this.cancelled.poll(cx).is_ready()
            || this.ends.iter_mut().any(|end| end.as_mut().poll(cx).is_ready())
            || this.ends_at.is_some_and(|end| Instant::now() >= end)
    }

    /// Notes that `bytes` were sent.
    pub(crate) fn saw(self: Pin<&mut Self>, bytes: &[u8]) {
        let this = self.project();
        *this.last = Instant::now();
        this.tail.push(bytes);
    }

    /// What to do while the upstream is silent.
    pub(crate) fn poll_idle(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turn> {
        let mut this = self.project();
        loop {
            ready!(this.timer.as_mut().poll(cx));
            let now = Instant::now();
            if this.ends_at.is_some_and(|end| now >= end) {
                return Poll::Ready(Turn::End);
            }
            let is_due = now.duration_since(*this.last) >= *this.keep_alive;
            let next = if is_due { now } else { *this.last } + *this.keep_alive;
            this.timer.as_mut().reset(earlier(next, *this.ends_at));
            if is_due && this.tail.is_boundary() {
                *this.last = now;
                return Poll::Ready(Turn::KeepAlive);
            }
        }
    }
}

fn earlier(time: Instant, end: Option<Instant>) -> Instant {
    end.map_or(time, |end| end.min(time))
}

/// The last three bytes of a stream, enough to see an empty line, after which an event is complete
/// (WHATWG HTML section 9.2.5). A comment sent anywhere else would end a half-sent event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tail {
    bytes: [u8; 3],
    length: usize,
}

impl Tail {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let new = bytes.get(bytes.len().saturating_sub(3)..).unwrap_or_default();
        for byte in new {
            let [_, second, third] = self.bytes;
            self.bytes = [second, third, *byte];
        }
        self.length = (self.length + new.len()).min(3);
    }

    /// Mixed line ends that leave room for doubt count as no boundary: then no comment is sent.
    pub(crate) fn is_boundary(self) -> bool {
        match self.bytes {
            _ if self.length == 0 => true,
            [_, b'\n', b'\n'] | [_, b'\r', b'\r'] | [b'\n', b'\r', b'\n'] => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
