use serde_json::{Value, json};
use test_support::fake_http::{FakeHttp, Reply};

use super::support::{OpenId, USERINFO, form, last, metadata, openid_settings, provider, settings, value};
use crate::{
    AccessToken, EndedReason, EndpointOverrides, ProviderKind, ProviderSettings, RefreshToken, Revoked,
    Status, ThirdPartyTokens,
};

const CHECK: &str = "https://idp.example/introspect";
const REVOKE: &str = "https://idp.example/revoke";

fn tokens() -> ThirdPartyTokens {
    ThirdPartyTokens {
        access: AccessToken::new("access-1".to_owned()),
        refresh: Some(RefreshToken::new("refresh-1".to_owned())),
        expires_at: None,
        scope: None,
        id_token: None,
    }
}

fn alice() -> oauth_types::Principal {
    oauth_types::Principal { provider: "third".parse().unwrap(), subject: "alice-1".parse().unwrap() }
}

fn answer(status: u16, body: &Value) -> Reply {
    Reply::Answer { status: http::StatusCode::from_u16(status).unwrap(), body: body.to_string().into() }
}

/// `None` expects a temporary failure.
#[track_caller]
fn assert_status(name: &str, outcome: Result<Status, crate::Temporary>, expected: Option<&Status>) {
    assert_eq!(outcome.as_ref().ok(), expected, "{name}: {outcome:?}");
}

#[tokio::test]
async fn k05_k02_introspection_tells_dead_tokens_from_bad_days() {
    let inactive = Status::Ended(EndedReason::Inactive);
    let other = Status::Ended(EndedReason::OtherClient);
    for (name, reply, expected) in [
        ("active", answer(200, &json!({ "active": true })), Some(&Status::Active)),
        ("ours", answer(200, &json!({ "active": true, "client_id": "client-1" })), Some(&Status::Active)),
        ("another's", answer(200, &json!({ "active": true, "client_id": "client-2" })), Some(&other)),
        ("dead", answer(200, &json!({ "active": false })), Some(&inactive)),
        ("no boolean", answer(200, &json!({ "active": "false" })), None),
        ("no answer", answer(200, &json!({})), None),
        ("our secret is wrong", answer(401, &json!({ "error": "invalid_client" })), None),
        ("down", Reply::status(500), None),
        ("HTML", Reply::ok("<html>"), None),
        ("slow", Reply::Timeout, None),
    ] {
        let bench = OpenId::new();
        bench.http.set(CHECK, reply);
        assert_status(name, bench.provider.status(&alice(), &tokens()).await, expected);
    }
}

#[tokio::test]
async fn k05_k02_without_introspection_userinfo_tells() {
    let mut without = metadata();
    without.as_object_mut().unwrap().remove("introspection_endpoint");
    let inactive = Status::Ended(EndedReason::Inactive);
    let other = Status::Ended(EndedReason::OtherSubject);
    for (name, reply, expected) in [
        ("alive", answer(200, &json!({ "sub": "alice-1" })), Some(&Status::Active)),
        ("another person", answer(200, &json!({ "sub": "bob-1" })), Some(&other)),
        ("refused", answer(401, &json!({ "error": "invalid_token" })), Some(&inactive)),
        ("refused by a box in between", Reply::status(401), None),
        ("forbidden", answer(403, &json!({ "error": "insufficient_scope" })), None),
        ("down", Reply::status(502), None),
        ("nobody", answer(200, &json!({})), None),
    ] {
        let bench = OpenId::with(openid_settings(), &without);
        bench.http.set(USERINFO, reply);
        assert_status(name, bench.provider.status(&alice(), &tokens()).await, expected);
    }
}

#[tokio::test]
async fn a_check_that_names_the_client_refuses_tokens_of_others() {
    let check: url::Url = "https://check.example/".parse().unwrap();
    let at = |kind| {
        let mut settings = settings(kind);
        settings.endpoints = EndpointOverrides {
            authorization: Some("https://a.example/authorize".parse().unwrap()),
            token: Some("https://a.example/token".parse().unwrap()),
            jwks: Some("https://a.example/jwks".parse().unwrap()),
            introspection: Some(check.clone()),
            ..EndpointOverrides::default()
        };
        settings
    };
    let other = Status::Ended(EndedReason::OtherClient);
    let inactive = Status::Ended(EndedReason::Inactive);
    let error = json!({ "error": "invalid_token" });
    for (kind, reply, expected) in [
        (ProviderKind::Google, answer(200, &json!({ "aud": "client-1" })), Some(&Status::Active)),
        (ProviderKind::Google, answer(200, &json!({ "aud": "client-2" })), Some(&other)),
        (ProviderKind::Google, answer(200, &json!({})), None),
        (ProviderKind::Google, answer(400, &error), Some(&inactive)),
        (ProviderKind::Google, answer(400, &json!({ "error": "other" })), None),
        (ProviderKind::Google, Reply::status(503), None),
        (ProviderKind::Google, answer(503, &error), None),
        (ProviderKind::Google, answer(429, &error), None),
        (
            ProviderKind::Discord,
            answer(200, &json!({ "application": { "id": "client-1" } })),
            Some(&Status::Active),
        ),
        (ProviderKind::Discord, answer(200, &json!({ "application": { "id": "client-2" } })), Some(&other)),
        (ProviderKind::Discord, answer(401, &json!({ "code": 0 })), Some(&inactive)),
    ] {
        let http = FakeHttp::new();
        http.set(check.as_str(), reply.clone());
        let outcome = provider(at(kind), http).status(&alice(), &tokens()).await;
        assert_status(&format!("{kind} {reply:?}"), outcome, expected);
    }
}

