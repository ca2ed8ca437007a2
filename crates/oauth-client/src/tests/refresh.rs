use serde_json::json;
use std::time::Duration;
use test_support::fake_http::Reply;

use super::support::{OpenId, TOKEN, form, value, whole_text};
use crate::{EndedReason, RefreshError, RefreshToken};

async fn refresh(reply: Reply) -> Result<crate::ThirdPartyTokens, RefreshError> {
    let bench = OpenId::new();
    bench.http.set(TOKEN, reply);
    let outcome = bench.provider.refresh(&RefreshToken::new("refresh-1".to_owned())).await;
    let form = form(&bench.http, TOKEN);
    assert_eq!(value(&form, "grant_type").as_deref(), Some("refresh_token"));
    assert_eq!(value(&form, "refresh_token").as_deref(), Some("refresh-1"));
    outcome
}

fn refusal(status: u16, error: &str) -> Reply {
    let Reply::Answer { body, .. } = Reply::json(&json!({ "error": error })) else { unreachable!() };
    Reply::Answer { status: http::StatusCode::from_u16(status).unwrap(), body }
}

#[tokio::test]
async fn k01_only_a_structured_invalid_grant_ends_the_grant() {
    for status in [200, 400, 401, 403] {
        let outcome = refresh(refusal(status, "invalid_grant")).await;
        let ended = matches!(&outcome, Err(RefreshError::Ended(EndedReason::Refused(code)))
            if code.as_str() == "invalid_grant");
        assert!(ended, "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn k02_everything_else_is_temporary() {
    let replies = [
        ("5xx", Reply::status(500)),
        ("5xx that says invalid_grant", refusal(503, "invalid_grant")),
        ("429", Reply::status(429)),
        ("429 that says invalid_grant", refusal(429, "invalid_grant")),
        ("HTML 403", answer(403, "<html>Request blocked</html>")),
        ("empty 400", Reply::status(400)),
        ("JSON 400 without an error", answer(400, "{}")),
        ("redirect", Reply::status(302)),
        ("HTML 200", answer(200, "<html>Maintenance</html>")),
        ("200 without a token", answer(200, "{}")),
        ("timeout", Reply::Timeout),
        ("no address", Reply::Unresolved),
        ("our secret is wrong", refusal(401, "invalid_client")),
        ("we are not allowed", refusal(400, "unauthorized_client")),
        ("their trouble", refusal(400, "temporarily_unavailable")),
        ("their other trouble", refusal(400, "server_error")),
        ("no code", refusal(400, "invalid grant")),
    ];
    for (name, reply) in replies {
        let outcome = refresh(reply).await;
        assert!(matches!(outcome, Err(RefreshError::Temporary(_))), "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn j16_a_refresh_without_a_new_refresh_token_leaves_the_old_one() {
    let tokens = refresh(answer(200, r#"{"access_token":"a2","token_type":"bearer"}"#)).await.unwrap();
    assert_eq!((tokens.access.expose(), tokens.refresh), ("a2", None));
    let rotated = answer(200, r#"{"access_token":"a2","token_type":"bearer","refresh_token":"r2"}"#);
    assert_eq!(refresh(rotated).await.unwrap().refresh.unwrap().expose(), "r2");
}

#[tokio::test]
async fn m02_the_error_of_a_refresh_holds_no_token() {
    let body = r#"{"error":"invalid_grant","error_description":"refresh-1 is over"}"#;
    let error = refresh(answer(400, body)).await.unwrap_err();
    assert!(!whole_text(&error).contains("refresh-1"), "{error:?}");
}

#[tokio::test]
async fn k02_retry_after_is_passed_on() {
    let github = test_support::github::GithubServer::start().await;
    let provider = super::github::provider(&github, |_| {});
    github.set_mood(test_support::github::Mood::RateLimited);
    let outcome = provider.refresh(&RefreshToken::new("r".to_owned())).await;
    let Err(RefreshError::Temporary(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
}

fn answer(status: u16, body: &'static str) -> Reply {
    Reply::Answer { status: http::StatusCode::from_u16(status).unwrap(), body: body.into() }
}
