mod authorization_code;
mod client_credentials;
mod dpop;
mod form;
mod jwt_bearer;
mod refresh_token;
mod token_exchange;
mod wire;

use serde_json::Value;

use crate::testing::{Post, World, authenticated, code_request, outcome, refresh_request};

/// A request for a fresh code of `client`, changed, and what it comes to; a refusal leaves the code good.
#[track_caller]
fn check_code(client: &str, change: impl FnOnce(Post) -> Post, expected: &str) {
    let world = World::new();
    let good = code_request(client, &world.code(client));
    let changed = change(good.clone());
    assert_eq!(outcome(&world.post_token(&changed)), expected, "{changed:?}");
    if expected != "200" {
        assert_eq!(outcome(&world.post_token(&good)), "200", "used up by {changed:?}");
    }
}

/// A request for a fresh refresh token of `client`, changed, and what it comes to; a refusal leaves the token good.
#[track_caller]
fn check_refresh(client: &str, change: impl FnOnce(Post) -> Post, expected: &str) {
    let world = World::new();
    let tokens = world.tokens(client);
    let good = refresh_request(client, tokens["refresh_token"].as_str().unwrap());
    let changed = change(good.clone());
    assert_eq!(outcome(&world.post_token(&changed)), expected, "{changed:?}");
    if expected != "200" {
        assert_eq!(outcome(&world.post_token(&good)), "200", "used up by {changed:?}");
    }
}

/// A request that is refused before anybody is asked about a grant.
#[track_caller]
fn check_untouched(world: &World, request: &Post, expected: &str) {
    world.grants.take_calls();
    assert_eq!(outcome(&world.post_token(request)), expected, "{request:?}");
    assert_eq!(world.grants.take_calls(), [""; 0], "{request:?}");
}

fn body(world: &World, request: &Post) -> Value {
    serde_json::from_slice(world.post_token(request).body()).unwrap()
}
