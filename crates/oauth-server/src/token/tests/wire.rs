use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use test_support::golden;

use super::*;
use crate::testing::text;

#[test]
fn g37_a_good_answer_has_what_the_standard_names_and_nothing_else() {
    let world = World::new();
    let answer = world.post_token(&code_request("public", &world.code("public")));
    golden!("token.txt", &text(&answer));
    let answer = world.post_token(&code_request("limited", &world.code("limited")));
    golden!("token_without_refresh_token.txt", &text(&answer));
    let tokens = world.tokens("basic");
    let mut names: Vec<_> = tokens.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], "files:read mcp");
}

#[test]
fn g37_refused_or_not_nobody_may_keep_an_answer() {
    let world = World::new();
    let good = code_request("post", &world.code("post"));
    let mut by_get = good.clone();
    by_get.method = http::Method::GET;
    for (request, status) in [
        (good.clone().with("client_secret", "wrong"), 401),
        (good.clone().with("code", "unknown"), 400),
        (by_get, 405),
        (good, 200),
    ] {
        let answer = world.post_token(&request);
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
    }
}

#[test]
fn g27_trouble_of_ours_is_503_and_uses_nothing_up() {
    let world = World::new();
    let tokens = world.tokens("public");
    let refresh = refresh_request("public", tokens["refresh_token"].as_str().unwrap());
    let code = code_request("public", &world.code("public"));
    for request in [code, refresh] {
        world.grants.set_down(true);
        let answer = world.post_token(&request);
        assert_eq!(outcome(&answer), "503 temporarily_unavailable");
        assert!(answer.headers().contains_key(RETRY_AFTER));
        assert!(!text(&answer).contains("internal"), "{}", text(&answer));
        world.grants.set_down(false);
        assert_eq!(outcome(&world.post_token(&request)), "200");
    }
}

#[test]
fn g27_a_client_that_cannot_be_looked_up_is_not_told_to_register_again() {
    let world = World::new();
    let request = code_request("nobody", "x");
    assert_eq!(outcome(&world.post_token(&request)), "401 invalid_client");
    world.store.set_down(true);
    assert_eq!(outcome(&world.post_token(&request)), "503 temporarily_unavailable");
    world.store.set_down(false);
    assert_eq!(outcome(&world.post_token(&request)), "401 invalid_client");
}

#[test]
fn errors_on_the_wire() {
    let world = World::new();
    let good = code_request("public", "unknown");
    let basic = code_request("basic", "unknown");
    let mut by_get = good.clone();
    by_get.method = http::Method::GET;
    let mut with_query = good.clone();
    with_query.query = Some("code=x".to_owned());
    let rows = [
        by_get,
        with_query,
        good.clone().raw(vec![b'x'; 70_000]),
        good.clone().header(CONTENT_TYPE, "application/json"),
        good.clone().and("code", "x"),
        good.clone().raw("grant_type=%ff"),
        good.clone().without("grant_type"),
        good.clone().with("grant_type", "password"),
        good.clone().without("client_id"),
        good.clone().with("client_id", "nobody"),
        basic.basic("basic", "wrong"),
        code_request("machine", "x"),
        good.clone().with("resource", "https://elsewhere.example/"),
        good.clone().without("code"),
        good,
        refresh_request("public", "x").without("refresh_token"),
        refresh_request("public", "x").with("scope", "\""),
    ];
    let mut texts: Vec<_> = rows.iter().map(|it| text(&world.post_token(it))).collect();
    world.grants.set_down(true);
    texts.push(text(&world.post_token(&code_request("public", "x"))));
    world.grants.set_down(false);
    let wrong = code_request("post", "x").with("client_secret", "wrong");
    let throttled = (0..100).map(|_| world.post_token(&wrong)).find(|it| it.status() == 429);
    texts.push(text(&throttled.unwrap()));
    golden!("token_errors.txt", &texts.join("\n"));
}
