//! The requests of one connection: whether one is in flight, and whether its client takes the answer.
//!
//! On HTTP/2 the socket of a client that takes nothing stays writable: it just grants no window to its streams.
//! What was handed over counts as taken once the client has room for a byte of it, so the last part of an answer
//! may stay behind, in memory that the number of streams bounds.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
    time::Duration,
};

use tokio::time::Instant;

/// The requests of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Exchanges(Arc<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    /// Requests from their arrival to the end of their answer.
    in_flight: usize,
    /// When the last of them ended; `None` before the first came.
    idle_since: Option<Instant>,
    /// When the first byte of the next request came, on HTTP/1.1.
    head_since: Option<Instant>,
    /// Whether this is HTTP/2, where bytes are no beginning of a request.
    is_multiplexed: bool,
    /// Answers that wait for their client.
    waiting: usize,
    last_taken: Instant,
    /// The connection, to be told when an answer begins to wait or nothing is in flight any more.
    connection: Option<Waker>,
}

/// How long a connection may do nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Without a request in flight.
    pub(crate) idle: Duration,
    /// From the first byte of a further request to the end of its header section.
    pub(crate) head: Duration,
    /// While an answer waits for its client.
    pub(crate) untaken: Duration,
}

/// Why a connection must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// No request for too long.
    Idle,
    /// A further request whose head does not come to its end.
    Head,
    /// An answer that nobody takes.
    Untaken,
}

/// One request, in flight until it is dropped.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// Whether the stack beneath tells nobody that the client takes nothing, which is HTTP/2.
    is_multiplexed: bool,
    is_waiting: bool,
    /// Whether the connection does not come to look by itself when this ends.
    tells: bool,
    /// When it ended, where that is known before it is dropped.
    ended: Option<Instant>,
    exchanges: Exchanges,
}

impl Default for Exchanges {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Open {
            in_flight: 0,
            idle_since: None,
            head_since: None,
            is_multiplexed: false,
            waiting: 0,
            last_taken: Instant::now(),
            connection: None,
        })))
    }
}

impl Exchanges {
    /// A request has arrived, on a stream of HTTP/2 or on a connection of its own.
    pub(crate) fn begin(&self, is_multiplexed: bool) -> Exchange {
        let mut open = self.lock();
        open.in_flight += 1;
        open.head_since = None;
        open.is_multiplexed = is_multiplexed;
        drop(open);
        Exchange {
            is_multiplexed,
            is_waiting: false,
            tells: is_multiplexed,
            ended: None,
            exchanges: self.clone(),
        }
    }

    /// The rest of a request body of HTTP/1.1 whose request needs it no more: until it is read, the connection is not
    /// idle, and what comes is not the beginning of the next request.
    pub(crate) fn begin_rest(&self) -> Exchange {
        let mut exchange = self.begin(false);
        exchange.tells = true;
        exchange
    }

    /// The client has sent something: the beginning of its next request, if it is not in the middle of one.
    ///
    /// The time of the first request is not measured here.
    pub(crate) fn bytes_came(&self) {
        let mut open = self.lock();
        let is_next = open.in_flight == 0 && open.idle_since.is_some() && !open.is_multiplexed;
        if is_next && open.head_since.is_none() {
            open.head_since = Some(Instant::now());
        }
    }

    /// When the connection must end, as it looks now, and why; `None` before the first request, and while one is in
    /// flight whose answer does not wait. The task of `context` is woken when that changes.
    ///
    /// One answer that is taken is enough: the client may be a proxy, with many clients of its own.
    pub(crate) fn deadline(&self, patience: Patience, context: &Context<'_>) -> Option<(Instant, Overdue)> {
        let mut open = self.lock();
        match &mut open.connection {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        if open.in_flight == 0 {
            let idle = open.idle_since.map(|it| (it + patience.idle, Overdue::Idle));
            return open.head_since.map(|it| (it + patience.head, Overdue::Head)).or(idle);
        }
        (open.waiting > 0).then(|| (open.last_taken + patience.untaken, Overdue::Untaken))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange {
    /// The answer begins; it waits for its client until it says otherwise.
    pub(crate) fn answer(&mut self) {
        if self.is_multiplexed {
            self.wait();
        }
    }

    /// A part was handed over, and the client has to take it before it is asked for the next.
    pub(crate) fn client_must_take(&mut self) {
        if self.is_multiplexed {
            self.taken();
            self.wait();
        }
    }

    /// The client has taken everything; now it waits for us.
    pub(crate) fn client_waits(&mut self) {
        if self.is_multiplexed {
            self.taken();
            self.release();
        }
    }

    /// It has ended, and is dropped next.
    pub(crate) const fn end(&mut self, now: Instant) {
        self.ended = Some(now);
    }

    fn taken(&mut self) {
        self.exchanges.lock().last_taken = Instant::now();
    }

    fn wait(&mut self) {
        if self.is_waiting {
            return;
        }
        self.is_waiting = true;
        let mut open = self.exchanges.lock();
        open.waiting += 1;
        if open.waiting > 1 {
            return;
        }
        open.last_taken = Instant::now();
        let connection = open.connection.take();
        drop(open);
        connection.into_iter().for_each(Waker::wake);
    }

    fn release(&mut self) {
        if self.is_waiting {
            self.is_waiting = false;
            self.exchanges.lock().waiting -= 1;
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.release();
        let mut open = self.exchanges.lock();
        open.in_flight -= 1;
        if open.in_flight > 0 {
            return;
        }
        open.idle_since = Some(self.ended.unwrap_or_else(Instant::now));
        // On HTTP/1.1 the connection itself drops what it answered, and looks for the next request anyway.
        let connection = if self.tells { open.connection.take() } else { None };
        drop(open);
        connection.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests;
