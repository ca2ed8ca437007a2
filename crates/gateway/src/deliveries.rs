//! Answers that their client does not take.
//!
//! On HTTP/2 the socket of such a client stays writable: it just grants no window to its streams.
//! What was handed over counts as taken once the client has room for a byte of it, so the last part of an answer
//! may stay behind, in memory that the number of streams bounds.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
    time::Duration,
};

use tokio::time::Instant;

/// The answers of one connection that wait for their client.
#[derive(Clone, Debug)]
pub(crate) struct Deliveries(Arc<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    waiting: usize,
    last_taken: Instant,
    /// The connection, to be told when an answer begins to wait.
    connection: Option<Waker>,
}

/// One answer; it waits for its client from the beginning, until it says otherwise or is dropped.
#[derive(Debug)]
pub(crate) struct Delivery {
    is_waiting: bool,
    deliveries: Deliveries,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Open { waiting: 0, last_taken: Instant::now(), connection: None })))
    }
}

impl Deliveries {
    /// An answer begins.
    pub(crate) fn begin(&self) -> Delivery {
        let mut delivery = Delivery { is_waiting: false, deliveries: self.clone() };
        delivery.wait();
        delivery
    }

    /// When the client will have taken nothing for `limit`, although an answer waits; `None` while none waits,
    /// and the task of `context` is woken when one does.
    ///
    /// One answer that is taken is enough: the client may be a proxy, with many clients of its own.
    pub(crate) fn deadline(&self, limit: Duration, context: &Context<'_>) -> Option<Instant> {
        let mut open = self.lock();
        if open.waiting > 0 {
            return Some(open.last_taken + limit);
        }
        match &mut open.connection {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Delivery {
    /// A part was handed over, and the client has to take it before it is asked for the next.
    pub(crate) fn client_must_take(&mut self) {
        self.taken();
        self.wait();
    }

    /// The client has taken everything; now it waits for us.
    pub(crate) fn client_waits(&mut self) {
        self.taken();
        self.release();
    }

    fn taken(&mut self) {
        self.deliveries.lock().last_taken = Instant::now();
    }

    fn wait(&mut self) {
        if self.is_waiting {
            return;
        }
        self.is_waiting = true;
        let mut open = self.deliveries.lock();
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
            self.deliveries.lock().waiting -= 1;
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    /// Seconds until the connection is cut.
    fn left(deliveries: &Deliveries) -> Option<u64> {
        deliveries
            .deadline(LIMIT, &Context::from_waker(Waker::noop()))
            .map(|it| it.duration_since(Instant::now()).as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn e44_a_client_must_take_something_while_something_waits() {
        let second = || tokio::time::advance(Duration::from_secs(1));
        let deliveries = Deliveries::default();
        assert_eq!(left(&deliveries), None);
        second().await;
        let mut first = deliveries.begin();
        assert_eq!(left(&deliveries), Some(30));
        second().await;
        let mut other = deliveries.begin();
        assert_eq!(left(&deliveries), Some(29), "asking is not taking");
        drop(deliveries.begin());
        assert_eq!(left(&deliveries), Some(29), "giving up is not taking");
        other.client_must_take();
        assert_eq!(left(&deliveries), Some(30));
        other.client_waits();
        second().await;
        assert_eq!(left(&deliveries), Some(29));
        first.client_waits();
        assert_eq!(left(&deliveries), None);
        second().await;
        first.client_must_take();
        assert_eq!(left(&deliveries), Some(30));
        drop(first);
        assert_eq!(left(&deliveries), None);
    }
}
