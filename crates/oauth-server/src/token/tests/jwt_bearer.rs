use serde_json::json;

use super::*;
use crate::{
    TrustedIssuer,
    clients::testing::assertion,
    testing::{ISSUER, RESOURCE},
};

const ENTERPRISE: &str = "https://idp.acme.example";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const NOW: u64 = 1_800_000_000;

/// A server that believes one enterprise, for the client `post`.
fn world() -> World {
    let mut world = World::new();
    world.settings.trusted_issuers.push(TrustedIssuer {
        issuer: ENTERPRISE.parse().unwrap(),
        clients: ["post", "public"].map(|it| it.parse().unwrap()).into(),
        scopes: None,
    });
    world
}

fn claims() -> Value {
    json!({
        "iss": ENTERPRISE, "sub": "alice", "aud": ISSUER, "client_id": "post", "jti": "1",
        "iat": NOW, "exp": NOW + 300, "resource": RESOURCE, "scope": "mcp files:read",
    })
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

fn request(claims: &Value) -> Post {
    let assertion = assertion(claims, "good");
    authenticated("post", Post::new(&[("grant_type", GRANT_TYPE), ("assertion", &assertion)]))
}

/// What was issued, or `error: error_description` of a refusal, after which the assertion is still good.
#[track_caller]
fn outcome_of(world: &World, post: &Post) -> String {
    let answer = world.post_token(post);
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    let issued = world.direct.take();
    if answer.status() == 200 {
        assert!(body.get("refresh_token").is_none(), "{body}");
        return issued.concat();
    }
    assert_eq!(issued, [""; 0], "{post:?}");
    format!("{}: {}", body["error"].as_str().unwrap(), body["error_description"].as_str().unwrap())
}

#[track_caller]
fn check(claims: &Value, expected: &str) {
    let found = outcome_of(&world(), &request(claims));
    assert!(found.starts_with(expected), "{claims}: {found}");
}

const ISSUED: &str =
    "acme:alice of https://idp.acme.example by post at https://mcp.example/mcp: files:read mcp";

#[test]
fn an_assertion_of_a_trusted_issuer_gives_a_token_for_its_person() {
    check(&claims(), ISSUED);
    check(&with("aud", json!([ISSUER])), ISSUED);
    check(&with("resource", json!([RESOURCE])), ISSUED);
    check(&with("resource", json!("https://mcp.example:443/mcp/")), ISSUED);
}

#[test]
fn g10_an_identity_assertion_is_for_this_server_this_client_and_a_short_time() {
    let aud = "invalid_grant: aud of the assertion";
    for value in [
        json!(null),
        json!("https://mcp.example/"),
        json!([ISSUER, "https://evil.example"]),
        json!([]),
        json!(1),
    ] {
        check(&with("aud", value), aud);
    }
    for value in [json!(null), json!("basic"), json!(["post"])] {
        check(&with("client_id", value), "invalid_grant: client_id of the assertion");
    }
    check(
        &with("iss", json!("https://evil.example")),
        "invalid_grant: the issuer of the assertion is not trusted",
    );
    check(
        &with("iss", json!("https://idp.acme.example/")),
        "invalid_grant: the issuer of the assertion is not trusted",
    );
    check(&with("iss", json!(null)), "invalid_grant: the assertion is malformed");
    for value in [json!(null), json!(""), json!(5)] {
        check(&with("sub", value), "invalid_grant: sub of the assertion");
    }
    for value in [json!(null), json!(NOW - 30), json!(NOW + 3601), json!("soon")] {
        check(&with("exp", value), "invalid_grant: the assertion has expired, or lives for too long");
    }
    check(&with("exp", json!(NOW - 29)), ISSUED);
    check(&with("exp", json!(NOW + 3600)), ISSUED);
    for value in [json!(null), json!(NOW + 31), json!(-1)] {
        check(&with("iat", value), "invalid_grant: iat of the assertion");
    }
    check(&with("nbf", json!(NOW + 31)), "invalid_grant: the assertion is not valid yet");
    check(&with("nbf", json!(NOW + 30)), ISSUED);
    for value in [json!(null), json!(""), json!("j".repeat(257))] {
        check(&with("jti", value), "invalid_grant: jti of the assertion");
    }
}

#[test]
fn g10_an_identity_assertion_is_signed_by_its_issuer() {
    let bad = |signature: &str| request(&claims()).with("assertion", &assertion(&claims(), signature));
    let malformed = "invalid_grant: the assertion is malformed, of another type, or not signed by its issuer";
    assert_eq!(outcome_of(&world(), &bad("forged")), malformed);
    for text in ["x", "a.b", "a.b.c", "a.b.c.d", &"a".repeat(20_000)] {
        assert_eq!(outcome_of(&world(), &request(&claims()).with("assertion", text)), malformed, "{text}");
    }
    let missing = request(&claims()).without("assertion");
    assert_eq!(outcome_of(&world(), &missing), "invalid_request: assertion is missing");
}

#[test]
fn g10_an_identity_assertion_has_16_kib_at_most() {
    let padded = |pad: usize| assertion(&with("pad", json!("p".repeat(pad))), "good");
    let send = |text: &str| outcome_of(&world(), &request(&claims()).with("assertion", text));
    let pad = (11_000..20_000).find(|it| padded(*it).len() > 16 * 1024).unwrap();
    assert_eq!((padded(pad - 1).len(), padded(pad).len()), (16 * 1024, 16 * 1024 + 1));
    assert_eq!(send(&padded(pad - 1)), ISSUED);
    let malformed = "invalid_grant: the assertion is malformed, of another type, or not signed by its issuer";
    assert_eq!(send(&padded(pad)), malformed);
}

#[test]
fn g10_an_identity_assertion_is_used_once_and_by_nobody_who_is_refused() {
    let world = world();
    let good = request(&claims());
    let other = good.clone().with("resource", "https://mcp.example/other");
    assert!(outcome_of(&world, &other).starts_with("invalid_target"));
    assert!(outcome_of(&world, &good.clone().with("scope", "other")).starts_with("invalid_scope"));
    assert_eq!(outcome_of(&world, &good), ISSUED);
    assert_eq!(outcome_of(&world, &good), "invalid_grant: the assertion was used before");
    assert_eq!(outcome_of(&world, &request(&with("jti", json!("2")))), ISSUED);
}

#[test]
fn g31_only_a_known_client_that_proves_itself_brings_an_assertion() {
    let world = world();
    let unauthorized = "unauthorized_client: the client may not use this grant_type";
    let of = |client: &str| {
        let assertion = assertion(&with("client_id", json!(client)), "good");
        authenticated(client, Post::new(&[("grant_type", GRANT_TYPE), ("assertion", &assertion)]))
    };
    assert_eq!(outcome_of(&world, &of("public")), unauthorized, "it proves nothing");
    assert_eq!(outcome_of(&world, &of("basic")), unauthorized, "the issuer does not name it");
    assert!(outcome_of(&world, &request(&claims()).with("client_secret", "x")).starts_with("invalid_client"));
    assert_eq!(outcome_of(&world, &of("post")), ISSUED);
}

#[test]
fn the_resource_and_the_scope_are_at_most_what_everybody_says() {
    check(&with("resource", json!(null)), "invalid_grant: resource of the assertion must be one");
    check(
        &with("resource", json!([RESOURCE, RESOURCE])),
        "invalid_grant: resource of the assertion must be one",
    );
    check(
        &with("resource", json!("https://evil.example/mcp")),
        "invalid_grant: resource of the assertion is not offered",
    );
    check(
        &with("scope", json!("files:read admin")),
        "acme:alice of https://idp.acme.example by post at https://mcp.example/mcp: files:read",
    );
    check(
        &with("scope", json!(null)),
        "acme:alice of https://idp.acme.example by post at https://mcp.example/mcp: mcp",
    );
    check(&with("scope", json!("admin")), "invalid_scope");
    check(&with("scope", json!(["mcp"])), "invalid_grant: scope of the assertion");
    let mut world = world();
    let asked = |scope: &str| request(&claims()).with("scope", scope);
    assert_eq!(
        outcome_of(&world, &asked("mcp files:write")),
        "acme:alice of https://idp.acme.example by post at https://mcp.example/mcp: mcp"
    );
    world.settings.trusted_issuers[0].scopes = Some("files:read".parse().unwrap());
    let limited = request(&with("jti", json!("3")));
    assert_eq!(
        outcome_of(&world, &limited),
        "acme:alice of https://idp.acme.example by post at https://mcp.example/mcp: files:read"
    );
}

#[test]
fn g38_a_person_who_may_not_come_in_gets_nothing() {
    check(&with("sub", json!("mallory")), "invalid_grant: the person of the assertion may not come in");
    check(&with("sub", json!("bob")), "acme:bob of https://idp.acme.example by post");
}

#[test]
fn g27_trouble_with_keys_or_store_is_503_and_uses_nothing_up() {
    let world = world();
    world.enterprise.set_down(true);
    assert!(outcome_of(&world, &request(&claims())).starts_with("temporarily_unavailable"));
    world.enterprise.set_down(false);
    world.store.set_down(true);
    assert!(outcome_of(&world, &request(&claims())).starts_with("temporarily_unavailable"));
    world.store.set_down(false);
    assert_eq!(outcome_of(&world, &request(&claims())), ISSUED);
}

#[test]
fn g11_without_a_trusted_issuer_there_is_no_such_grant_type() {
    let mut world = world();
    world.settings.trusted_issuers.clear();
    assert!(outcome_of(&world, &request(&claims())).starts_with("unsupported_grant_type"));
}
