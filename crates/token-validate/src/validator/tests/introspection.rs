use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use test_support::fake_http::Reply;
use tokio::{sync::Notify, task::JoinSet};

use super::*;
use crate::{AudiencePolicy, ClientSecret, Introspection, IntrospectionAuth, IntrospectionScope};

const ENDPOINT: &str = "https://as.example/introspect";
const OPAQUE: &str = "8xLOxBtZp8";

fn introspection(applies_to: IntrospectionScope) -> Introspection {
    Introspection {
        endpoint: Some(ENDPOINT.parse().unwrap()),
        client_id: "gate way".parse().unwrap(),
        client_secret: ClientSecret::new("s3:cret/%".to_owned()),
        auth: IntrospectionAuth::Basic,
        applies_to,
        cache: Duration::from_secs(30),
    }
}

/// An issuer that is asked about these tokens.
fn asking(applies_to: IntrospectionScope) -> World {
    World::with(|it| it.introspection = Some(introspection(applies_to)))
}

fn opaque() -> World {
    let world = asking(IntrospectionScope::Opaque);
    world.http.set(ENDPOINT, Reply::json(&active(&json!({}))));
    world
}

/// A good answer with changes; null removes.
fn active(changes: &Value) -> Value {
    let mut answer = json!({
        "active": true, "sub": "alice", "aud": RESOURCE, "exp": NOW + 3600, "iat": NOW, "scope": "mcp",
        "client_id": "client-1", "iss": ISSUER, "token_type": "Bearer",
    });
    for (name, value) in changes.as_object().unwrap() {
        let members = answer.as_object_mut().unwrap();
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    answer
}

#[track_caller]
fn check_reply(world: &World, reply: Reply, expected: Result<(), Reason>) {
    world.http.set(ENDPOINT, reply.clone());
    let outcome = world.validate(OPAQUE).map(drop).map_err(|it| it.reason);
    assert_eq!(outcome, expected, "{reply:.300?}");
}

#[test]
fn an_opaque_token_is_what_its_issuer_says() {
    let token = opaque().validate(OPAQUE).unwrap();
    assert_eq!((token.subject().as_str(), token.issuer().as_str()), ("alice", ISSUER));
    assert_eq!(
        (token.scope().to_string(), token.client_id().unwrap().as_str()),
        ("mcp".to_owned(), "client-1")
    );
    assert_eq!(token.expires_at(), UnixTime::from_seconds(NOW + 3600));
}

#[test]
fn without_introspection_an_opaque_token_is_refused() {
    World::new().check_text(OPAQUE, Err(Reason::TokenNotJwt));
    let mut world = opaque();
    world.check_text(OPAQUE, Ok(()));
    world.resource = world.resource.with_issuers(vec![]);
    world.check_text(OPAQUE, Err(Reason::TokenNotJwt));
}

#[test]
fn b30_active_is_a_boolean_in_a_json_object() {
    let world = opaque();
    let check = |answer: &Value, expected| check_reply(&world, Reply::json(answer), expected);
    check(&active(&json!({})), Ok(()));
    check(&json!({ "active": false }), Err(Reason::TokenInactive));
    check(&active(&json!({ "active": false })), Err(Reason::TokenInactive));
    for value in [json!("true"), json!(1), json!([true]), json!({}), Value::Null] {
        check(&active(&json!({ "active": value })), Err(Reason::IntrospectionUnavailable));
    }
    let twice = active(&json!({})).to_string().replacen('{', "{\"active\":false,", 1);
    for reply in [
        Reply::ok("<html>ok</html>"),
        Reply::ok(""),
        Reply::ok("[true]"),
        Reply::ok(twice),
        Reply::ok(vec![b' '; 10 * 1024 * 1024]),
        Reply::Answer { status: http::StatusCode::ACCEPTED, body: active(&json!({})).to_string().into() },
        Reply::Answer { status: http::StatusCode::FORBIDDEN, body: active(&json!({})).to_string().into() },
        Reply::status(204),
        Reply::status(302),
        Reply::status(401),
        Reply::status(500),
        Reply::Timeout,
        Reply::Unresolved,
    ] {
        check_reply(&world, reply, Err(Reason::IntrospectionUnavailable));
    }
}

#[test]
fn b30_o20_an_answer_is_checked_like_a_jwt() {
    let world = opaque();
    let check = |changes: Value, expected| check_reply(&world, Reply::json(&active(&changes)), expected);
    check(json!({ "aud": null }), Err(Reason::ClaimMissing));
    check(json!({ "aud": "https://mcp.example/other" }), Err(Reason::AudienceMismatch));
    check(json!({ "aud": 5 }), Err(Reason::ClaimMalformed));
    check(json!({ "aud": [RESOURCE, "x"] }), Ok(()));
    check(json!({ "iss": null }), Ok(()));
    check(json!({ "iss": "https://other.example" }), Err(Reason::IntrospectionMismatch));
    check(json!({ "iss": "https://as.example/" }), Err(Reason::IntrospectionMismatch));
    check(json!({ "sub": null }), Err(Reason::ClaimMissing));
    check(json!({ "exp": null }), Err(Reason::ClaimMissing));
    check(json!({ "exp": NOW - 60 }), Err(Reason::TokenExpired));
    check(json!({ "exp": "soon" }), Err(Reason::ClaimMalformed));
    check(json!({ "nbf": NOW + 61 }), Err(Reason::TokenNotYetValid));
    check(json!({ "cnf": { "jkt": "x" } }), Err(Reason::SenderConstrained));
    check(json!({ "token_type": "refresh_token" }), Err(Reason::NotAnAccessToken));
    check(json!({ "typ": "Refresh" }), Err(Reason::NotAnAccessToken));
    check(json!({ "iat": null, "token_type": null, "client_id": null }), Ok(()));
}

#[test]
fn b30_without_aud_the_client_must_be_one_of_the_resource() {
    let mut world = opaque();
    world.policy.audience = AudiencePolicy::ClientId { allowed: vec!["client-1".parse().unwrap()] };
    let check = |changes: Value, expected| check_reply(&world, Reply::json(&active(&changes)), expected);
    check(json!({ "aud": null }), Ok(()));
    check(json!({ "aud": null, "client_id": "client-2" }), Err(Reason::AudienceMismatch));
    check(json!({ "aud": null, "client_id": null }), Err(Reason::ClaimMissing));
    check(json!({ "aud": "https://mcp.example/other" }), Err(Reason::AudienceMismatch));
}

#[test]
fn a_token_is_shown_to_one_issuer_only() {
    let world = opaque();
    let mut other = static_policy(&TestIssuer::new("https://other.example"));
    other.introspection = Some(introspection(IntrospectionScope::Opaque));
    let policies = vec![world.policy.clone(), other];
    let http = Arc::new(world.http.clone());
    let (validator, _refresher) = Validator::new(policies, world.settings.clone(), http, world.clock.clone());
    let outcome = validate(&validator, OPAQUE, &world.resource).map(drop).map_err(|it| it.reason);
    assert_eq!(outcome, Err(Reason::IntrospectionAmbiguous));
    assert_eq!(world.http.requests().len(), 0);
    let resource = world.resource.clone().with_issuers(vec![ISSUER.parse().unwrap()]);
    assert!(validate(&validator, OPAQUE, &resource).is_ok());
}

#[test]
fn the_gateway_authenticates_as_configured() {
    let mut world = opaque();
    world.validate("a+b/c=").unwrap();
    let request = world.http.requests().remove(0);
    assert_eq!(request.method, "POST");
    let encoded = STANDARD.encode("gate+way:s3%3Acret%2F%25");
    assert_eq!(request.headers["authorization"], format!("Basic {encoded}"));
    assert!(request.headers["authorization"].is_sensitive());
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.body, "token=a%2Bb%2Fc%3D&token_type_hint=access_token");

    world.policy.introspection.as_mut().unwrap().auth = IntrospectionAuth::Post;
    world.validate(OPAQUE).unwrap();
    let request = world.http.requests().remove(1);
    assert!(!request.headers.contains_key("authorization"));
    let secret = "client_id=gate+way&client_secret=s3%3Acret%2F%25";
    assert_eq!(request.body, format!("token={OPAQUE}&token_type_hint=access_token&{secret}"));
}

