use oauth_types::ClaimPath;
use serde_json::Value;

use super::*;

#[track_caller]
fn check(change: impl FnOnce(&mut IssuerPolicy), claims: Value, expected: Result<&str, Reason>) {
    let world = World::with(change);
    let mut token = world.token().without("scope");
    for (name, value) in claims.as_object().unwrap() {
        token = token.claim(name, value.clone());
    }
    let outcome =
        world.validate(token.sign()).map(|it| it.granted_scope().to_string()).map_err(|it| it.reason);
    assert_eq!(outcome.as_deref().map_err(|it| *it), expected, "{claims}");
}

fn paths(texts: &[&str]) -> Vec<ClaimPath> {
    texts.iter().map(|it| it.parse().unwrap()).collect()
}

#[test]
fn b27_a_scope_claim_is_a_text_or_a_list() {
    let check = |claims, expected| check(|_| (), claims, expected);
    check(json!({}), Ok(""));
    check(json!({ "scope": "read write" }), Ok("read write"));
    check(json!({ "scope": ["read", "write"] }), Ok("read write"));
    check(json!({ "scope": ["read write"] }), Ok(""));
    check(json!({ "scope": "read", "scp": ["write"] }), Ok("read write"));
    check(json!({ "scope": null }), Ok(""));
    check(json!({ "scope": "*" }), Ok("*"));
    check(json!({ "scope": ["ok", 5, "not ok", "\u{e9}"] }), Ok("ok"));
    check(json!({ "scope": 5 }), Err(Reason::ClaimMalformed));
    check(json!({ "scope": { "read": true } }), Err(Reason::ClaimMalformed));
    check(json!({ "permissions": ["read"] }), Ok(""));
}

#[test]
fn scope_claims_are_configurable() {
    let roles = |it: &mut IssuerPolicy| it.scope_claims = paths(&["realm_access.roles", "permissions"]);
    check(roles, json!({ "realm_access": { "roles": ["a"] }, "permissions": ["b"] }), Ok("a b"));
    check(roles, json!({ "scope": "a" }), Ok(""));
}

#[test]
fn a_prefix_is_removed() {
    let prefix = |it: &mut IssuerPolicy| it.scope_prefix = Some("https://mcp.example/".to_owned());
    check(prefix, json!({ "scope": "https://mcp.example/read other/write" }), Ok("other/write read"));
    check(prefix, json!({ "scope": "https://mcp.example/" }), Ok(""));
}

#[test]
fn b27_hierarchies_widen_the_scope_but_not_what_was_granted() {
    let world = World::with(|it| {
        let rows = [("admin".parse().unwrap(), vec!["read".parse().unwrap()])];
        it.scope_hierarchy = rows.into_iter().collect();
    });
    let token = world.validate(world.token().claim("scope", "admin").sign()).unwrap();
    assert_eq!(token.scope().to_string(), "admin read");
    assert_eq!(token.granted_scope().to_string(), "admin");
}
