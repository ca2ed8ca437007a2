use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use storage::Fault;

use super::{ClientAuthRefusal as No, *};
use crate::clients::testing::{ISSUER, NOW, assertion};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn claims() -> Value {
    json!({"iss": "signer", "sub": "signer", "aud": ISSUER, "jti": "1", "exp": NOW.as_seconds() + 60})
}

/// The good claims with one of them replaced, or taken away by `null`.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

async fn present(clients: &Clients, assertion: &str) -> Result<String, Option<ClientAuthRefusal>> {
    let form = [("client_assertion_type", TYPE), ("client_assertion", assertion)];
    refusal(authenticate(clients, &[], &form).await)
}

#[track_caller]
fn check(claims: &Value, expected: Result<&str, ClientAuthRefusal>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let outcome = runtime.block_on(present(&clients(&World::new()), &assertion(claims, "good")));
    assert_eq!(outcome, expected.map(str::to_owned).map_err(Some), "{claims}");
}

#[test]
fn g10_an_assertion_is_for_our_issuer_alone_and_for_a_short_time() {
    let now = NOW.as_seconds();
    check(&claims(), Ok("signer"));
    check(&with("iat", json!(now)), Ok("signer"));
    check(&with("exp", json!(now + 3600)), Ok("signer"));
    check(&with("exp", json!(60.5 + 1_800_000_000.0)), Ok("signer"));
    for aud in [
        Value::Null,
        json!([ISSUER]),
        json!([ISSUER, "https://other.example"]),
        json!("https://mcp.example.com/"),
        json!("https://mcp.example.com/token"),
        json!("https://other.example"),
    ] {
        check(&with("aud", aud), Err(No::AssertionClaim("aud")));
    }
    for exp in [Value::Null, json!(now - 30), json!(now + 3631), json!("1800000060"), json!(-1), json!(1e300)]
    {
        check(&with("exp", exp), Err(No::AssertionClaim("exp")));
    }
    check(&with("nbf", json!(now + 31)), Err(No::AssertionClaim("nbf")));
    check(&with("iat", json!(now + 31)), Err(No::AssertionClaim("iat")));
    check(&with("iss", json!("post")), Err(No::AssertionClaim("iss")));
    check(&with("iss", Value::Null), Err(No::AssertionClaim("iss")));
    for jti in [Value::Null, json!(""), json!(1), json!("x".repeat(257))] {
        check(&with("jti", jti), Err(No::AssertionClaim("jti")));
    }
}

#[test]
fn g10_an_assertion_is_for_the_client_that_it_names() {
    check(&with("sub", Value::Null), Err(No::MalformedAssertion));
    check(&with("sub", json!("nobody")), Err(No::UnknownClient));
    check(&with("sub", json!("post")), Err(No::OtherMethod));
    check(&with("sub", json!("public")), Err(No::OtherMethod));
    let mut either = claims();
    either["sub"] = json!("either");
    check(&either, Err(No::AssertionClaim("iss")));
    either["iss"] = json!("either");
    check(&either, Ok("either"));
}

#[tokio::test]
async fn g10_what_is_not_signed_is_refused() {
    let clients = clients(&World::new());
    assert_eq!(present(&clients, &assertion(&claims(), "good")).await, Ok("signer".to_owned()));
    for signature in ["", "bad"] {
        let outcome = present(&clients, &assertion(&with("jti", json!("2")), signature)).await;
        assert_eq!(outcome, Err(Some(No::AssertionSignature("signature"))));
    }
    for text in ["x", "e30.e30", "e30.e30.good", "e30.!.good", "e30.e30.good.x", "e30.e30.e30.e30.good"] {
        assert_eq!(present(&clients, text).await, Err(Some(No::MalformedAssertion)), "{text}");
    }
    let long = assertion(&with("x", json!("x".repeat(20_000))), "good");
    assert_eq!(present(&clients, &long).await, Err(Some(No::MalformedAssertion)));
    let no_keys = assertion(&claims(), "nokeys");
    let form = [("client_assertion_type", TYPE), ("client_assertion", no_keys.as_str())];
    let error = authenticate(&clients, &[], &form);
    assert_eq!(error.await.unwrap_err().wire().0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn g10_the_type_and_the_client_id_must_fit() {
    let clients = clients(&World::new());
    let good = assertion(&claims(), "good");
    let assertion = ("client_assertion", good.as_str());
    for form in [
        vec![assertion],
        vec![
            assertion,
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
        ],
    ] {
        let outcome = authenticate(&clients, &[], &form).await;
        assert_eq!(refusal(outcome), Err(Some(No::MalformedAssertion)));
    }
    let kind = ("client_assertion_type", TYPE);
    let outcome = authenticate(&clients, &[], &[assertion, kind, ("client_id", "either")]).await;
    assert_eq!(refusal(outcome), Err(Some(No::TwoMethods)));
    let outcome = authenticate(&clients, &[], &[assertion, kind, ("client_id", "signer")]).await;
    assert_eq!(refusal(outcome), Ok("signer".to_owned()));
    let outcome = authenticate(&clients, &[], &[("client_id", "either")]).await;
    assert_eq!(refusal(outcome), Ok("either".to_owned()), "its document lists none as well");
}

#[tokio::test]
async fn g10_an_assertion_is_used_once_also_at_another_replica_and_after_a_restart() {
    let world = World::new();
    let (first, second) = (clients(&world), clients(&world));
    let good = assertion(&claims(), "good");
    assert_eq!(present(&first, &good).await, Ok("signer".to_owned()));
    assert_eq!(present(&first, &good).await, Err(Some(No::AssertionReplayed)));
    assert_eq!(present(&second, &good).await, Err(Some(No::AssertionReplayed)));
    let mut of_other = claims();
    of_other["iss"] = json!("either");
    of_other["sub"] = json!("either");
    let of_other = assertion(&of_other, "good");
    assert_eq!(present(&second, &of_other).await, Ok("either".to_owned()), "a jti is its client's");
    // While the assertion is good its jti is remembered; a sweep may come at any time.
    world.clock.advance(Duration::from_secs(89));
    let swept = storage::RecordStore::sweep(&*world.store, oauth_types::Clock::now(&*world.clock), 10).await;
    assert_eq!(swept.unwrap().len(), 0);
    assert_eq!(present(&first, &good).await, Err(Some(No::AssertionReplayed)));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(present(&first, &good).await, Err(Some(No::AssertionClaim("exp"))));
}

#[tokio::test]
async fn g10_an_assertion_that_cannot_be_used_up_is_not_taken() {
    let world = World::new();
    let clients = clients(&world);
    for fault in [Fault::Refused, Fault::AnswerLost] {
        world.store.fail_nth(1, fault);
        let claims = with("jti", json!(format!("{fault:?}")));
        let text = assertion(&claims, "good");
        let form = [("client_assertion_type", TYPE), ("client_assertion", text.as_str())];
        let error = authenticate(&clients, &[], &form).await.unwrap_err();
        assert_eq!(error.wire().0, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(present(&clients, &assertion(&claims(), "good")).await, Ok("signer".to_owned()));
}
