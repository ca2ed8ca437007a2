use super::*;

fn idle_after(upstream: &RecordingUpstream, milliseconds: u64) -> UpstreamSettings {
    UpstreamSettings { keep_alive: Duration::from_millis(milliseconds), ..settings(upstream) }
}

#[tokio::test]
async fn q52_an_event_arrives_before_the_next_is_sent() {
    let (events, answer) = Answer::events();
    let mut answer = relayed(answer).await;
    assert!(answer.body().is_event_stream());
    for number in 0..5 {
        let event = format!("event: message\ndata: {number}\n\n");
        events.send(event.clone()).await.unwrap();
        assert_eq!(next(&mut answer).await.unwrap(), event);
    }
    drop(events);
    assert_eq!(next(&mut answer).await, None);
}

#[tokio::test]
async fn q52_a_stream_is_marked_against_buffers() {
    for content_type in ["text/event-stream", "Text/Event-Stream ; charset=utf-8"] {
        let (_events, answer) = Answer::stream();
        let answer = answer.header("content-type", content_type).header("cache-control", "public");
        let answer = relayed(answer).await;
        assert!(answer.body().is_event_stream(), "{content_type}");
        assert_eq!(answer.headers().get("x-accel-buffering").unwrap(), "no");
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-cache, no-transform");
    }
    let answer = relayed(Answer::json("{}").header("x-accel-buffering", "yes")).await;
    assert!(!answer.body().is_event_stream());
    assert_eq!(answer.headers().get("x-accel-buffering"), None);
}

#[tokio::test]
async fn a_length_is_not_promised_for_a_stream() {
    let whole = "data: 1\n\n";
    let answer = Answer::status(200).with_body(whole).header("content-type", "text/event-stream");
    let answer = relayed(answer).await;
    assert_eq!(answer.headers().get("content-length"), None);
    assert_eq!(http_body::Body::size_hint(answer.body()).exact(), None);
    assert_eq!(text(answer).await, whole);
}

#[tokio::test]
async fn q52_an_idle_stream_is_kept_alive_with_comments() {
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let mut answer = proxy(idle_after(&upstream, 1)).forward(post(&[]), alice()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(next(&mut answer).await.unwrap(), ":\n\n");
    }
    events.send("data: 1\n\n").await.unwrap();
    while next(&mut answer).await.unwrap() != "data: 1\n\n" {}
    assert_eq!(next(&mut answer).await.unwrap(), ":\n\n");
}

#[tokio::test]
async fn q52_a_half_sent_event_is_not_torn() {
    let (events, answer) = Answer::events();
    let (_clock, clock_answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer, clock_answer]).await;
    let proxy = proxy(idle_after(&upstream, 1));
    let mut answer = proxy.forward(post(&[]), alice()).await.unwrap();
    let mut clock = proxy.forward(post(&[]), alice()).await.unwrap();
    events.send("data: {\"a\":").await.unwrap();
    while next(&mut answer).await.unwrap() != "data: {\"a\":" {}
    // While another stream gets many comments, this one gets none.
    let many_comments = async {
        for _ in 0..20 {
            assert_eq!(next(&mut clock).await.unwrap(), ":\n\n");
        }
    };
    tokio::select! {
        torn = next(&mut answer) => panic!("{torn:?} within an event"),
        () = many_comments => {}
    }
    events.send("1}\n\n").await.unwrap();
    assert_eq!(next(&mut answer).await.unwrap(), "1}\n\n");
    assert_eq!(next(&mut answer).await.unwrap(), ":\n\n");
}

#[tokio::test]
async fn e38_a_stream_ends_with_its_token_and_ends_upstream() {
    for method in [Method::GET, Method::POST] {
        let (events, answer) = Answer::events();
        let upstream = RecordingUpstream::answering([answer]).await;
        let on_behalf = OnBehalf { stream_until: Some(Duration::from_millis(1)), ..alice() };
        let mut answer = proxy_to(&upstream).forward(request(method, &[OLDER], ""), on_behalf).await.unwrap();
        assert_eq!(soon(next(&mut answer)).await, None);
        soon(events.closed()).await;
    }
}

#[tokio::test]
async fn e38_a_busy_stream_ends_with_its_token_too() {
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let on_behalf = OnBehalf { stream_until: Some(Duration::from_millis(20)), ..alice() };
    let mut answer = proxy_to(&upstream).forward(post(&[]), on_behalf).await.unwrap();
    let busy = tokio::spawn(async move { while events.send("data: 1\n\n").await.is_ok() {} });
    while soon(next(&mut answer)).await.is_some() {}
    soon(busy).await.unwrap();
}

#[tokio::test]
async fn e38_a_revoked_stream_ends_at_once_and_others_go_on() {
    let (revoked, for_revoked) = Answer::events();
    let (other, for_other) = Answer::events();
    let upstream = RecordingUpstream::answering([for_revoked, for_other]).await;
    let proxy = proxy_to(&upstream);
    let on_behalf = alice();
    let cancel = on_behalf.cancel.clone();
    let mut ending = proxy.forward(post(&[OLDER]), on_behalf).await.unwrap();
    let mut going_on = proxy.forward(post(&[OLDER]), alice()).await.unwrap();
    revoked.send("data: 1\n\n").await.unwrap();
    assert_eq!(next(&mut ending).await.unwrap(), "data: 1\n\n");
    cancel.cancel();
    assert_eq!(soon(next(&mut ending)).await, None);
    soon(revoked.closed()).await;
    other.send("data: 2\n\n").await.unwrap();
    assert_eq!(next(&mut going_on).await.unwrap(), "data: 2\n\n");
}

#[tokio::test]
async fn e38_a_stream_ends_with_the_first_of_several_ends() {
    for (reason, is_one) in [(0, true), (1, true), (2, false)] {
        let (events, answer) = Answer::events();
        let ends = [CancellationToken::new(), CancellationToken::new(), CancellationToken::new()];
        let answer = relayed(answer).await;
        let mut answer = answer.map(|it| it.ending_with(ends.iter().take(2).cloned()));
        events.send("data: 1\n\n").await.unwrap();
        assert_eq!(next(&mut answer).await.unwrap(), "data: 1\n\n");
        ends[reason].cancel();
        if is_one {
            assert_eq!(soon(next(&mut answer)).await, None);
            soon(events.closed()).await;
        } else {
            events.send("data: 2\n\n").await.unwrap();
            assert_eq!(next(&mut answer).await.unwrap(), "data: 2\n\n");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_not_cut_by_the_token() {
    let (events, answer) = Answer::stream();
    let upstream = RecordingUpstream::answering([answer]).await;
    let on_behalf = OnBehalf { stream_until: Some(Duration::ZERO), ..alice() };
    let mut answer = proxy_to(&upstream).forward(post(&[]), on_behalf).await.unwrap();
    events.send("{}").await.unwrap();
    assert_eq!(next(&mut answer).await.unwrap(), "{}");
}

#[tokio::test]
async fn e46_a_stream_that_breaks_is_broken_for_the_client() {
    let (events, answer) = Answer::events();
    let mut answer = relayed(answer).await;
    events.send("data: 1\n\n").await.unwrap();
    assert_eq!(next(&mut answer).await.unwrap(), "data: 1\n\n");
    events.break_off().await.unwrap();
    assert!(answer.body_mut().frame().await.unwrap().is_err());
    assert!(answer.body_mut().frame().await.is_none());
}
