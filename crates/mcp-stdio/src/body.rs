use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::child::{Attached, Incoming, Piece};
use crate::{BoxError, envelope};

/// The body of an answer: one message, none, or a stream of events.
///
/// Dropped before its end it cancels the request, as the protocol revision of the request demands.
#[derive(Debug)]
pub struct StdioBody(Content);

#[derive(Debug)]
enum Content {
    Whole(Option<Bytes>),
    /// At least one stream; the last of them that ends ends the body.
    Events(Vec<Events>),
}

/// A stream of server-sent events.
#[derive(Debug)]
struct Events {
    first: Option<Piece>,
    incoming: Incoming,
    /// `None` once it has ended.
    attached: Option<Attached>,
    /// Answered with an error when nothing comes; `None` for streams that listen.
    waits: Option<Waits>,
    keep_alive: Duration,
    last: Instant,
    timer: Pin<Box<Sleep>>,
    ends_at: Option<Instant>,
    ends: Vec<Pin<Box<WaitForCancellationFutureOwned>>>,
}

/// A request that must be answered.
#[derive(Debug)]
pub(crate) struct Waits {
    /// Its id as the client wrote it.
    pub(crate) id: Box<str>,
    /// How long the child may be silent about it.
    pub(crate) most: Duration,
}

/// What a stream of events is made of.
#[derive(Debug)]
pub(crate) struct EventParts {
    pub(crate) first: Option<Piece>,
    pub(crate) incoming: Incoming,
    pub(crate) attached: Attached,
    pub(crate) waits: Option<Waits>,
    pub(crate) keep_alive: Duration,
    pub(crate) ends_at: Option<Instant>,
    pub(crate) cancel: CancellationToken,
}

impl StdioBody {
    pub(crate) const fn empty() -> Self {
        Self(Content::Whole(None))
    }

    pub(crate) fn message(text: impl Into<Bytes>) -> Self {
        Self(Content::Whole(Some(text.into())))
    }

    /// One message as a stream of events.
    pub(crate) fn event(text: &Bytes) -> Self {
        Self(Content::Whole(Some(event(text))))
    }

    /// Streams that are one for the client.
    pub(crate) fn events(streams: impl IntoIterator<Item = EventParts>) -> Self {
        Self(Content::Events(streams.into_iter().map(Events::new).collect()))
    }

    /// Whether this is a stream of server-sent events, which may stay open for long.
    #[must_use]
    pub const fn is_event_stream(&self) -> bool {
        matches!(self.0, Content::Events(_))
    }

    /// Ends this stream also when one of `ends` is cancelled; other bodies are left alone.
    #[must_use]
    pub fn ending_with(mut self, ends: impl IntoIterator<Item = CancellationToken>) -> Self {
        let ends: Vec<_> = ends.into_iter().collect();
        for events in self.streams() {
            events.ends.extend(ends.iter().map(|it| Box::pin(it.clone().cancelled_owned())));
        }
        self
    }

    /// Ends the answer and what it waits for, whatever the protocol revision says of clients that leave.
    pub fn abort(mut self) {
        for events in self.streams() {
            events.give_up();
        }
    }

    fn streams(&mut self) -> &mut [Events] {
        match &mut self.0 {
            Content::Whole(_) => &mut [],
            Content::Events(streams) => streams,
        }
    }
}

impl Events {
    fn new(parts: EventParts) -> Self {
        let EventParts { first, incoming, attached, waits, keep_alive, ends_at, cancel } = parts;
        let last = Instant::now();
        let timer = Box::pin(sleep_until(last + keep_alive));
        let ends = vec![Box::pin(cancel.cancelled_owned())];
        Self { first, incoming, attached: Some(attached), waits, keep_alive, last, timer, ends_at, ends }
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.attached.is_none() {
            return Poll::Ready(None);
        }
        if self.must_end(context) {
            self.attached = None;
            return Poll::Ready(None);
        }
        let polled = match self.first.take() {
            Some(piece) => Poll::Ready(Some(piece)),
            None => self.incoming.poll_next(context),
        };
        match polled {
            Poll::Ready(Some(Piece::Message(text))) => {
                self.last = Instant::now();
                Poll::Ready(Some(event(&text)))
            }
            Poll::Ready(Some(Piece::Answer(text, _))) => {
                self.attached = None;
                Poll::Ready(Some(event(&text)))
            }
            Poll::Ready(Some(Piece::Ended) | None) => {
                self.attached = None;
                Poll::Ready(self.failure(envelope::ended))
            }
            Poll::Pending => self.poll_silence(context),
        }
    }

    /// Whether the stream must end now, even if there is more.
    fn must_end(&mut self, context: &mut Context<'_>) -> bool {
        self.ends_at.is_some_and(|it| it <= Instant::now())
            || self.ends.iter_mut().any(|it| it.as_mut().poll(context).is_ready())
    }

    /// What to do while nothing comes: comments, the end of the stream's time, or of the patience with the child.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut is_due = false;
        loop {
            let now = Instant::now();
            if self.ends_at.is_some_and(|it| it <= now) {
                self.attached = None;
                return Poll::Ready(None);
            }
            let patience = self.waits.as_ref().map(|it| self.last + it.most);
            if patience.is_some_and(|it| it <= now) {
                self.give_up();
                return Poll::Ready(self.failure(envelope::timed_out));
            }
            if is_due {
                return Poll::Ready(Some(Bytes::from_static(COMMENT)));
            }
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            is_due = now.duration_since(self.last) >= self.keep_alive;
            let next = [Some(now + self.keep_alive), self.ends_at, patience].into_iter().flatten().min();
            self.timer.as_mut().reset(next.unwrap_or(now + self.keep_alive));
        }
    }

    /// The answer that a request has when the child gave none.
    fn failure(&mut self, error: fn(&str) -> String) -> Option<Bytes> {
        let waits = self.waits.take()?;
        Some(event(&Bytes::from(error(&waits.id))))
    }

    fn give_up(&mut self) {
        if let Some(mut attached) = self.attached.take() {
            attached.give_up();
        }
    }
}

impl Body for StdioBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let data = match &mut self.get_mut().0 {
            Content::Whole(text) => Poll::Ready(text.take()),
            Content::Events(streams) => poll_any(streams, context),
        };
        data.map(|it| it.map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Content::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(text) => SizeHint::with_exact(text.as_ref().map_or(0, |it| it.len() as u64)),
            Content::Events(_) => SizeHint::default(),
        }
    }
}

/// The next piece of any stream; `None` when all have ended.
fn poll_any(streams: &mut Vec<Events>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
    let mut at = 0;
    while let Some(events) = streams.get_mut(at) {
        match events.poll_data(context) {
            Poll::Ready(Some(data)) => {
                // The others come first the next time.
                streams.rotate_left(at + 1);
                return Poll::Ready(Some(data));
            }
            Poll::Ready(None) => drop(streams.remove(at)),
            Poll::Pending => at += 1,
        }
    }
    if streams.is_empty() { Poll::Ready(None) } else { Poll::Pending }
}

/// One event; a message has no line break in it.
fn event(text: &Bytes) -> Bytes {
    let mut event = Vec::with_capacity(text.len() + 8);
    event.extend_from_slice(b"data: ");
    event.extend_from_slice(text);
    event.extend_from_slice(b"\n\n");
    event.into()
}

/// A comment and the empty line that completes it, which every reader of event streams skips.
const COMMENT: &[u8] = b":\n\n";
