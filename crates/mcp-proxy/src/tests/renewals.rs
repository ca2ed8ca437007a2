//! A credential that the upstream refuses is replaced once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use async_trait::async_trait;
use http::HeaderMap;

use super::*;
use crate::CredentialRenewal;

/// Has another credential, or none; counts how often it is asked.
#[derive(Debug, Default)]
struct Renewal {
    another: Option<&'static str>,
    asked: AtomicUsize,
}

#[async_trait]
impl CredentialRenewal for Renewal {
    async fn renew(&self) -> Option<HeaderMap> {
        self.asked.fetch_add(1, SeqCst);
        Some(credential(self.another?))
    }
}

fn credential(text: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_static(text))])
}

fn with(another: Option<&'static str>) -> (Arc<Renewal>, OnBehalf) {
    let renewal = Arc::new(Renewal { another, ..Renewal::default() });
    let mut on_behalf = alice();
    on_behalf.headers = credential("Bearer first");
    on_behalf.renewal = Some(Arc::<Renewal>::clone(&renewal));
    (renewal, on_behalf)
}

fn credentials(upstream: &RecordingUpstream) -> Vec<String> {
    let requests = upstream.requests();
    requests.iter().map(|it| it.header("authorization").unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn e48_a_refused_credential_is_replaced_once_and_the_same_body_sent_again() {
    let refused = || Answer::status(401).header("www-authenticate", "Bearer realm=\"upstream\"");
    let upstream = RecordingUpstream::answering([refused(), Answer::json("{\"ok\":1}")]).await;
    let (renewal, on_behalf) = with(Some("Bearer second"));
    let answer = proxy_to(&upstream).forward(post(&[]), on_behalf).await.unwrap();
    assert_eq!(text(answer).await, "{\"ok\":1}");
    assert_eq!(credentials(&upstream), ["Bearer first", "Bearer second"]);
    assert!(upstream.requests().iter().all(|it| it.body == CALL));
    assert_eq!(renewal.asked.load(SeqCst), 1);

    let upstream = RecordingUpstream::answering([refused(), refused(), Answer::json("{}")]).await;
    let (renewal, on_behalf) = with(Some("Bearer second"));
    let error = proxy_to(&upstream).forward(post(&[]), on_behalf).await.unwrap_err();
    assert_eq!(error.code(), "upstream_unauthorized");
    assert_eq!((upstream.requests().len(), renewal.asked.load(SeqCst)), (2, 1));
}

#[tokio::test]
async fn nothing_is_sent_again_without_another_credential_or_for_another_status() {
    for (status, another, asked) in [(401, None, 1), (403, Some("Bearer second"), 0)] {
        let upstream = RecordingUpstream::answering([Answer::status(status), Answer::json("{}")]).await;
        let (renewal, on_behalf) = with(another);
        let status_seen = match proxy_to(&upstream).forward(post(&[]), on_behalf).await {
            Ok(answer) => answer.status().as_u16(),
            Err(error) => error.status().as_u16(),
        };
        assert_eq!(status_seen, if status == 401 { 502 } else { status });
        assert_eq!((upstream.requests().len(), renewal.asked.load(SeqCst)), (1, asked), "{status}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_kept_is_not_sent_again_but_the_credential_is_replaced() {
    let small = "x".repeat(256 * 1024);
    for (body, requests) in [(small.clone(), 2), (small + "x", 1)] {
        let upstream = RecordingUpstream::answering([Answer::status(401), Answer::json("{}")]).await;
        let (renewal, on_behalf) = with(Some("Bearer second"));
        let answer = proxy_to(&upstream).forward(request(Method::POST, &[], &body), on_behalf).await;
        assert_eq!(answer.is_ok(), requests == 2);
        assert_eq!((upstream.requests().len(), renewal.asked.load(SeqCst)), (requests, 1));
    }
}

#[tokio::test]
async fn a_stream_that_is_opened_with_a_refused_credential_is_opened_again() {
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([Answer::status(401), answer]).await;
    let (_, on_behalf) = with(Some("Bearer second"));
    let mut answer = proxy_to(&upstream).forward(get(&[]), on_behalf).await.unwrap();
    events.send("data: 1\n\n").await.unwrap();
    assert_eq!(next(&mut answer).await.unwrap(), "data: 1\n\n");
    assert_eq!(credentials(&upstream), ["Bearer first", "Bearer second"]);
}
