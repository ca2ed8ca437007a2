//! Streams do not outlive what they rest on (E38, K08).

use http_body_util::BodyExt;
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use super::{LOCAL, alice, gateway, until};
use crate::{
    support::{open, tool_call},
    third_party::client::Client,
};

/// An upstream whose every answer is a stream without end.
async fn endless() -> RecordingUpstream {
    RecordingUpstream::start(|_: &Recorded| {
        let (events, answer) = Answer::events();
        std::mem::forget(events);
        answer
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn e38_a_stream_ends_with_its_grant_and_others_go_on() {
    let upstream = endless().await;
    let gateway = gateway(&upstream.uri("/mcp").to_string(), LOCAL, "");
    let client = Client::register(&gateway).await;
    let (doomed, spared) = (client.connect(&alice()).await, client.connect(&alice()).await);
    let url = gateway.url("/mcp");
    let mut first = open(tool_call(&url, Some(&doomed.access))).await;
    let mut second = open(tool_call(&url, Some(&spared.access))).await;
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));

    assert_eq!(client.revoke(&doomed.refresh).await.status, 200);
    let end = tokio::time::timeout(std::time::Duration::from_secs(5), first.frame())
        .await
        .expect("the stream ends");
    assert!(end.is_none_or(|it| it.is_err()), "nothing more is said");
    let other = tokio::time::timeout(std::time::Duration::from_millis(300), second.frame()).await;
    assert!(other.is_err(), "the stream of another grant stays open");
}

#[tokio::test(flavor = "multi_thread")]
async fn k08_the_account_page_ends_streams_and_tokens() {
    let upstream = endless().await;
    let gateway = gateway(&upstream.uri("/mcp").to_string(), LOCAL, "");
    let client = Client::register(&gateway).await;
    let tokens = client.connect(&alice()).await;
    let url = gateway.url("/mcp");
    let mut stream = open(tool_call(&url, Some(&tokens.access))).await;
    assert_eq!(stream.status(), 200);

    let mut person = alice();
    let account = person.goes_to(&gateway.url("/account")).await;
    assert!(account.text().contains("Client of the tests"), "{}", account.text());
    let end = account.forms().into_iter().flat_map(|it| it.buttons).flatten().map(|(_, value)| value);
    let end = end.into_iter().find(|it| it.starts_with("end:")).unwrap();
    let after = person.presses_only(&account, &format!("action={end}")).await;
    assert_eq!(after.status, 200, "{}", after.text());

    let end = tokio::time::timeout(std::time::Duration::from_secs(5), stream.frame())
        .await
        .expect("the stream ends");
    assert!(end.is_none_or(|it| it.is_err()));
    until("the token is dead", async || open(tool_call(&url, Some(&tokens.access))).await.status() == 401)
        .await;
}