/// Asks at these seconds after [`NOW`] and answers how often the issuer was asked.
fn questions(cache: u64, expires_in: u64, seconds: &[u64]) -> usize {
    let mut world = opaque();
    world.policy.introspection.as_mut().unwrap().cache = Duration::from_secs(cache);
    world.http.set(ENDPOINT, Reply::json(&active(&json!({ "exp": NOW + expires_in }))));
    let validator = world.validator();
    for second in seconds {
        world.clock.set(UnixTime::from_seconds(NOW + second));
        assert!(validate(&validator, OPAQUE, &world.resource).is_ok(), "{second}");
    }
    world.http.count(ENDPOINT)
}

#[test]
fn b31_an_answer_is_kept_as_long_as_configured_and_never_past_exp() {
    assert_eq!(questions(30, 3600, &[0, 10, 29]), 1);
    assert_eq!(questions(30, 3600, &[0, 30]), 2);
    assert_eq!(questions(0, 3600, &[0, 0, 0]), 3);
    assert_eq!(questions(3600, 3600, &[0, 59]), 1);
    assert_eq!(questions(3600, 3600, &[0, 60]), 2);
    assert_eq!(questions(30, 10, &[0, 9]), 1);
    assert_eq!(questions(30, 10, &[0, 10]), 2);
}

