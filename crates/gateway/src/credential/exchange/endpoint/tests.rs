use std::sync::Arc;

use oauth_types::ManualClock;
use serde_json::{Value, json};
use test_support::fake_http::{FakeHttp, Reply};
use tokio::sync::Notify;

use super::*;
use crate::reason::Reason;

const ISSUER: &str = "https://as.example/staff";
const RFC_8414: &str = "https://as.example/.well-known/oauth-authorization-server/staff";
const OPENID: &str = "https://as.example/staff/.well-known/openid-configuration";

fn endpoint_of(issuer: &str) -> (TokenEndpoint, FakeHttp, ManualClock) {
    let clock = ManualClock::new(UnixTime::from_seconds(1_764_361_537));
    (TokenEndpoint::new(issuer.parse().unwrap(), None), FakeHttp::new(), clock)
}

fn document(issuer: &str, endpoint: &str) -> Value {
    json!({ "issuer": issuer, "token_endpoint": endpoint })
}

/// What comes of a document at the first address.
async fn check(document: &Value, expected: Result<&str, Reason>) {
    let (endpoint, http, clock) = endpoint_of(ISSUER);
    http.set(RFC_8414, Reply::json(document));
    let found = endpoint.get(&http, &clock).await;
    let found = found.as_ref().map(Url::as_str).map_err(|it| it.reason);
    assert_eq!(found, expected, "{document}");
}

#[tokio::test]
async fn what_is_configured_is_asked_of_nobody() {
    let (_, http, clock) = endpoint_of(ISSUER);
    let url: Url = "https://as.example/token".parse().unwrap();
    let endpoint = TokenEndpoint::new(ISSUER.parse().unwrap(), Some(url.clone()));
    assert_eq!(endpoint.get(&http, &clock).await, Ok(url));
    assert!(http.requests().is_empty());
}

#[tokio::test]
async fn rfc8414_3_3_only_a_document_of_the_very_issuer_with_a_safe_address_is_believed() {
    let wrong = Err(Reason::CredentialMisconfigured);
    check(&document(ISSUER, "https://as.example/token"), Ok("https://as.example/token")).await;
    check(&document(ISSUER, "https://tokens.example/"), Ok("https://tokens.example/")).await;
    for issuer in ["https://as.example", "https://as.example/staff/", "https://evil.example/staff"] {
        check(&document(issuer, "https://as.example/token"), wrong).await;
    }
    for url in [
        "http://as.example/token",
        "http://127.0.0.1/token",
        "https://me:pw@as.example/token",
        "https://as.example/token#f",
        "file:///token",
    ] {
        check(&document(ISSUER, url), wrong).await;
    }
    check(&json!({ "issuer": ISSUER }), wrong).await;
    check(&json!([]), wrong).await;
}

#[tokio::test]
async fn an_issuer_on_loopback_may_have_its_endpoint_there() {
    for (issuer, expected) in [("http://localhost:9000", true), ("https://as.example", false)] {
        let (endpoint, http, clock) = endpoint_of(issuer);
        let address = format!("{issuer}/.well-known/oauth-authorization-server");
        http.set(&address, Reply::json(&document(issuer, "http://localhost:9000/token")));
        assert_eq!(endpoint.get(&http, &clock).await.is_ok(), expected, "{issuer}");
    }
}

#[tokio::test]
async fn each_place_is_tried_and_the_most_telling_failure_is_told() {
    let (endpoint, http, clock) = endpoint_of(ISSUER);
    let missing = endpoint.get(&http, &clock).await.unwrap_err();
    assert!(missing.detail.contains("write `token_endpoint`"), "{missing:?}");
    assert_eq!(http.requests().len(), 3);

    http.set(RFC_8414, Reply::json(&document("https://evil.example", "https://evil.example/token")));
    clock.advance(PAUSE);
    let foreign = endpoint.get(&http, &clock).await.unwrap_err();
    assert!(foreign.detail.contains("another issuer") && !foreign.detail.contains("evil"), "{foreign:?}");

    http.set(OPENID, Reply::json(&document(ISSUER, "https://as.example/token")));
    clock.advance(PAUSE);
    assert_eq!(endpoint.get(&http, &clock).await.unwrap().as_str(), "https://as.example/token");
}

#[tokio::test]
async fn a_failure_rests_for_a_while_and_what_was_found_outlasts_it() {
    let (endpoint, http, clock) = endpoint_of(ISSUER);
    let asked = |http: &FakeHttp| http.count(RFC_8414);
    http.set(RFC_8414, Reply::Timeout);
    for _ in 0..3 {
        let down = endpoint.get(&http, &clock).await.unwrap_err();
        assert_eq!(down.reason, Reason::CredentialUnavailable);
    }
    assert_eq!(asked(&http), 1, "a server that is down is not asked by each request");

    http.set(RFC_8414, Reply::json(&document(ISSUER, "https://as.example/old")));
    clock.advance(PAUSE);
    for _ in 0..3 {
        assert_eq!(endpoint.get(&http, &clock).await.unwrap().path(), "/old");
    }
    assert_eq!(asked(&http), 2);

    http.set(RFC_8414, Reply::status(503));
    clock.advance(FRESH);
    assert_eq!(endpoint.get(&http, &clock).await.unwrap().path(), "/old", "{:?}", http.requests());
    http.set(RFC_8414, Reply::json(&document(ISSUER, "https://as.example/new")));
    assert_eq!(endpoint.get(&http, &clock).await.unwrap().path(), "/old");
    clock.advance(PAUSE);
    assert_eq!(endpoint.get(&http, &clock).await.unwrap().path(), "/new");
}

#[tokio::test]
async fn those_who_wait_cause_one_question() {
    let (endpoint, http, clock) = endpoint_of(ISSUER);
    let notify = Arc::new(Notify::new());
    http.set(RFC_8414, Reply::json(&document(ISSUER, "https://as.example/token")).held(&notify));
    notify.notify_one();
    let all = (0..20).map(|_| endpoint.get(&http, &clock));
    let all = futures_util::future::join_all(all).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(http.requests().len(), 1);
}
