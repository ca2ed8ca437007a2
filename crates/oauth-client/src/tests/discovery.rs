use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use test_support::fake_http::{FakeHttp, Reply};
use tokio::sync::Notify;

use super::support::{METADATA, OpenId, callback, clock, metadata, openid_settings, ports};
use crate::{MetadataError, Provider, ProviderKind, ProviderSettings, SignInError, Temporary};

async fn failure(metadata: &Value) -> Option<MetadataError> {
    match OpenId::with(openid_settings(), metadata).provider.begin(&callback()).await {
        Ok(_) => None,
        Err(SignInError::Temporary(Temporary::Metadata(error))) => Some(error),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn c01_the_document_speaks_for_the_issuer_it_was_asked_for() {
    assert_eq!(failure(&metadata()).await, None);
    for issuer in ["https://idp.example/", "https://evil.example", ""] {
        let mut other = metadata();
        other["issuer"] = json!(issuer);
        assert_eq!(failure(&other).await, Some(MetadataError::OtherIssuer), "{issuer}");
    }
    assert_eq!(failure(&json!({})).await, Some(MetadataError::Malformed));
    assert_eq!(failure(&json!([])).await, Some(MetadataError::Malformed));
}

#[tokio::test]
async fn endpoints_are_https_and_the_needed_ones_are_there() {
    for (name, url) in [
        ("token_endpoint", json!("http://idp.example/token")),
        ("token_endpoint", json!("http://127.0.0.1/token")),
        ("token_endpoint", json!("https://127.0.0.1/token")),
        ("token_endpoint", Value::Null),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("userinfo_endpoint", json!("https://me@idp.example/userinfo")),
        ("jwks_uri", json!("https://idp.example/jwks#x")),
        ("jwks_uri", Value::Null),
    ] {
        let mut bad = metadata();
        bad[name] = url.clone();
        assert_eq!(failure(&bad).await, Some(MetadataError::Endpoint(name)), "{name} {url}");
    }
    let mut elsewhere = metadata();
    elsewhere["jwks_uri"] = json!("https://keys.example/jwks");
    assert_eq!(failure(&elsewhere).await, None);
}

#[tokio::test]
async fn loopback_endpoints_are_for_loopback_issuers() {
    let http = FakeHttp::new();
    let issuer = "http://127.0.0.1:4000";
    let mut local = metadata();
    local["issuer"] = json!(issuer);
    local["token_endpoint"] = json!("http://127.0.0.1:4000/token");
    http.set("http://127.0.0.1:4000/.well-known/openid-configuration", Reply::json(&local));
    let settings = ProviderSettings { issuer: Some(issuer.parse().unwrap()), ..openid_settings() };
    super::support::provider(settings, http).begin(&callback()).await.unwrap();
}

#[tokio::test]
async fn metadata_is_fetched_once_an_hour_and_for_all_who_wait() {
    let (http, clock) = (FakeHttp::new(), clock());
    let held = Arc::new(Notify::new());
    http.set(METADATA, Reply::json(&metadata()).held(&held));
    let provider = Arc::new(Provider::new(openid_settings(), ports(http.clone(), &clock)).unwrap());
    let begin = || {
        let provider = provider.clone();
        tokio::spawn(async move { provider.begin(&callback()).await.map(drop) })
    };
    let waiting = [begin(), begin(), begin()];
    http.wait_for(METADATA, 1).await;
    held.notify_one();
    for begun in waiting {
        begun.await.unwrap().unwrap();
    }
    assert_eq!(http.count(METADATA), 1);
    clock.advance(Duration::from_secs(3599));
    provider.begin(&callback()).await.unwrap();
    assert_eq!(http.count(METADATA), 1);
    http.set(METADATA, Reply::json(&metadata()));
    clock.advance(Duration::from_secs(1));
    provider.begin(&callback()).await.unwrap();
    assert_eq!(http.count(METADATA), 2);
}

#[tokio::test]
async fn a_failure_keeps_old_metadata_for_a_day_and_is_not_repeated_at_once() {
    let (http, clock) = (FakeHttp::new(), clock());
    http.set(METADATA, Reply::status(503));
    let provider = Provider::new(openid_settings(), ports(http.clone(), &clock)).unwrap();
    for _ in 0..3 {
        assert!(provider.begin(&callback()).await.is_err());
    }
    assert_eq!(http.count(METADATA), 1, "a third party that is down is not flooded");
    clock.advance(Duration::from_secs(5));
    http.set(METADATA, Reply::json(&metadata()));
    provider.begin(&callback()).await.unwrap();

    http.set(METADATA, Reply::status(503));
    clock.advance(Duration::from_secs(3600));
    provider.begin(&callback()).await.unwrap();
    provider.begin(&callback()).await.unwrap();
    assert_eq!(http.count(METADATA), 3, "the old metadata serves while the new cannot be had");
    clock.advance(Duration::from_secs(23 * 3600));
    assert!(provider.begin(&callback()).await.is_err());
}

#[tokio::test]
async fn well_known_places_are_tried_in_turn() {
    let http = FakeHttp::new();
    let mut realm = metadata();
    realm["issuer"] = json!("https://idp.example/realms/r");
    http.set("https://idp.example/.well-known/oauth-authorization-server/realms/r", Reply::json(&realm));
    let issuer = Some("https://idp.example/realms/r".parse().unwrap());
    let settings = ProviderSettings { issuer, ..super::support::settings(ProviderKind::Keycloak) };
    super::support::provider(settings, http.clone()).begin(&callback()).await.unwrap();
    let asked: Vec<String> = http.requests().into_iter().map(|it| it.url).collect();
    assert_eq!(asked[0], "https://idp.example/realms/r/.well-known/openid-configuration");
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn endpoints_that_are_all_configured_need_no_metadata() {
    let http = FakeHttp::new();
    let mut settings = openid_settings();
    settings.endpoints.authorization = Some("https://a.example/authorize".parse().unwrap());
    settings.endpoints.token = Some("https://a.example/token".parse().unwrap());
    settings.endpoints.jwks = Some("https://a.example/jwks".parse().unwrap());
    let begun = super::support::provider(settings, http.clone()).begin(&callback()).await.unwrap();
    assert!(begun.authorize_url.as_str().starts_with("https://a.example/authorize?"));
    assert!(http.requests().is_empty());
}

#[tokio::test]
async fn signing_out_there_takes_the_hint() {
    let bench = OpenId::new();
    let back = "https://gateway.example/".parse().unwrap();
    let hint = crate::IdToken::new("hint".to_owned());
    let url = bench.provider.end_session_url(Some(&hint), Some(&back)).await.unwrap().unwrap();
    assert_eq!(
        url.as_str(),
        "https://idp.example/end?client_id=client-1&id_token_hint=hint\
         &post_logout_redirect_uri=https%3A%2F%2Fgateway.example%2F"
    );
}
