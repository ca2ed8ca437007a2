use test_support::upstream::{Events, Gone};
use tokio::sync::mpsc;

use super::*;

/// More than all buffers between upstream and proxy hold, so that it is taken only if somebody reads.
async fn send_much(events: &Events) -> Result<(), Gone> {
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    for _ in 0..512 {
        events.send(piece.clone()).await?;
    }
    Ok(())
}

/// Lets the client leave after the first event; tells whether the upstream could finish.
async fn leave_after_an_event(request: Request<Full<Bytes>>, max_detached: usize) -> Result<(), Gone> {
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let proxy = proxy(UpstreamSettings { max_detached, ..settings(&upstream) });
    let mut answer = proxy.forward(request, alice()).await.unwrap();
    events.send("data: 1\n\n").await.unwrap();
    next(&mut answer).await.unwrap();
    drop(answer);
    send_much(&events).await
}

/// Lets the client leave while the upstream works on its answer; tells whether the upstream could finish.
async fn leave_before_the_head(request: Request<Full<Bytes>>) -> Result<(), Gone> {
    let (events, answer) = Answer::events();
    let (release, answer) = answer.held();
    let (arrived, mut arrival) = mpsc::unbounded_channel();
    let mut answer = Some(answer);
    let upstream = RecordingUpstream::start(move |_| {
        arrived.send(()).unwrap();
        answer.take().unwrap()
    })
    .await;
    let proxy = proxy_to(&upstream);
    tokio::select! {
        _ = proxy.forward(request, alice()) => panic!("nothing was answered yet"),
        arrived = arrival.recv() => arrived.unwrap(),
    }
    // Fails where the upstream has noticed already that nobody waits.
    let _ = release.send(());
    send_much(&events).await
}

#[tokio::test]
async fn h13_e39_leaving_a_modern_request_cancels_it() {
    for revision in ["2026-07-28", "2027-01-01"] {
        let call = || post(&[("mcp-protocol-version", revision)]);
        assert_eq!(leave_after_an_event(call(), 1_024).await, Err(Gone), "{revision}");
        assert_eq!(leave_before_the_head(call()).await, Err(Gone), "{revision}");
    }
}

#[tokio::test]
async fn h13_leaving_an_older_request_does_not_cancel_it() {
    for headers in
        [&[OLDER][..], &[], &[("mcp-protocol-version", "9")], &[("mcp-protocol-version", "2026/07/28")]]
    {
        assert_eq!(leave_after_an_event(post(headers), 1_024).await, Ok(()), "{headers:?}");
        assert_eq!(leave_before_the_head(post(headers)).await, Ok(()), "{headers:?}");
    }
}

#[tokio::test]
async fn h13_leaving_a_get_stream_ends_it_upstream_in_every_revision() {
    for headers in [&[OLDER][..], &[MODERN], &[]] {
        assert_eq!(leave_after_an_event(get(headers), 1_024).await, Err(Gone), "{headers:?}");
        assert_eq!(leave_before_the_head(get(headers)).await, Err(Gone), "{headers:?}");
    }
}

#[tokio::test]
async fn e39_answers_without_readers_are_bounded() {
    assert_eq!(leave_after_an_event(post(&[OLDER]), 0).await, Err(Gone));
    assert_eq!(leave_after_an_event(post(&[OLDER]), 1).await, Ok(()));
}

#[tokio::test]
async fn e39_an_answer_without_reader_ends_in_time() {
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let proxy = proxy(UpstreamSettings { drain: Duration::from_millis(1), ..settings(&upstream) });
    drop(proxy.forward(post(&[OLDER]), alice()).await.unwrap());
    soon(events.closed()).await;
}

#[tokio::test]
async fn an_answer_read_to_its_end_leaves_no_task_behind() {
    let upstream = RecordingUpstream::start(|_| Answer::json("{}")).await;
    let proxy = proxy_to(&upstream);
    let answer = proxy.forward(post(&[OLDER]), alice()).await.unwrap();
    assert_eq!(text(answer).await, "{}");
    // The connection went back to the pool, which a dropped answer would have prevented.
    proxy.forward(post(&[OLDER]), alice()).await.unwrap();
    assert_eq!(upstream.requests().len(), 2);
}
