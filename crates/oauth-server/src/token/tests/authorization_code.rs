use super::*;
use crate::testing::{CHALLENGE, REDIRECT_URI, RESOURCE, VERIFIER, authenticated};

#[test]
fn g03_the_verifier_must_answer_the_challenge() {
    check_code("public", |it| it, "200");
    check_code("public", |it| it.without("code_verifier"), "400 invalid_grant");
    check_code("public", |it| it.with("code_verifier", ""), "400 invalid_grant");
    check_code("public", |it| it.with("code_verifier", &VERIFIER[1..]), "400 invalid_grant");
    check_code("public", |it| it.with("code_verifier", &"a".repeat(43)), "400 invalid_grant");
    check_code("public", |it| it.with("code_verifier", &"a".repeat(129)), "400 invalid_grant");
    check_code("public", |it| it.with("code_verifier", CHALLENGE), "400 invalid_grant");
    check_code("basic", |it| it.without("code_verifier"), "400 invalid_grant");
}

#[test]
fn g04_there_is_no_code_without_a_challenge() {
    let world = World::new();
    let query = crate::testing::good_query();
    let check = |query: crate::testing::Form| {
        crate::testing::block_on(world.authorize().check(Some(&query.encode()), None)).is_ok()
    };
    assert!(check(query.clone()));
    assert!(!check(query.without("code_challenge").without("code_challenge_method")));
}

#[test]
fn g05_a_code_is_for_its_client() {
    let world = World::new();
    let code = world.code("public");
    let by = |client: &str| outcome(&world.post_token(&code_request(client, &code)));
    assert_eq!(by("other"), "400 invalid_grant");
    assert_eq!(by("basic"), "400 invalid_grant");
    let tokens = body(&world, &code_request("public", &code));
    assert_eq!(by("other"), "400 invalid_grant", "used, by another");
    assert!(world.is_active(tokens["access_token"].as_str().unwrap()), "the other one did no harm");
}

#[test]
fn g06_the_redirect_uri_is_the_one_of_the_request() {
    check_code("public", |it| it.with("redirect_uri", REDIRECT_URI), "200");
    check_code(
        "public",
        |it| it.with("redirect_uri", "https://client.example/callback/"),
        "400 invalid_grant",
    );
    check_code("public", |it| it.with("redirect_uri", "http://127.0.0.1/callback"), "400 invalid_grant");
    check_code("public", |it| it.with("redirect_uri", "no URI"), "400 invalid_grant");
    check_code("public", |it| it.without("redirect_uri"), "400 invalid_grant");
}

#[test]
fn g07_the_resource_is_the_granted_one() {
    check_code("public", |it| it, "200");
    check_code("public", |it| it.with("resource", RESOURCE), "200");
    check_code(
        "public",
        |it| it.with("resource", "https://MCP.example:443/mcp/").and("resource", RESOURCE),
        "200",
    );
    let other = "https://mcp.example/other";
    check_code("public", |it| it.with("resource", other), "400 invalid_target");
    check_code("public", |it| it.with("resource", RESOURCE).and("resource", other), "400 invalid_target");
    check_code("public", |it| it.with("resource", "https://elsewhere.example/"), "400 invalid_target");
    check_code("public", |it| it.with("resource", "mcp"), "400 invalid_target");
}

#[test]
fn g09_a_client_authenticates_in_its_way() {
    const BAD: &str = "401 invalid_client";
    for client in ["public", "basic", "post"] {
        check_code(client, |it| it, "200");
    }
    check_code("post", |it| it.with("client_secret", "wrong"), BAD);
    check_code("post", |it| it.without("client_secret"), BAD);
    check_code("post", |it| it.with("client_secret", ""), BAD);
    check_code("basic", |it| it.basic("basic", "wrong"), BAD);
    check_code("basic", |it| it.basic("nobody", "wrong"), BAD);
    check_code("basic", |it| it.with("client_secret", crate::testing::SECRET), "400 invalid_request");
    check_code("basic", |it| it.header(http::header::AUTHORIZATION, "Basic %"), BAD);
    check_code("public", |it| it.with("client_secret", "x"), BAD);
    check_code("public", |it| it.with("client_secret", ""), "200");
    check_code("public", |it| it.without("client_id").basic("public", ""), "200");
    check_code("public", |it| it.without("client_id"), BAD);
    check_code("public", |it| it.with("client_id", ""), BAD);
    check_code("public", |it| it.with("client_id", "nobody"), BAD);
}

