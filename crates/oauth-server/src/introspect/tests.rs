use std::time::Duration;

use serde_json::{Value, json};
use test_support::golden;

use crate::testing::{Post, World, authenticated, outcome, text};

fn request(client: &str, token: &str) -> Post {
    authenticated(client, Post::new(&[("token", token)]))
}

fn access_token(world: &World, client: &str) -> String {
    world.tokens(client)["access_token"].as_str().unwrap().to_owned()
}

#[track_caller]
fn check_inactive(world: &World, client: &str, token: &str) {
    let answer = world.post_introspect(&request(client, token));
    assert_eq!(answer.status(), 200);
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body, json!({"active": false}), "{client}");
}

#[track_caller]
fn check_active(world: &World, client: &str, token: &str, owner: &str) {
    let answer = world.post_introspect(&request(client, token));
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!((&body["active"], &body["client_id"]), (&json!(true), &json!(owner)), "{client}");
}

#[test]
fn g32_a_client_sees_its_own_tokens_only() {
    let world = World::new();
    let token = access_token(&world, "post");
    check_active(&world, "post", &token, "post");
    check_inactive(&world, "basic", &token);
    check_inactive(&world, "reader", &token);
    check_inactive(&world, "post", "unknown");
    check_inactive(&world, "post", &world.code("post"));
    check_inactive(&world, "post", &token[1..]);
}

#[test]
fn g32_who_may_see_all_sees_all() {
    let mut world = World::new();
    world.settings.introspect_all = ["reader".parse().unwrap(), "other".parse().unwrap()].into();
    for client in ["public", "post"] {
        let token = access_token(&world, client);
        check_active(&world, "reader", &token, client);
        check_inactive(&world, "basic", &token);
    }
    // A name is no proof.
    let token = access_token(&world, "public");
    assert_eq!(outcome(&world.post_introspect(&request("other", &token))), "401 invalid_client");
}

#[test]
fn g32_without_proof_nothing_is_told() {
    let world = World::new();
    let token = access_token(&world, "post");
    world.grants.take_calls();
    let good = request("post", &token);
    let mut by_get = good.clone();
    by_get.method = http::Method::GET;
    let by_itself = Post::new(&[("token", &token)]);
    let bearer = format!("Bearer {token}");
    for (request, expected) in [
        (request("public", &token), "401 invalid_client"),
        (good.clone().with("client_secret", "wrong"), "401 invalid_client"),
        (good.clone().without("client_secret"), "401 invalid_client"),
        (by_itself.clone(), "401 invalid_client"),
        (by_itself.header(http::header::AUTHORIZATION, &bearer), "401 invalid_client"),
        (good.clone().without("token"), "400 invalid_request"),
        (by_get, "405 invalid_request"),
    ] {
        assert_eq!(outcome(&world.post_introspect(&request)), expected, "{request:?}");
    }
    assert_eq!(world.grants.take_calls(), [""; 0]);
    check_active(&world, "post", &token, "post");
}

#[test]
fn a_token_that_is_over_is_not_active() {
    let world = World::new();
    let token = access_token(&world, "post");
    world.clock.advance(Duration::from_secs(3599));
    check_active(&world, "post", &token, "post");
    world.clock.advance(Duration::from_secs(1));
    check_inactive(&world, "post", &token);
}

#[test]
fn trouble_of_ours_is_no_answer() {
    let world = World::new();
    let token = access_token(&world, "post");
    world.grants.set_down(true);
    assert_eq!(outcome(&world.post_introspect(&request("post", &token))), "503 temporarily_unavailable");
    world.grants.set_down(false);
    check_active(&world, "post", &token, "post");
}

#[test]
fn answers_on_the_wire() {
    let world = World::new();
    let token = access_token(&world, "post");
    let rows = [request("post", &token), request("basic", &token), request("public", &token)];
    let texts: Vec<_> = rows.iter().map(|it| text(&world.post_introspect(it))).collect();
    golden!("introspect.txt", &texts.join("\n"));
}