#[tokio::test]
async fn entra_tells_nothing_of_a_token() {
    let http = FakeHttp::new();
    let mut settings = ProviderSettings { client_secret: None, ..settings(ProviderKind::Entra) };
    settings.endpoints.authorization = Some("https://a.example/authorize".parse().unwrap());
    settings.endpoints.token = Some("https://a.example/token".parse().unwrap());
    settings.endpoints.jwks = Some("https://a.example/jwks".parse().unwrap());
    let provider = provider(settings, http.clone());
    assert_eq!(provider.status(&alice(), &tokens()).await.unwrap(), Status::Unknown);
    assert_eq!(provider.revoke(&tokens()).await.unwrap(), Revoked::NotSupported);
    assert!(http.requests().is_empty());
}

#[tokio::test]
async fn k05_an_endpoint_that_the_operator_names_is_asked_whatever_the_preset_knows() {
    let inactive = Status::Ended(EndedReason::Inactive);
    for kind in [ProviderKind::Entra, ProviderKind::Cognito, ProviderKind::Oidc, ProviderKind::Oauth2] {
        for (active, expected) in [(true, &Status::Active), (false, &inactive)] {
            let http = FakeHttp::new();
            http.set(CHECK, answer(200, &json!({ "active": active })));
            let mut settings = settings(kind);
            settings.endpoints = EndpointOverrides {
                authorization: Some("https://a.example/authorize".parse().unwrap()),
                token: Some("https://a.example/token".parse().unwrap()),
                userinfo: Some(USERINFO.parse().unwrap()),
                jwks: Some("https://a.example/jwks".parse().unwrap()),
                introspection: Some(CHECK.parse().unwrap()),
                ..EndpointOverrides::default()
            };
            if kind != ProviderKind::Oauth2 && kind != ProviderKind::Entra {
                settings.issuer = Some("https://a.example".parse().unwrap());
            }
            let provider = provider(settings, http.clone());
            assert!(provider.has_configured_check());
            assert_status(kind.as_str(), provider.status(&alice(), &tokens()).await, Some(expected));
            assert_eq!(http.count(CHECK), 1);
        }
    }
    assert!(!OpenId::new().provider.has_configured_check(), "the metadata is not the operator");
}

#[tokio::test]
async fn revocation_takes_the_refresh_token_first_and_dead_tokens_are_done() {
    let bench = OpenId::new();
    bench.http.set(REVOKE, Reply::ok(""));
    assert_eq!(bench.provider.revoke(&tokens()).await.unwrap(), Revoked::Done);
    assert_eq!(bench.http.count(REVOKE), 2);
    let sent = form(&bench.http, REVOKE);
    assert_eq!(value(&sent, "token").as_deref(), Some("access-1"));
    let first = bench.http.requests().into_iter().find(|it| it.url == REVOKE).unwrap();
    assert!(String::from_utf8_lossy(&first.body).starts_with("token=refresh-1"));
    let authorization = &last(&bench.http, REVOKE).headers["authorization"];
    assert!(authorization.to_str().unwrap().starts_with("Basic "), "the metadata is silent: basic");

    for (name, reply, done) in [
        ("dead", answer(400, &json!({ "error": "invalid_token" })), true),
        ("not revocable", answer(400, &json!({ "error": "unsupported_token_type" })), true),
        ("our fault", answer(401, &json!({ "error": "invalid_client" })), false),
        ("down", Reply::status(503), false),
        ("down with a code", answer(503, &json!({ "error": "invalid_token" })), false),
        ("firewall", answer(403, &json!("no")), false),
    ] {
        bench.http.set(REVOKE, reply);
        assert_eq!(bench.provider.revoke(&tokens()).await.is_ok(), done, "{name}");
    }
}
