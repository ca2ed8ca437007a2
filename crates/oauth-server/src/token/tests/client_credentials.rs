use serde_json::json;

use super::*;
use crate::testing::{RESOURCE, SECRET, block_on};

/// A server where `basic` and `post` may have tokens for themselves.
fn world() -> World {
    let mut world = World::new();
    for id in ["basic", "post", "public", "reader"] {
        world.settings.client_credentials.insert(id.parse().unwrap(), "mcp other".parse().unwrap());
    }
    world
}

fn request(client: &str) -> Post {
    authenticated(client, Post::new(&[("grant_type", "client_credentials"), ("resource", RESOURCE)]))
}

/// What was issued, or the refusal, after which nothing was.
#[track_caller]
fn check(world: &World, request: &Post, expected: &str) {
    let answer = world.post_token(request);
    let issued = world.direct.take();
    let found = match outcome(&answer).as_str() {
        "200" => issued.concat(),
        refused => {
            assert_eq!(issued, [""; 0], "{request:?}");
            refused.to_owned()
        }
    };
    assert_eq!(found, expected, "{request:?}");
}

#[test]
fn a_known_client_gets_a_token_for_itself() {
    let world = world();
    for client in ["basic", "post"] {
        check(&world, &request(client), &format!("{client} by {client} at {RESOURCE}: mcp"));
    }
    let answer = body(&world, &request("post"));
    assert_eq!(
        answer,
        json!({ "access_token": "issued", "token_type": "Bearer", "expires_in": 3600, "scope": "mcp" })
    );
}

#[test]
fn the_scope_is_at_most_what_the_operator_wrote_and_the_resource_has() {
    let world = world();
    let mcp = format!("post by post at {RESOURCE}: mcp");
    check(&world, &request("post").with("scope", "mcp"), &mcp);
    check(&world, &request("post").with("scope", "mcp files:read offline_access"), &mcp);
    check(&world, &request("post").with("scope", "files:read"), "400 invalid_scope");
    check(&world, &request("post").with("scope", "other"), "400 invalid_scope");
    check(&world, &request("post").with("scope", "\"mcp\""), "400 invalid_scope");
    let other = "https://mcp.example/other";
    check(&world, &request("post").with("resource", other), &format!("post by post at {other}: other"));
}

#[test]
fn the_resource_is_one_of_ours() {
    let world = world();
    check(&world, &request("post").without("resource"), &format!("post by post at {RESOURCE}: mcp"));
    check(&world, &request("post").with("resource", "https://evil.example/mcp"), "400 invalid_target");
    check(&world, &request("post").and("resource", "https://mcp.example/other"), "400 invalid_target");
}

#[test]
fn g31_only_confidential_clients_of_the_operator_may() {
    let world = world();
    check(&world, &request("reader"), &format!("reader by reader at {RESOURCE}: mcp"));
    check(&world, &request("public"), "400 unauthorized_client");
    check(&world, &request("machine"), "400 unauthorized_client");
    check(&world, &request("post").with("client_secret", "wrong"), "401 invalid_client");
    check(&world, &request("post").without("client_secret"), "401 invalid_client");
}

#[test]
fn g31_a_client_that_registered_itself_may_not_whatever_it_is_called() {
    let mut world = world();
    let metadata = json!({
        "redirect_uris": ["https://client.example/callback"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let headers = http::HeaderMap::from_iter([(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    )]);
    let made = block_on(world.registrations.register(&headers, metadata.to_string().as_bytes(), None));
    let made: Value = serde_json::from_slice(made.body()).unwrap();
    let (id, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    world.settings.client_credentials.insert(id.parse().unwrap(), "mcp".parse().unwrap());
    let post = request("public").with("client_id", id).with("client_secret", secret);
    check(&world, &post, "400 unauthorized_client");
    let known = request("post").with("client_secret", SECRET);
    check(&world, &known, &format!("post by post at {RESOURCE}: mcp"));
}

#[test]
fn g11_without_such_a_client_there_is_no_such_grant_type() {
    let mut world = world();
    world.settings.client_credentials.clear();
    check(&world, &request("post"), "400 unsupported_grant_type");
}