#[test]
fn b31_revocation_is_seen_and_failures_are_not_kept() {
    let world = opaque();
    let validator = world.validator();
    let check = |reply: Reply, expected| {
        world.http.set(ENDPOINT, reply);
        let outcome = validate(&validator, OPAQUE, &world.resource).map(drop).map_err(|it| it.reason);
        assert_eq!(outcome, expected);
    };
    let inactive = || Reply::json(&json!({ "active": false }));
    check(Reply::Timeout, Err(Reason::IntrospectionUnavailable));
    check(inactive(), Err(Reason::TokenInactive));
    check(Reply::json(&active(&json!({}))), Ok(()));
    check(inactive(), Ok(()));
    world.clock.advance(Duration::from_secs(30));
    check(inactive(), Err(Reason::TokenInactive));
    check(Reply::json(&active(&json!({}))), Ok(()));
}

#[test]
fn every_jwt_is_asked_about_when_configured_so() {
    let check = |applies_to, answer: Value, expected: Result<(), Reason>, asked: usize| {
        let world = asking(applies_to);
        world.http.set(ENDPOINT, Reply::json(&answer));
        world.check(world.token(), expected);
        assert_eq!(world.http.requests().len(), asked, "{answer}");
    };
    let every = IntrospectionScope::Every;
    check(IntrospectionScope::Opaque, json!({ "active": false }), Ok(()), 0);
    check(every, json!({ "active": false }), Err(Reason::TokenInactive), 1);
    check(every, json!({ "active": true }), Ok(()), 1);
    check(every, active(&json!({})), Ok(()), 1);
    for (changes, reason) in [
        (json!({ "iss": "https://other.example" }), Reason::IntrospectionMismatch),
        (json!({ "sub": "bob" }), Reason::IntrospectionMismatch),
        (json!({ "client_id": "client-2" }), Reason::IntrospectionMismatch),
        (json!({ "aud": "https://mcp.example/other" }), Reason::AudienceMismatch),
        (json!({ "exp": NOW - 60 }), Reason::TokenExpired),
        (json!({ "token_type": "refresh_token" }), Reason::NotAnAccessToken),
    ] {
        check(every, active(&changes), Err(reason), 1);
    }
}

#[test]
fn b31_a_remembered_jwt_is_asked_about_again() {
    let world = asking(IntrospectionScope::Every);
    world.http.set(ENDPOINT, Reply::json(&json!({ "active": true })));
    let validator = world.validator();
    let token = world.token().sign();
    assert!(validate(&validator, token.clone(), &world.resource).is_ok());
    world.http.set(ENDPOINT, Reply::json(&json!({ "active": false })));
    assert!(validate(&validator, token.clone(), &world.resource).is_ok());
    world.clock.advance(Duration::from_secs(30));
    let outcome = validate(&validator, token, &world.resource).map(drop).map_err(|it| it.reason);
    assert_eq!(outcome, Err(Reason::TokenInactive));
}

#[test]
fn a_bad_jwt_is_not_asked_about() {
    let world = asking(IntrospectionScope::Every);
    world.http.set(ENDPOINT, Reply::json(&active(&json!({}))));
    let mut forged = world.token().sign();
    forged.replace_range(forged.len() - 6..forged.len() - 2, "AAAA");
    world.check_text(forged, Err(Reason::SignatureInvalid));
    world.check(world.token().claim("aud", "https://mcp.example/other"), Err(Reason::AudienceMismatch));
    assert_eq!(world.http.requests().len(), 0);
}

