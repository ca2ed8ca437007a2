//! One connection: counted, without Nagle's delay, and ended when its peer stops reading or asking.

use std::{
    future::{self, Future, Ready},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum_server::accept::Accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep_until},
};

use crate::exchanges::{Exchanges, Overdue, Patience};

/// A service of one connection.
pub(crate) trait ForConnection {
    /// Its requests in flight.
    fn exchanges(&self) -> Exchanges;
}

/// Admits at most a fixed number of connections at a time and wraps each in a [`GuardedStream`].
#[derive(Clone, Debug)]
pub(crate) struct ConnectionGuard {
    free: Arc<Semaphore>,
    patience: Patience,
}

impl ConnectionGuard {
    /// `most` connections at once, each cut when its peer has taken nothing of what we have to send for so long, and
    /// ended when it has asked for nothing for so long.
    pub(crate) fn new(most: usize, patience: Patience) -> Self {
        Self { free: Arc::new(Semaphore::new(most)), patience }
    }
}

impl<S: ForConnection> Accept<TcpStream, S> for ConnectionGuard {
    type Stream = GuardedStream<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() else {
            return future::ready(Err(io::Error::other("too many connections")));
        };
        let guarded = GuardedStream::new(stream, self.patience, service.exchanges(), Some(permit));
        future::ready(guarded.inner.set_nodelay(true).map(|()| (guarded, service)))
    }
}

/// A stream that fails when its peer takes nothing for too long, be it of the socket or of its HTTP/2 streams, and
/// that comes to its end when the peer has no request in flight for too long, whatever else it sends.
#[derive(Debug)]
pub(crate) struct GuardedStream<I> {
    inner: I,
    patience: Patience,
    /// Runs only while a write is waiting.
    stalled: Option<Pin<Box<Sleep>>>,
    /// When a write that had waited went on.
    progress: Option<Instant>,
    exchanges: Exchanges,
    /// Is not moved by requests; when it fires it looks at what has happened meanwhile.
    timer: Option<Pin<Box<Sleep>>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl<I> GuardedStream<I> {
    fn new(inner: I, patience: Patience, exchanges: Exchanges, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self { inner, patience, stalled: None, progress: None, exchanges, timer: None, _permit: permit }
    }

    /// Ready when the connection must end, with the reason.
    fn poll_overdue(&mut self, context: &mut Context<'_>) -> Poll<Overdue> {
        while let Some((mut deadline, overdue)) = self.exchanges.deadline(self.patience, context) {
            if overdue == Overdue::Idle {
                // The peer may still be taking the end of an answer.
                let taking = if self.stalled.is_some() { Some(Instant::now()) } else { self.progress };
                deadline = taking.map_or(deadline, |it| deadline.max(it + self.patience.untaken));
            }
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.deadline() > deadline {
                timer.as_mut().reset(deadline);
            }
            ready!(timer.as_mut().poll(context));
            if deadline <= Instant::now() {
                return Poll::Ready(overdue);
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    fn watch<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            if self.stalled.take().is_some() {
                self.progress = Some(Instant::now());
            }
            return outcome;
        }
        let deadline = Instant::now() + self.patience.untaken;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for GuardedStream<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.inner).poll_read(context, buffer);
        if outcome.is_ready() {
            if buffer.filled().len() > before {
                self.exchanges.bytes_came();
            }
            return outcome;
        }
        Poll::Ready(match ready!(self.poll_overdue(context)) {
            // Nothing more comes, as if the peer had said so: then nobody is in the middle of anything.
            Overdue::Idle | Overdue::Head => Ok(()),
            Overdue::Untaken => Err(io::ErrorKind::TimedOut.into()),
        })
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for GuardedStream<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.watch(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.watch(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(context);
        let outcome = self.watch(context, outcome);
        if outcome.is_ready() {
            // The end of an answer, perhaps: nobody may come to read again before the timer says so.
            let _next_read_tells = self.poll_overdue(context);
        }
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_shutdown(context);
        self.watch(context, outcome)
    }
}

#[cfg(test)]
mod tests;
