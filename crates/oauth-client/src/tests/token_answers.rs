use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, header::CONTENT_TYPE};
use oauth_types::UnixTime;
use outbound_http::{FetchError, HttpClient, Limits};
use serde_json::{Value, json};
use test_support::fake_http::Reply;

use super::{
    id_token::remove,
    support::{Answers, NOW, OpenId, provider, settings, whole_text},
};
use crate::{ProviderKind, ProviderSettings, RefreshError, RefreshToken};

#[tokio::test]
async fn j09_nonsense_from_the_token_endpoint_is_a_bad_answer() {
    let bad = Some("bad_answer");
    let page = "<html>".repeat(100);
    OpenId::check("HTML", |it| it.token_reply = Some(Reply::ok(page)), bad).await;
    OpenId::check("empty", |it| it.token_reply = Some(Reply::ok("")), bad).await;
    OpenId::check("a list", |it| it.token_reply = Some(Reply::json(&json!([1]))), bad).await;
    let huge = vec![b' '; 10 * 1024 * 1024];
    OpenId::check("10 MiB", |it| it.token_reply = Some(Reply::ok(huge)), bad).await;
    OpenId::check("no token", |it| remove(&mut it.token, "access_token"), bad).await;
    for (name, value, expected) in [
        ("access_token", json!(""), bad),
        ("access_token", json!(1), bad),
        ("access_token", json!("a\r\nb"), bad),
        ("access_token", json!("a".repeat(16 * 1024 + 1)), bad),
        ("refresh_token", json!({}), bad),
        ("token_type", json!("mac"), bad),
        ("token_type", json!("DPoP"), bad),
        ("token_type", json!(1), bad),
        ("token_type", json!("BEARER"), None),
        ("token_type", Value::Null, None),
        ("expires_in", json!(-1), bad),
        ("expires_in", json!(1_000_000_000_000_000_000_u64), bad),
        ("expires_in", json!(1e18), bad),
        ("expires_in", json!("soon"), bad),
        ("expires_in", json!([]), bad),
        ("expires_in", json!(0), None),
    ] {
        OpenId::check(&format!("{name} {value}"), |it| it.token[name] = value, expected).await;
    }
}

#[tokio::test]
async fn j09_a_life_is_a_number_a_text_or_unknown() {
    for (life, expected) in [
        (json!(60), Some(60)),
        (json!("60"), Some(60)),
        // With a refresh token, not knowing means an hour.
        (Value::Null, Some(3600)),
    ] {
        let signed_in = OpenId::new().sign_in(|it| it.token["expires_in"] = life.clone()).await.unwrap();
        assert_eq!(
            signed_in.tokens.expires_at,
            expected.map(|it| UnixTime::from_seconds(NOW + it)),
            "{life}"
        );
    }
    let forever = |it: &mut Answers| {
        remove(&mut it.token, "expires_in");
        remove(&mut it.token, "refresh_token");
    };
    assert_eq!(OpenId::new().sign_in(forever).await.unwrap().tokens.expires_at, None);
}

#[tokio::test]
async fn j10_other_scopes_than_asked_for_are_told() {
    let signed_in = OpenId::new().sign_in(|_| {}).await.unwrap();
    assert!(signed_in.missing_scopes.is_empty() && signed_in.unasked_scopes.is_empty(), "{signed_in:?}");
    let other = |it: &mut Answers| it.token["scope"] = json!("openid,profile,admin");
    let signed_in = OpenId::new().sign_in(other).await.unwrap();
    assert_eq!(signed_in.missing_scopes, ["email", "offline_access"]);
    assert_eq!(signed_in.unasked_scopes, ["admin"]);
    let silent = OpenId::new().sign_in(|it| remove(&mut it.token, "scope")).await.unwrap();
    assert!(silent.missing_scopes.is_empty(), "RFC 6749 section 5.1: none means as asked");
}

#[tokio::test]
async fn m02_no_error_holds_a_body_or_a_token() {
    let body = json!({ "access_token": "leak-me", "token_type": "mac", "error_description": "leak-me" });
    for body in [body.to_string(), "leak-me".to_owned(), r#"{"error":"leak me"}"#.to_owned()] {
        let outcome = OpenId::new().sign_in(|it| it.token_reply = Some(Reply::ok(body.clone()))).await;
        let error = outcome.unwrap_err();
        assert!(!whole_text(&error).contains("leak"), "{error:?}");
    }
    let signed_in = OpenId::new().sign_in(|_| {}).await.unwrap();
    let shown = format!("{signed_in:?}");
    assert!(!shown.contains("access-1") && !shown.contains("refresh-1"), "{shown}");
}

/// Answers every request alike, with its own content type.
#[derive(Debug)]
struct Always(u16, &'static str, &'static str);

#[async_trait]
impl HttpClient for Always {
    async fn send(&self, _: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, FetchError> {
        let Self(status, content_type, body) = *self;
        let response = Response::builder().status(status).header(CONTENT_TYPE, content_type);
        Ok(response.body(Bytes::from_static(body.as_bytes())).unwrap())
    }
}

#[tokio::test]
async fn a_form_is_read_as_well_and_other_types_are_not_guessed() {
    const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
    let github = || ProviderSettings { ..settings(ProviderKind::GithubOauthApp) };
    let refresh = RefreshToken::new("r".to_owned());
    let answer = Always(200, FORM, "access_token=gho_1&scope=repo%2Cgist&token_type=bearer");
    let tokens = provider(github(), answer).refresh(&refresh).await.unwrap();
    assert_eq!(tokens.access.expose(), "gho_1");
    assert_eq!(tokens.scope.unwrap(), ["repo", "gist"]);
    assert_eq!(tokens.expires_at, None);
    let refusal = Always(200, FORM, "error=bad_refresh_token&error_description=x");
    let refused = provider(github(), refusal).refresh(&refresh).await;
    assert!(matches!(refused, Err(RefreshError::Ended(_))), "{refused:?}");
    let text = Always(200, "text/plain", "access_token=gho_1&token_type=bearer");
    let refused = provider(github(), text).refresh(&refresh).await;
    assert!(matches!(refused, Err(RefreshError::Temporary(_))), "{refused:?}");
}
