use std::{convert::Infallible, task::Waker, time::Duration};

use futures_util::stream;
use http_body_util::{Full, StreamBody};
use tokio::{sync::mpsc, time::Instant};

use super::*;
use crate::exchanges::{Overdue, Patience};

const BOUNDS: BodyBounds = BodyBounds { most: 10, idle: Duration::from_secs(30) };
const PATIENCE: Patience = Patience {
    idle: Duration::from_secs(75),
    head: Duration::from_secs(10),
    untaken: Duration::from_secs(30),
};

type Piece = Result<Frame<Bytes>, Infallible>;

/// A connection whose client still sends, after the answer to its request.
struct Answered {
    exchanges: Exchanges,
    pieces: mpsc::UnboundedSender<Piece>,
}

impl Answered {
    async fn new() -> Self {
        let exchanges = Exchanges::default();
        let exchange = exchanges.begin(false);
        let (pieces, coming) = mpsc::unbounded_channel::<Piece>();
        let coming =
            stream::unfold(coming, async |mut coming| coming.recv().await.map(|piece| (piece, coming)));
        drop(LateBody::new(StreamBody::new(Box::pin(coming)), BOUNDS, exchanges.clone()));
        drop(exchange);
        tokio::task::yield_now().await;
        Self { exchanges, pieces }
    }

    /// Sends so much; `false` when nobody reads.
    async fn sends(&self, size: usize) -> bool {
        let sent = self.pieces.send(Ok(Frame::data(Bytes::from(vec![0; size]))));
        tokio::task::yield_now().await;
        sent.is_ok() && !self.pieces.is_closed()
    }
}

/// When something comes now: why the connection would end next, and in how many seconds.
fn ends(exchanges: &Exchanges) -> Option<(u64, Overdue)> {
    exchanges.bytes_came();
    let (deadline, overdue) = exchanges.deadline(PATIENCE, &Context::from_waker(Waker::noop()))?;
    Some((deadline.duration_since(Instant::now()).as_secs(), overdue))
}

#[tokio::test(start_paused = true)]
async fn e14_a_body_that_nobody_wants_is_read_to_its_end() {
    let answered = Answered::new().await;
    assert!(answered.sends(4).await && answered.sends(6).await);
    assert_eq!(ends(&answered.exchanges), None, "what comes is no head of a request");
    let Answered { exchanges, pieces } = answered;
    drop(pieces);
    tokio::task::yield_now().await;
    assert_eq!(ends(&exchanges), Some((10, Overdue::Head)), "what comes now is one");
}

#[tokio::test(start_paused = true)]
async fn e43_not_more_is_read_of_it_than_of_others() {
    let answered = Answered::new().await;
    assert!(answered.sends(10).await);
    assert!(!answered.sends(1).await);
}

#[tokio::test(start_paused = true)]
async fn e44_it_is_not_waited_for_longer_than_for_others() {
    let answered = Answered::new().await;
    tokio::time::advance(Duration::from_secs(29)).await;
    assert!(answered.sends(1).await);
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::task::yield_now().await;
    assert!(!answered.sends(1).await);
}

#[tokio::test]
async fn what_was_read_or_is_known_to_be_too_much_is_not_read_after_the_answer() {
    for (size, is_read) in [(10, true), (11, false)] {
        let exchanges = Exchanges::default();
        let body = Full::new(Bytes::from(vec![0; size]));
        let mut late = LateBody::new(body, BOUNDS, exchanges.clone());
        if is_read {
            assert_eq!((&mut late).collect().await.unwrap().to_bytes().len(), size);
            assert!(late.is_end_stream());
        }
        drop(late);
        let nothing_began = exchanges.deadline(PATIENCE, &Context::from_waker(Waker::noop()));
        assert_eq!(nothing_began, None);
    }
}
