use oauth_types::{Actor, GrantId, UnixTime};

use super::*;
use crate::{ExchangeRule, SubjectToken, testing::RESOURCE};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const NEXT: &str = "https://mcp.example/other";
const FOREIGN: &str = "https://search.example/api";
/// The grant of id zero, as it is written.
const EXCHANGED: &str = "AAAAAAAAAAAAAAAAAAAAAA by post for {\"sub\":\"post\"} at ";

/// A server whose resource is `post`, which may go on to two others.
fn world() -> World {
    let mut world = World::new();
    let targets = [(NEXT, "other mcp"), (FOREIGN, "mcp search")];
    let rule = ExchangeRule {
        resource: RESOURCE.parse().unwrap(),
        targets: targets.map(|(uri, scope)| (uri.parse().unwrap(), scope.parse().unwrap())).into(),
    };
    for id in ["post", "public"] {
        world.settings.token_exchange.insert(id.parse().unwrap(), rule.clone());
    }
    *world.direct.live.lock().unwrap() = Some(live());
    world
}

fn live() -> SubjectToken {
    SubjectToken {
        grant: GrantId::from_bytes([0; 16]),
        resource: RESOURCE.parse().unwrap(),
        scope: "mcp other files:read".parse().unwrap(),
        expires_at: UnixTime::from_seconds(1_800_000_600),
        actor: None,
    }
}

fn request(client: &str) -> Post {
    let form = [
        ("grant_type", GRANT_TYPE),
        ("subject_token", "live"),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", NEXT),
    ];
    authenticated(client, Post::new(&form))
}

#[track_caller]
fn check_in(world: &World, request: &Post, expected: &str) {
    let answer = world.post_token(request);
    let issued = world.direct.take();
    match outcome(&answer).as_str() {
        "200" => assert_eq!(issued.concat(), expected, "{request:?}"),
        refused => {
            assert_eq!((refused, issued.len()), (expected, 0), "{request:?}");
        }
    }
}

#[track_caller]
fn check(change: impl FnOnce(Post) -> Post, expected: &str) {
    check_in(&world(), &change(request("post")), expected);
}

#[test]
fn a_token_is_exchanged_for_the_next_hop() {
    check(|it| it, &format!("{EXCHANGED}{NEXT}: other"));
    check(|it| it.with("resource", FOREIGN), &format!("{EXCHANGED}{FOREIGN}: mcp"));
    check(|it| it.with("requested_token_type", ACCESS_TOKEN), &format!("{EXCHANGED}{NEXT}: other"));
    let jwt = "urn:ietf:params:oauth:token-type:jwt";
    check(|it| it.with("subject_token_type", jwt), &format!("{EXCHANGED}{NEXT}: other"));
    let answer = body(&world(), &request("post"));
    assert_eq!(
        (&answer["issued_token_type"], &answer["token_type"], answer.get("refresh_token")),
        (&ACCESS_TOKEN.into(), &"Bearer".into(), None)
    );
}

#[test]
fn an_exchange_is_of_one_access_token_for_one_place_of_the_operators() {
    for bad in [None, Some("dead"), Some("")] {
        check(
            |it| bad.map_or(it.clone().without("subject_token"), |bad| it.with("subject_token", bad)),
            "400 invalid_request",
        );
    }
    let refresh_token = "urn:ietf:params:oauth:token-type:refresh_token";
    check(|it| it.without("subject_token_type"), "400 invalid_request");
    check(|it| it.with("subject_token_type", refresh_token), "400 invalid_request");
    check(|it| it.with("requested_token_type", refresh_token), "400 invalid_request");
    check(|it| it.with("actor_token", "live").with("actor_token_type", ACCESS_TOKEN), "400 invalid_request");
    check(|it| it.without("resource"), "400 invalid_target");
    check(|it| it.and("resource", FOREIGN), "400 invalid_target");
    check(|it| it.with("resource", "https://evil.example/api"), "400 invalid_target");
    check(|it| it.with("resource", RESOURCE), "400 invalid_target");
    check(|it| it.with("audience", "search"), "400 invalid_target");
}

#[test]
fn an_exchanged_token_permits_no_more_than_its_origin_its_target_and_the_operator() {
    check(|it| it.with("scope", "other mcp"), &format!("{EXCHANGED}{NEXT}: other"));
    check(|it| it.with("scope", "mcp"), "400 invalid_scope");
    check(|it| it.with("resource", FOREIGN).with("scope", "search"), "400 invalid_scope");
    check(
        |it| it.with("resource", FOREIGN).with("scope", "mcp search"),
        &format!("{EXCHANGED}{FOREIGN}: mcp"),
    );
}

#[test]
fn a_token_for_somebody_else_is_not_exchanged() {
    let world = world();
    let elsewhere = SubjectToken { resource: NEXT.parse().unwrap(), ..live() };
    *world.direct.live.lock().unwrap() = Some(elsewhere);
    check_in(&world, &request("post"), "400 invalid_request");
    *world.direct.live.lock().unwrap() = Some(live());
    check_in(&world, &request("post"), &format!("{EXCHANGED}{NEXT}: other"));
}

#[test]
fn g31_only_a_client_that_is_the_resource_and_proves_it_exchanges() {
    let world = world();
    check_in(&world, &request("public"), "400 unauthorized_client");
    check_in(&world, &request("basic"), "400 unauthorized_client");
    check_in(&world, &request("post").with("client_secret", "wrong"), "401 invalid_client");
    check_in(&world, &request("post"), &format!("{EXCHANGED}{NEXT}: other"));
}

#[test]
fn whoever_acted_before_is_kept_and_hops_are_few() {
    let world = world();
    let mut actor = Actor { sub: "first".parse().unwrap(), act: None };
    let of = |actor: &Actor| Some(SubjectToken { actor: Some(actor.clone()), ..live() });
    *world.direct.live.lock().unwrap() = of(&actor);
    let expected = r#"AAAAAAAAAAAAAAAAAAAAAA by post for {"sub":"post","act":{"sub":"first"}} at "#;
    check_in(&world, &request("post"), &format!("{expected}{NEXT}: other"));
    for _ in 0..3 {
        actor = Actor { sub: "next".parse().unwrap(), act: Some(Box::new(actor)) };
    }
    *world.direct.live.lock().unwrap() = of(&actor);
    check_in(&world, &request("post"), "400 invalid_request");
}

#[test]
fn g11_without_a_rule_there_is_no_such_grant_type() {
    let mut world = world();
    world.settings.token_exchange.clear();
    check_in(&world, &request("post"), "400 unsupported_grant_type");
}
