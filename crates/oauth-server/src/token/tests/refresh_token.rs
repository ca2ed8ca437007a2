use super::*;
use crate::testing::RESOURCE;

#[test]
fn g22_a_refresh_token_is_for_its_client() {
    let world = World::new();
    let tokens = world.tokens("public");
    let token = tokens["refresh_token"].as_str().unwrap();
    let by = |client: &str| outcome(&world.post_token(&refresh_request(client, token)));
    assert_eq!(by("other"), "400 invalid_grant");
    assert_eq!(by("post"), "400 invalid_grant");
    assert!(world.is_active(tokens["access_token"].as_str().unwrap()));
    assert_eq!(by("public"), "200");
}

#[test]
fn g23_a_scope_that_was_not_granted_gives_nothing() {
    check_refresh("public", |it| it, "200");
    check_refresh("public", |it| it.with("scope", "mcp"), "200");
    check_refresh("public", |it| it.with("scope", "mcp files:read offline_access"), "200");
    check_refresh("public", |it| it.with("scope", "mcp files:write"), "200");
    check_refresh("public", |it| it.with("scope", "files:write"), "400 invalid_scope");
    check_refresh("public", |it| it.with("scope", "unknown"), "200");
    check_refresh("public", |it| it.with("scope", "openid offline_access"), "200");
    check_refresh("public", |it| it.with("scope", "unknown files:write"), "400 invalid_scope");
    check_refresh("public", |it| it.with("scope", "mcp \"files\""), "400 invalid_scope");
    check_refresh("public", |it| it.with("scope", "mcp\nfiles:read"), "400 invalid_scope");
}

#[test]
fn g23_the_answer_names_the_scope_that_was_given() {
    let world = World::new();
    let mut token = world.tokens("public")["refresh_token"].as_str().unwrap().to_owned();
    for (asked, given) in [
        ("", "files:read mcp"),
        ("offline_access", "files:read mcp"),
        ("mcp", "mcp"),
        ("mcp files:write offline_access", "mcp"),
        ("files:read mcp offline_access", "files:read mcp"),
    ] {
        let tokens = body(&world, &refresh_request("public", &token).with("scope", asked));
        assert_eq!(tokens["scope"], given, "{asked}");
        tokens["refresh_token"].as_str().unwrap().clone_into(&mut token);
    }
}

#[test]
fn g24_the_resource_is_the_granted_one() {
    check_refresh("public", |it| it, "200");
    check_refresh("public", |it| it.with("resource", RESOURCE), "200");
    check_refresh("public", |it| it.with("resource", "https://mcp.example/mcp/"), "200");
    check_refresh("public", |it| it.with("resource", "https://mcp.example/other"), "400 invalid_target");
    check_refresh("public", |it| it.with("resource", "https://elsewhere.example/"), "400 invalid_target");
}

#[test]
fn g26_what_is_no_refresh_token_is_refused() {
    let world = World::new();
    let code = world.code("public");
    let tokens = world.tokens("public");
    let token = tokens["refresh_token"].as_str().unwrap();
    let longer = format!("{token}A");
    for other in [tokens["access_token"].as_str().unwrap(), &code, &token[1..], &longer, "\u{0}", "eyJ9.e30."]
    {
        let answer = world.post_token(&refresh_request("public", other));
        assert_eq!(outcome(&answer), "400 invalid_grant", "{other}");
    }
    assert_eq!(outcome(&world.post_token(&refresh_request("public", token))), "200");
}

#[test]
fn g28_a_refused_request_does_not_reach_the_grant() {
    let world = World::new();
    let tokens = world.tokens("post");
    let good = refresh_request("post", tokens["refresh_token"].as_str().unwrap());
    for (request, expected) in [
        (good.clone().with("client_secret", "wrong"), "401 invalid_client"),
        (good.clone().with("resource", "https://elsewhere.example/"), "400 invalid_target"),
        (good.clone().with("scope", "\""), "400 invalid_scope"),
        (good.clone().without("refresh_token"), "400 invalid_request"),
        (good.clone().and("scope", "mcp").and("scope", "mcp"), "400 invalid_request"),
    ] {
        check_untouched(&world, &request, expected);
    }
    assert_eq!(outcome(&world.post_token(&good)), "200");
    assert_eq!(world.grants.take_calls(), ["refresh for post, None, []"]);
}
