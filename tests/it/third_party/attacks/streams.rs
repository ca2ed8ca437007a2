//! Streams do not outlive what they rest on (E38, K08).

use std::time::{Duration, Instant};

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use super::{INVALID_GRANT, LOCAL, alice, gateway, until};
use crate::{
    support::{open, tool_call},
    third_party::{
        client::{Client, TokenAnswer},
        stage::{configuration, setup},
    },
};

/// An upstream whose every answer is a stream without end.
pub(in crate::third_party) async fn endless() -> RecordingUpstream {
    RecordingUpstream::start(|_: &Recorded| {
        let (events, answer) = Answer::events();
        std::mem::forget(events);
        answer
    })
    .await
}

/// Waits until a stream ends, which must be within five seconds of what was just answered, and without a further word.
pub(in crate::third_party) async fn ends(mut stream: Response<Incoming>, answered: &str) {
    let began = Instant::now();
    let end = tokio::time::timeout(Duration::from_secs(5), stream.frame()).await.expect("the stream ends");
    println!(
        "FI-14: a stream ended {:.1} ms after {answered} was answered",
        began.elapsed().as_secs_f64() * 1e3
    );
    assert!(end.is_none_or(|it| it.is_err()), "nothing more is said");
}

/// Whether a stream is still open a while later.
async fn goes_on(stream: &mut Response<Incoming>) -> bool {
    tokio::time::timeout(Duration::from_millis(300), stream.frame()).await.is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn e38_a_stream_ends_with_its_grant_and_others_go_on() {
    let upstream = endless().await;
    let gateway = gateway(&upstream.uri("/mcp").to_string(), LOCAL, "");
    let client = Client::register(&gateway).await;
    let (doomed, spared) = (client.connect(&alice()).await, client.connect(&alice()).await);
    let url = gateway.url("/mcp");
    let first = open(tool_call(&url, Some(&doomed.access))).await;
    let mut second = open(tool_call(&url, Some(&spared.access))).await;
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));

    assert_eq!(client.revoke(&doomed.refresh).await.status, 200);
    ends(first, "a revocation").await;
    assert!(goes_on(&mut second).await, "the stream of another grant stays open");
}

/// Whoever sees a theft closes what the thief may have open.
#[tokio::test(flavor = "multi_thread")]
async fn e38_g15_g01_a_second_use_of_a_secret_ends_the_streams_of_its_grant() {
    let upstream = endless().await;
    let gateway = gateway(&upstream.uri("/mcp").to_string(), LOCAL, "");
    let client = Client::register(&gateway).await;
    let url = gateway.url("/mcp");
    let refused = (400, INVALID_GRANT.to_owned());
    let spared = client.connect(&alice()).await;
    let mut other = open(tool_call(&url, Some(&spared.access))).await;

    let first = client.connect(&alice()).await;
    let second = client.refresh(&first.refresh).await.tokens();
    let third = client.refresh(&second.refresh).await.tokens();
    let stream = open(tool_call(&url, Some(&third.access))).await;
    assert_eq!(client.refresh(&first.refresh).await.refusal(), refused);
    ends(stream, "a second use of a refresh token").await;

    let asked = client.asks();
    let code = client.code(&alice(), &asked).await;
    let tokens = client.redeem(&code, &asked.verifier).await.tokens();
    let stream = open(tool_call(&url, Some(&tokens.access))).await;
    assert_eq!(client.redeem(&code, &asked.verifier).await.refusal(), refused);
    ends(stream, "a second use of a code").await;
    assert!(goes_on(&mut other).await, "the stream of another grant stays open");
}

/// The stream of the transport of 2024-11-05 is a session: with the grant both are over.
#[tokio::test(flavor = "multi_thread")]
async fn e38_e28_the_stream_of_an_old_server_ends_with_the_grant() {
    let upstream = RecordingUpstream::start(|asked: &Recorded| {
        if asked.method == http::Method::POST {
            return Answer::status(202);
        }
        let (events, answer) = Answer::events();
        tokio::spawn(async move {
            let sent = events.send("event: endpoint\ndata: /messages?session=1\n\n").await;
            std::mem::forget(events);
            sent
        });
        answer
    })
    .await;
    let address = upstream.uri("/sse").to_string();
    let gateway = setup().start(|listen| {
        configuration(listen, &address, LOCAL, "").replace("upstream = { http", "upstream = { sse")
    });
    let client = Client::register(&gateway).await;
    let (doomed, spared) = (client.connect(&alice()).await, client.connect(&alice()).await);
    let mut opened = Vec::new();
    for tokens in [&doomed, &spared] {
        let mut stream = open(bearing(Request::get(gateway.url("/mcp")), &tokens.access)).await;
        assert_eq!(stream.status(), 200);
        let first = stream.frame().await.unwrap().unwrap().into_data().unwrap();
        let first = String::from_utf8(first.to_vec()).unwrap();
        let named = first.lines().find_map(|it| it.strip_prefix("data: ")).unwrap();
        opened.push((stream, gateway.url(named)));
    }
    let posted = async |messages: &str, access: &str| {
        let request = Request::post(messages).header("content-type", "application/json");
        open(bearing(request, access)).await.status().as_u16()
    };
    let [(ending, messages), (mut going_on, others)] = opened.try_into().unwrap();
    assert_eq!((posted(&messages, &doomed.access).await, posted(&others, &spared.access).await), (202, 202));

    assert_eq!(client.revoke(&doomed.refresh).await.status, 200);
    ends(ending, "a revocation, before an old server,").await;
    assert_eq!(posted(&messages, &doomed.access).await, 401);
    assert!(goes_on(&mut going_on).await, "the stream of another grant stays open");
    assert_eq!(posted(&others, &spared.access).await, 202);
}

fn bearing(request: http::request::Builder, access: &str) -> Request<String> {
    let request = request.header("authorization", format!("Bearer {access}"));
    request.body(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.to_owned()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn k08_the_account_page_ends_streams_and_tokens() {
    let upstream = endless().await;
    let gateway = gateway(&upstream.uri("/mcp").to_string(), LOCAL, "");
    let client = Client::register(&gateway).await;
    let tokens = client.connect(&alice()).await;
    let url = gateway.url("/mcp");
    let stream = open(tool_call(&url, Some(&tokens.access))).await;
    assert_eq!(stream.status(), 200);

    let mut person = alice();
    let account = person.goes_to(&gateway.url("/account")).await;
    assert!(account.text().contains("Client of the tests"), "{}", account.text());
    let end = account.forms().into_iter().flat_map(|it| it.buttons).flatten().map(|(_, value)| value);
    let end = end.into_iter().find(|it| it.starts_with("end:")).unwrap();
    let after = person.presses_only(&account, &format!("action={end}")).await;
    assert_eq!(after.status, 200, "{}", after.text());

    ends(stream, "the account page").await;
    until("the token is dead", async || open(tool_call(&url, Some(&tokens.access))).await.status() == 401)
        .await;
}
