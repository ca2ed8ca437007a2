//! One connection: counted, without Nagle's delay, and cut when its peer stops reading.

use std::{
    future::{self, Future, Ready},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum_server::accept::Accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep_until},
};

use crate::deliveries::Deliveries;

/// A service of one connection.
pub(crate) trait ForConnection {
    /// The answers that its client has yet to take.
    fn deliveries(&self) -> Deliveries;
}

/// Admits at most a fixed number of connections at a time and wraps each in a [`GuardedStream`].
#[derive(Clone, Debug)]
pub(crate) struct ConnectionGuard {
    free: Arc<Semaphore>,
    write_stall: Duration,
}

impl ConnectionGuard {
    /// `most` connections at once, each cut after `write_stall` without progress while we have bytes to send.
    pub(crate) fn new(most: usize, write_stall: Duration) -> Self {
        Self { free: Arc::new(Semaphore::new(most)), write_stall }
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
        let guarded = GuardedStream::new(stream, self.write_stall, service.deliveries(), Some(permit));
        future::ready(guarded.inner.set_nodelay(true).map(|()| (guarded, service)))
    }
}

/// A stream that fails when its peer takes nothing for too long, be it of the socket or of its HTTP/2 streams.
#[derive(Debug)]
pub(crate) struct GuardedStream<I> {
    inner: I,
    write_stall: Duration,
    /// Runs only while a write is waiting.
    stalled: Option<Pin<Box<Sleep>>>,
    deliveries: Deliveries,
    /// Runs only while an answer may be waiting.
    untaken: Option<Pin<Box<Sleep>>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl<I> GuardedStream<I> {
    fn new(
        inner: I,
        write_stall: Duration,
        deliveries: Deliveries,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self { inner, write_stall, stalled: None, deliveries, untaken: None, _permit: permit }
    }

    /// Ready when an answer has waited too long for the peer to take it.
    fn poll_untaken(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Some(deadline) = self.deliveries.deadline(self.write_stall, context) {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            let untaken = self.untaken.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            ready!(untaken.as_mut().poll(context));
            self.untaken = None;
        }
        Poll::Pending
    }

    fn watch<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let deadline = Instant::now() + self.write_stall;
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
        let outcome = Pin::new(&mut self.inner).poll_read(context, buffer);
        if outcome.is_pending() && self.poll_untaken(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        outcome
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
        self.watch(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_shutdown(context);
        self.watch(context, outcome)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    impl ForConnection for () {
        fn deliveries(&self) -> Deliveries {
            Deliveries::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn e44_a_peer_that_takes_nothing_of_an_answer_is_cut() {
        let (near, _far) = duplex(8);
        let deliveries = Deliveries::default();
        let mut stream = GuardedStream::new(near, Duration::from_secs(30), deliveries.clone(), None);
        let (mut first, second) = (deliveries.begin(), deliveries.begin());
        first.client_waits();
        let started = Instant::now();
        let outcome = stream.read(&mut [0; 8]).await;
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), 30);
        drop(second);
        let idle = tokio::time::timeout(Duration::from_secs(3600), stream.read(&mut [0; 8])).await;
        assert!(idle.is_err(), "an idle connection is not the business of this stream");
    }

    #[tokio::test(start_paused = true)]
    async fn e44_an_answer_that_begins_to_wait_later_is_seen_too() {
        let (near, _far) = duplex(8);
        let deliveries = Deliveries::default();
        let mut stream = GuardedStream::new(near, Duration::from_secs(30), deliveries.clone(), None);
        let reading = tokio::spawn(async move { stream.read(&mut [0; 8]).await });
        tokio::task::yield_now().await;
        let waiting = deliveries.begin();
        let outcome = tokio::time::timeout(Duration::from_secs(31), reading).await.unwrap().unwrap();
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(waiting);
    }

    #[tokio::test(start_paused = true)]
    async fn e44_a_reader_that_stops_reading_is_cut() {
        let (near, far) = duplex(8);
        let mut stream = GuardedStream::new(near, Duration::from_secs(30), Deliveries::default(), None);
        let started = Instant::now();
        let outcome = stream.write_all(&[0; 64]).await;
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), 30);
        drop(far);
    }

    #[tokio::test(start_paused = true)]
    async fn e44_a_slow_reader_that_makes_progress_is_served() {
        let (near, mut far) = duplex(8);
        let mut stream = GuardedStream::new(near, Duration::from_secs(30), Deliveries::default(), None);
        let reader = tokio::spawn(async move {
            let mut read = 0;
            while read < 64 {
                tokio::time::sleep(Duration::from_secs(20)).await;
                read += far.read(&mut [0; 8]).await.unwrap();
            }
        });
        stream.write_all(&[0; 64]).await.unwrap();
        reader.await.unwrap();
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_are_closed_and_a_freed_place_is_given_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let guard = ConnectionGuard::new(1, Duration::from_secs(30));
        let connect = async || {
            let client = TcpStream::connect(address).await.unwrap();
            (client, listener.accept().await.unwrap().0)
        };
        let (_first_client, first) = connect().await;
        let (_second_client, second) = connect().await;
        let (admitted, ()) = guard.accept(first, ()).await.unwrap();
        assert!(guard.accept(second, ()).await.is_err());
        drop(admitted);
        let (_third_client, third) = connect().await;
        assert!(guard.accept(third, ()).await.is_ok());
    }
}