#[test]
fn g09_only_who_used_basic_is_asked_for_basic() {
    let world = World::new();
    let challenge = |request: &Post| {
        let answer = world.post_token(request);
        let value = answer.headers().get(http::header::WWW_AUTHENTICATE);
        (answer.status().as_u16(), value.is_some_and(|it| it.to_str().unwrap().starts_with("Basic ")))
    };
    let request = || code_request("basic", &world.code("basic"));
    assert_eq!(challenge(&request().basic("basic", "wrong")), (401, true));
    assert_eq!(challenge(&request().basic("nobody", "wrong")), (401, true));
    let post = || code_request("post", &world.code("post"));
    assert_eq!(challenge(&post().with("client_secret", "wrong")), (401, false));
    assert_eq!(challenge(&post().with("client_id", "nobody")), (401, false));
    assert_eq!(challenge(&post().with("code", "unknown")), (400, false));
    assert_eq!(challenge(&request().with("code", "unknown")), (400, false));
    assert_eq!(challenge(&request().with("client_secret", "wrong")), (400, false));
    assert_eq!(challenge(&request()), (200, false));
}

#[test]
fn g09_whoever_guesses_is_slowed_down() {
    let world = World::new();
    let request = |secret: &str| code_request("post", "unknown").with("client_secret", secret);
    let answers: Vec<_> = (0..100).map(|_| outcome(&world.post_token(&request("wrong")))).collect();
    assert!(answers.contains(&"401 invalid_client".to_owned()));
    assert!(answers.contains(&"429 temporarily_unavailable".to_owned()), "{answers:?}");
    let answer = world.post_token(&request("wrong"));
    assert!(answer.headers().contains_key(http::header::RETRY_AFTER));
    assert_eq!(
        outcome(&world.post_token(&code_request("basic", "unknown"))),
        "400 invalid_grant",
        "others go on"
    );
}

#[test]
fn g28_a_refused_request_does_not_reach_the_grant() {
    let world = World::new();
    let good = code_request("post", &world.code("post"));
    for (request, expected) in [
        (good.clone().with("client_secret", "wrong"), "401 invalid_client"),
        (good.clone().with("resource", "https://elsewhere.example/"), "400 invalid_target"),
        (good.clone().with("grant_type", "password"), "400 unsupported_grant_type"),
        (good.clone().without("code"), "400 invalid_request"),
        (good.clone().and("code", "x"), "400 invalid_request"),
    ] {
        check_untouched(&world, &request, expected);
    }
    assert_eq!(outcome(&world.post_token(&good)), "200");
    let expected = format!("redeem for post, Some({REDIRECT_URI:?}), Some({VERIFIER:?}), []");
    assert_eq!(world.grants.take_calls(), [expected]);
}

#[test]
fn g31_the_grant_type_must_be_the_clients() {
    let world = World::new();
    let request = |client: &str| code_request(client, "unknown");
    check_untouched(&world, &request("machine"), "400 unauthorized_client");
    check_untouched(&world, &request("reader"), "400 unauthorized_client");
    let refresh = |client: &str| refresh_request(client, "unknown");
    check_untouched(&world, &refresh("limited"), "400 unauthorized_client");
    assert_eq!(outcome(&world.post_token(&request("limited"))), "400 invalid_grant");
    assert_eq!(outcome(&world.post_token(&refresh("machine"))), "400 invalid_grant");
}

#[test]
fn g26_what_is_no_code_is_refused() {
    let world = World::new();
    let tokens = world.tokens("public");
    let code = world.code("public");
    let longer = format!("{code}A");
    let long = "x".repeat(60_000);
    let access_token = tokens["access_token"].as_str().unwrap();
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    for other in [access_token, refresh_token, &code[1..], &longer, &long, "\u{0}", "'; --"] {
        assert_eq!(
            outcome(&world.post_token(&code_request("public", other))),
            "400 invalid_grant",
            "{other}"
        );
    }
    assert_eq!(outcome(&world.post_token(&code_request("public", &code))), "200");
}

#[test]
fn a_code_is_good_once() {
    let world = World::new();
    let request = code_request("public", &world.code("public"));
    let tokens = body(&world, &request);
    assert_eq!(outcome(&world.post_token(&request)), "400 invalid_grant");
    assert!(!world.is_active(tokens["access_token"].as_str().unwrap()));
}

#[test]
fn a_code_without_a_grant_type_or_without_a_code_is_no_request() {
    let world = World::new();
    let request = |pairs: &[(&str, &str)]| authenticated("public", Post::new(pairs));
    check_untouched(&world, &request(&[("code", "x")]), "400 invalid_request");
    check_untouched(&world, &request(&[("grant_type", "authorization_code")]), "400 invalid_request");
    check_untouched(&world, &request(&[("grant_type", "refresh_token")]), "400 invalid_request");
}
