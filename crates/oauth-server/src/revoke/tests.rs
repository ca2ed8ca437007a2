use test_support::golden;

use crate::testing::{Post, World, authenticated, outcome, text};

fn request(client: &str, token: &str) -> Post {
    authenticated(client, Post::new(&[("token", token)]))
}

/// The two tokens of a fresh grant.
fn tokens(world: &World, client: &str) -> [String; 2] {
    let tokens = world.tokens(client);
    ["access_token", "refresh_token"].map(|it| tokens[it].as_str().unwrap().to_owned())
}

#[test]
fn g33_either_token_ends_its_grant() {
    for index in [0, 1] {
        for client in ["public", "post", "basic"] {
            let world = World::new();
            let tokens = tokens(&world, client);
            assert!(world.is_active(&tokens[0]));
            assert_eq!(outcome(&world.post_revoke(&request(client, &tokens[index]))), "200");
            assert!(!world.is_active(&tokens[0]), "{client} {index}");
        }
    }
}

#[test]
fn g33_a_token_of_another_client_stays() {
    let world = World::new();
    let [access, refresh] = tokens(&world, "public");
    for token in [&access, &refresh, "unknown"] {
        for client in ["other", "post"] {
            assert_eq!(outcome(&world.post_revoke(&request(client, token))), "200", "{client}");
        }
    }
    assert!(world.is_active(&access));
    assert_eq!(outcome(&world.post_revoke(&request("public", &access))), "200");
    assert!(!world.is_active(&access));
}

#[test]
fn g33_a_revocation_that_did_not_happen_is_no_200() {
    let world = World::new();
    let [access, _] = tokens(&world, "public");
    world.grants.set_down(true);
    let answer = world.post_revoke(&request("public", &access));
    assert_eq!(outcome(&answer), "503 temporarily_unavailable");
    assert!(answer.headers().contains_key(http::header::RETRY_AFTER));
    world.grants.set_down(false);
    assert!(world.is_active(&access));
    assert_eq!(outcome(&world.post_revoke(&request("public", &access))), "200");
}

#[test]
fn g33_only_a_client_revokes() {
    let world = World::new();
    let [access, _] = tokens(&world, "post");
    world.grants.take_calls();
    let good = request("post", &access);
    let mut with_query = good.clone();
    with_query.query = Some(format!("token={access}"));
    let mut by_get = good.clone();
    by_get.method = http::Method::GET;
    for (request, expected) in [
        (good.clone().with("client_secret", "wrong"), "401 invalid_client"),
        (good.clone().without("client_secret"), "401 invalid_client"),
        (good.clone().without("client_id"), "401 invalid_client"),
        (good.clone().without("token"), "400 invalid_request"),
        (good.clone().and("token", &access), "400 invalid_request"),
        (good.clone().header(http::header::CONTENT_TYPE, "application/json"), "400 invalid_request"),
        (with_query, "400 invalid_request"),
        (by_get, "405 invalid_request"),
    ] {
        assert_eq!(outcome(&world.post_revoke(&request)), expected, "{request:?}");
    }
    assert_eq!(world.grants.take_calls(), [""; 0]);
    assert_eq!(outcome(&world.post_revoke(&good)), "200");
}

#[test]
fn the_hint_changes_nothing() {
    for hint in ["access_token", "refresh_token", "unknown", ""] {
        let world = World::new();
        let [access, refresh] = tokens(&world, "public");
        let request = request("public", &refresh).with("token_type_hint", hint);
        assert_eq!(outcome(&world.post_revoke(&request)), "200", "{hint}");
        assert!(!world.is_active(&access), "{hint}");
    }
}

#[test]
fn answers_on_the_wire() {
    let world = World::new();
    let rows = [request("public", "unknown"), request("public", "").without("token"), request("nobody", "x")];
    let texts: Vec<_> = rows.iter().map(|it| text(&world.post_revoke(it))).collect();
    golden!("revoke.txt", &texts.join("\n"));
}
