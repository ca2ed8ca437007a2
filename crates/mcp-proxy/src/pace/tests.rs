use std::future::poll_fn;

use super::*;

const IDLE: Duration = Duration::from_secs(15);

fn pace(until: Option<u64>) -> Pin<Box<Pace>> {
    Box::pin(Pace::new(IDLE, until.map(Duration::from_secs), CancellationToken::new()))
}

/// The next turn of an idle stream and the seconds until then.
async fn turn(pace: &mut Pin<Box<Pace>>) -> (Turn, u64) {
    let start = Instant::now();
    let turn = poll_fn(|cx| pace.as_mut().poll_idle(cx)).await;
    (turn, start.elapsed().as_secs())
}

async fn must_end(pace: &mut Pin<Box<Pace>>) -> bool {
    poll_fn(|cx| Poll::Ready(pace.as_mut().must_end(cx))).await
}

#[tokio::test(start_paused = true)]
async fn comments_come_after_each_idle_interval() {
    let mut pace = pace(None);
    for _ in 0..3 {
        assert_eq!(turn(&mut pace).await, (Turn::KeepAlive, 15));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_starts_the_interval_again() {
    let mut pace = pace(None);
    tokio::time::advance(Duration::from_secs(10)).await;
    pace.as_mut().saw(b"data: 1\n\n");
    assert_eq!(turn(&mut pace).await, (Turn::KeepAlive, 15));
}

#[tokio::test(start_paused = true)]
async fn e38_the_end_comes_when_it_must() {
    let mut pace = pace(Some(40));
    assert_eq!(turn(&mut pace).await, (Turn::KeepAlive, 15));
    assert_eq!(turn(&mut pace).await, (Turn::KeepAlive, 15));
    assert_eq!(turn(&mut pace).await, (Turn::End, 10));
}

#[tokio::test(start_paused = true)]
async fn e38_a_stream_that_is_never_idle_must_end_too() {
    let cancel = CancellationToken::new();
    let mut pace = Box::pin(Pace::new(IDLE, Some(Duration::from_secs(40)), cancel.clone()));
    let mut other = Box::pin(Pace::new(IDLE, None, cancel.clone()));
    tokio::time::advance(Duration::from_secs(39)).await;
    assert!(!must_end(&mut pace).await);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(must_end(&mut pace).await);
    assert!(!must_end(&mut other).await);
    cancel.cancel();
    assert!(must_end(&mut other).await);
}

#[tokio::test(start_paused = true)]
async fn a_half_sent_event_delays_the_comment_and_not_the_end() {
    let mut pace = pace(Some(100));
    pace.as_mut().saw(b"data: 1\n");
    assert_eq!(turn(&mut pace).await, (Turn::End, 100));
}

#[tokio::test(start_paused = true)]
async fn an_endless_life_is_no_overflow() {
    let mut pace = Box::pin(Pace::new(IDLE, Some(Duration::MAX), CancellationToken::new()));
    assert_eq!(turn(&mut pace).await, (Turn::KeepAlive, 15));
}

#[test]
fn a_boundary_is_the_start_or_an_empty_line() {
    let rows: [(&[&str], bool); 16] = [
        (&[], true),
        (&["\n\n"], true),
        (&["data: 1\n\n"], true),
        (&["data: 1\r\n\r\n"], true),
        (&["data: 1\r\r"], true),
        (&["data: 1\n", "\n"], true),
        (&["data: 1\r", "\n", "\r", "\n"], true),
        (&["data: 1\n\n", ""], true),
        (&["data: 1"], false),
        (&["data: 1\n"], false),
        (&["data: 1\r\n"], false),
        (&["data: 1\r"], false),
        (&["data: 1\r\n\r"], false),
        (&["data: 1\n\nd"], false),
        (&["data: 1\n\n", "data: 2\n"], false),
        (&["\n"], false),
    ];
    for (pieces, expected) in rows {
        let mut tail = Tail::default();
        for piece in pieces {
            tail.push(piece.as_bytes());
        }
        assert_eq!(tail.is_boundary(), expected, "{pieces:?}");
    }
}
