use futures_util::stream;
use http_body_util::{Full, Limited, StreamBody};

use super::*;

fn pieces(pieces: impl IntoIterator<Item = Result<&'static str, &'static str>>) -> RequestBody {
    let frames: Vec<Result<_, BoxError>> = pieces
        .into_iter()
        .map(|piece| piece.map(|text| Frame::data(Bytes::from(text))).map_err(Into::into))
        .collect();
    RequestBody::new(StreamBody::new(stream::iter(frames)))
}

async fn next(body: &mut RequestBody) -> Option<Bytes> {
    body.frame().await.map(|frame| frame.unwrap().into_data().unwrap())
}

async fn rest(body: RequestBody) -> Bytes {
    body.collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn a_body_can_be_sent_again_from_where_it_was_left() {
    let mut first = pieces([Ok("a"), Ok("b"), Ok("c")]);
    let handle = first.handle();
    assert_eq!(next(&mut first).await.unwrap(), "a");
    assert_eq!(next(&mut first).await.unwrap(), "b");
    let mut second = handle.again().unwrap();
    assert_eq!(next(&mut second).await.unwrap(), "a");
    assert!(first.frame().await.unwrap().is_err(), "the first attempt is over");
    let third = handle.again().unwrap();
    assert_eq!(rest(third).await, "abc");
}

#[tokio::test]
async fn a_repetition_under_way_is_whole_although_nothing_is_remembered_any_more() {
    let mut first = pieces([Ok("a"), Ok("b"), Ok("c")]);
    let handle = first.handle();
    next(&mut first).await.unwrap();
    let mut second = handle.again().unwrap();
    handle.release();
    assert_eq!(next(&mut second).await.unwrap(), "a");
    assert_eq!(rest(second).await, "bc");
}

#[tokio::test]
async fn what_was_released_cannot_be_sent_again() {
    let mut first = pieces([Ok("a"), Ok("b")]);
    let (handle, other) = (first.handle(), first.handle());
    next(&mut first).await.unwrap();
    assert!(handle.again().is_some());
    handle.release();
    assert!(other.again().is_none());
}

#[tokio::test]
async fn many_small_pieces_are_not_remembered() {
    for (count, expected) in [(MAX_KEPT_FRAMES, true), (MAX_KEPT_FRAMES + 1, false)] {
        let body = pieces(vec![Ok("x"); count]);
        let handle = body.handle();
        assert_eq!(rest(body).await.len(), count);
        assert_eq!(handle.again().is_some(), expected, "{count}");
    }
}

#[tokio::test]
async fn the_size_is_told_and_told_again() {
    let mut first = RequestBody::new(Full::from("hello"));
    let handle = first.handle();
    assert_eq!(first.size_hint().exact(), Some(5));
    assert_eq!(next(&mut first).await.unwrap(), "hello");
    assert!(first.is_end_stream());
    let second = handle.again().unwrap();
    assert_eq!((second.size_hint().exact(), second.is_end_stream()), (Some(5), false));
    assert!(RequestBody::new(Full::<Bytes>::default()).is_empty());
    assert_eq!(pieces([Ok("a")]).size_hint().exact(), None);
}

#[tokio::test]
async fn a_failure_of_the_client_is_told_apart() {
    let broken = pieces([Ok("a"), Err("reset")]);
    let handle = broken.handle();
    assert!(broken.collect().await.is_err());
    assert_eq!(handle.failure().unwrap().code(), "request_body_broken");

    let whole = pieces([Ok("a")]);
    let handle = whole.handle();
    assert_eq!(rest(whole).await, "a");
    assert!(handle.failure().is_none());

    let large = RequestBody::new(Limited::new(Full::from("hello"), 4));
    let handle = large.handle();
    assert!(large.collect().await.is_err());
    assert_eq!(handle.failure().unwrap().status(), 413);
}