#[tokio::test]
async fn concurrent_questions_about_one_token_are_one() {
    let world = opaque();
    let gate = Arc::new(Notify::new());
    world.http.set(ENDPOINT, Reply::json(&active(&json!({}))).held(&gate));
    let validator = world.validator();
    let mut asking = JoinSet::new();
    for _ in 0..50 {
        let (validator, resource) = (validator.clone(), world.resource.clone());
        asking.spawn(async move { validator.validate(&bearer(OPAQUE), &resource).await.is_ok() });
    }
    world.http.wait_for(ENDPOINT, 1).await;
    tokio::task::yield_now().await;
    gate.notify_one();
    assert!(asking.join_all().await.into_iter().all(|it| it));
    assert_eq!(world.http.count(ENDPOINT), 1);
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_comes_from_the_metadata_unless_configured() {
    let mut world = opaque();
    world.policy.keys = KeySource::None;
    world.policy.introspection.as_mut().unwrap().endpoint = None;
    let (metadata, _) = world.issuer.urls();
    let start = || {
        let http = Arc::new(world.http.clone());
        Validator::new(vec![world.policy.clone()], world.settings.clone(), http, world.clock.clone())
    };
    let (validator, refresher) = start();
    let task = tokio::spawn(refresher.run(tokio::time::sleep));
    let outcome = validator.validate(&bearer(OPAQUE), &world.resource).await;
    assert_eq!(outcome.map(drop).map_err(|it| it.reason), Err(Reason::IntrospectionUnavailable));
    assert!(!validator.status()[0].ready);
    task.abort();

    let mut without = world.issuer.metadata();
    without.as_object_mut().unwrap().remove("introspection_endpoint");
    world.http.set(&metadata, Reply::json(&without));
    let (validator, refresher) = start();
    let task = tokio::spawn(refresher.run(tokio::time::sleep));
    let outcome = validator.validate(&bearer(OPAQUE), &world.resource).await;
    assert_eq!(outcome.map(drop).map_err(|it| it.reason), Err(Reason::IntrospectionUnavailable));
    assert!(validator.status()[0].last_error.as_ref().unwrap().contains("introspection_endpoint"));
    task.abort();

    world.http.set(&metadata, Reply::json(&world.issuer.metadata()));
    let (validator, refresher) = start();
    tokio::spawn(refresher.run(tokio::time::sleep));
    assert!(validator.validate(&bearer(OPAQUE), &world.resource).await.is_ok());
    assert!(validator.status()[0].ready);
}

#[test]
fn an_issuer_without_keys_is_asked_about_its_jwts_too() {
    let mut world = opaque();
    world.policy.keys = KeySource::None;
    let mac = world.token().header("alg", "HS256").sign_hmac(b"secret");
    world.check_text(mac.clone(), Ok(()));
    world.check_text(world.token().sign(), Ok(()));
    world.check_text(format!("{mac}.AAAA.AAAA"), Ok(()));
    world.check_text(OPAQUE, Ok(()));
    world.http.set(ENDPOINT, Reply::json(&json!({ "active": false })));
    world.check_text(mac.clone(), Err(Reason::TokenInactive));
    let asked = world.http.requests().len();
    world.check(world.token().claim("iss", "https://other.example"), Err(Reason::IssuerUnknown));
    world.policy.introspection = None;
    world.check_text(mac, Err(Reason::AlgorithmNotAllowed));
    world.check(world.token(), Err(Reason::KeysUnavailable));
    assert_eq!(world.http.requests().len(), asked);
}

#[test]
fn a_jwt_is_shown_only_to_the_issuer_it_names() {
    let mut world = opaque();
    world.policy.keys = KeySource::None;
    let mut other = world.policy.clone();
    other.issuer = "https://other.example".parse().unwrap();
    other.introspection.as_mut().unwrap().endpoint =
        Some("https://other.example/introspect".parse().unwrap());
    let http = Arc::new(world.http.clone());
    let policies = vec![world.policy.clone(), other];
    let (validator, _refresher) = Validator::new(policies, world.settings.clone(), http, world.clock.clone());
    assert!(validate(&validator, world.token().sign(), &world.resource).is_ok());
    let ambiguous = validate(&validator, OPAQUE, &world.resource).map(drop).map_err(|it| it.reason);
    assert_eq!(ambiguous, Err(Reason::IntrospectionAmbiguous));
    assert!(world.http.requests().iter().all(|it| it.url == ENDPOINT));
}

#[test]
fn a_jwt_of_an_issuer_with_keys_is_verified_here_beside_one_without() {
    let world = opaque();
    let mut keyless = IssuerPolicy::new("https://keyless.example".parse().unwrap());
    keyless.keys = KeySource::None;
    keyless.introspection = Some(introspection(IntrospectionScope::Opaque));
    let http = Arc::new(world.http.clone());
    let policies = vec![static_policy(&world.issuer), keyless];
    let (validator, _refresher) = Validator::new(policies, world.settings.clone(), http, world.clock.clone());
    let check = |text: String, expected| {
        let outcome = validate(&validator, text, &world.resource).map(drop).map_err(|it| it.reason);
        assert_eq!(outcome, expected);
    };
    let good = world.token().sign();
    check(good.clone(), Ok(()));
    check(format!("{}.AAAA", world.token().message()), Err(Reason::SignatureInvalid));
    check(format!("{good}.AAAA.AAAA"), Err(Reason::TokenEncrypted));
    check(good.replace('.', ".="), Err(Reason::JwtMalformed));
    assert_eq!(world.http.requests().len(), 0);
}

#[test]
fn m02_the_secret_is_not_printed() {
    let world = opaque();
    assert!(!format!("{:?}", world.policy).contains("s3:cret"));
    assert!(!format!("{:?}", world.validator()).contains("s3:cret"));
}
