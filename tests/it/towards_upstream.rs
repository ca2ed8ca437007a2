//! `[server.http]` from the file to the wire, and the connections to an upstream.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use test_support::{
    private_server::PrivateServer,
    upstream::{Answer, Recorded, RecordingUpstream},
};

use crate::support::{Gateway, ISSUER, Issuer, Setup, call, one_server, open, tool_call};

/// Far less than any default that is looked at here, and enough for a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// A good request to `gateway`.
fn request(gateway: &Gateway, issuer: &Issuer) -> http::Request<String> {
    let url = gateway.url("/mcp");
    tool_call(&url, Some(&issuer.token(&url).sign()))
}

#[tokio::test]
async fn connections_to_the_upstream_are_used_again() {
    const REQUESTS: usize = 12;
    let issuer = Issuer::new(ISSUER);
    for closes in [false, true] {
        let upstream = RecordingUpstream::start(move |_: &Recorded| {
            let answer = Answer::json("{}");
            if closes { answer.header("connection", "close") } else { answer }
        })
        .await;
        let gateway = Gateway::before(&upstream.uri("/mcp").to_string(), &issuer, "");
        for _ in 0..REQUESTS {
            assert_eq!(call(request(&gateway, &issuer)).await.status, 200);
        }
        let connections = upstream.connections();
        if closes {
            assert_eq!(connections, REQUESTS, "the upstream ends each");
        } else {
            // A connection is back a moment after its answer, which a very busy machine may miss.
            assert!((1..=2).contains(&connections), "{connections} connections for {REQUESTS} requests");
        }
    }
}

#[tokio::test]
async fn an_https_upstream_is_believed_by_the_authority_in_ca_files() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::unserved(|_: &Recorded| Answer::json(r#"{"by":"tls"}"#));
    let server = PrivateServer::start(|_| upstream.router());
    let address = format!("{}/mcp", server.origin());
    for (further, status) in [("[server.http]\nca_files = [\"upstream.pem\"]\n", 200), ("", 502)] {
        let gateway = Setup::new()
            .keys("keys", &issuer)
            .file("upstream.pem", server.certificate_pem())
            .start(|listen| one_server(listen, &address, further));
        let answer = call(request(&gateway, &issuer)).await;
        assert_eq!(answer.status, status, "{further}");
        assert_eq!(answer.body.contains("tls"), status == 200);
    }
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_has_the_time_of_response_timeout() {
    let issuer = Issuer::new(ISSUER);
    let mut gone = Vec::new();
    let upstream = RecordingUpstream::start(move |request: &Recorded| {
        if request.header("x-hang").is_none() {
            return Answer::json("{}");
        }
        let (receiver, answer) = Answer::never();
        gone.push(receiver);
        answer
    })
    .await;
    let further = "[server.http]\nresponse_timeout = \"1s\"\nrequest_headers = [\"X-Hang\"]\n";
    let gateway = Gateway::before(&upstream.uri("/mcp").to_string(), &issuer, further);
    assert_eq!(call(request(&gateway, &issuer)).await.status, 200);
    let mut hanging = request(&gateway, &issuer);
    hanging.headers_mut().insert("x-hang", "yes".parse().unwrap());
    let began = Instant::now();
    let answer = call(hanging).await;
    assert_eq!(answer.status, 504);
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
    assert!((Duration::from_secs(1)..SOON).contains(&began.elapsed()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn headers_that_are_named_pass_and_no_others() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| {
        Answer::json("{}").header("x-cost", "3").header("x-internal", "secret")
    })
    .await;
    let address = upstream.uri("/mcp").to_string();
    let further = "[server.http]\nrequest_headers = [\"X-Trace\"]\nresponse_headers = [\"X-Cost\"]\n";
    for (further, passes) in [(further, true), ("", false)] {
        let gateway = Gateway::before(&address, &issuer, further);
        let mut asked = request(&gateway, &issuer);
        asked.headers_mut().insert("x-trace", "abc".parse().unwrap());
        asked.headers_mut().insert("x-other", "def".parse().unwrap());
        let answer = call(asked).await;
        let seen = upstream.requests().pop().unwrap();
        assert_eq!((seen.header("x-trace"), seen.header("x-other")), (passes.then_some("abc"), None));
        assert_eq!((answer.header("x-cost") == "3", answer.header("x-internal")), (passes, ""));
    }
}

#[tokio::test]
async fn an_idle_stream_is_kept_alive_as_often_as_keep_alive_says() {
    let issuer = Issuer::new(ISSUER);
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let further = "[server.http]\nkeep_alive = \"1s\"\n";
    let gateway = Gateway::before(&upstream.uri("/mcp").to_string(), &issuer, further);
    let mut stream = open(request(&gateway, &issuer)).await;
    events.send("data: 1\n\n").await.unwrap();
    assert_eq!(stream.frame().await.unwrap().unwrap().into_data().unwrap(), "data: 1\n\n");
    let began = Instant::now();
    let comment = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(comment.starts_with(b":"), "{comment:?}");
    assert!(began.elapsed() < SOON, "the default is 15 s: {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_client_left_is_read_on_for_the_time_of_drain() {
    let issuer = Issuer::new(ISSUER);
    for (drain, goes_on) in [("0s", false), ("1h", true)] {
        let (events, answer) = Answer::events();
        let upstream = RecordingUpstream::answering([answer]).await;
        let further = format!("[server.http]\ndrain = \"{drain}\"\n");
        let gateway = Gateway::before(&upstream.uri("/mcp").to_string(), &issuer, &further);
        let mut stream = open(request(&gateway, &issuer)).await;
        events.send("data: 1\n\n").await.unwrap();
        assert!(stream.frame().await.unwrap().is_ok());
        drop(stream);
        gateway.wait_for("cut=true");
        if goes_on {
            // More than any buffer on the way holds: somebody reads.
            let much = format!("data: {}\n\n", "x".repeat(256 * 1024));
            for _ in 0..64 {
                events.send(much.clone()).await.unwrap();
            }
        } else {
            tokio::time::timeout(SOON, events.closed()).await.expect("nobody reads any more");
        }
    }
}
