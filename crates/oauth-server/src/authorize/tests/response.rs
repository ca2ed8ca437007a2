use test_support::golden;
use url::Url;

use super::*;
use crate::testing::{ISSUER, good};

/// The redirect of a request that is refused.
#[track_caller]
fn refused(world: &World, query: &str) -> AuthorizeRedirectError {
    match block_on(world.authorize().check(Some(query), None)) {
        Err(AuthorizeRefusal::Redirect(error)) => error,
        other => panic!("{query}: {other:?}"),
    }
}

fn values(location: &str, name: &str) -> Vec<String> {
    let url = Url::parse(location).unwrap();
    url.query_pairs().filter(|(it, _)| it == name).map(|(_, value)| value.into_owned()).collect()
}

#[test]
fn f15_the_state_is_answered_byte_for_byte() {
    let world = World::new();
    let state = |text: &str| good(&world, &good_query().with("state", text)).state;
    for text in ["x", "a b+c&d=e%20", "<script>alert(1)</script>", "\r\nSet-Cookie: x", "\u{FC}\u{0}"] {
        assert_eq!(state(text).as_deref(), Some(text.as_bytes()), "{text:?}");
        let query = good_query().with("state", text).with("prompt", "none").encode();
        let location = refused(&world, &query).location;
        assert_eq!(values(&location, "state"), [text]);
        assert!(location.bytes().all(|it| matches!(it, 0x21..=0x7E) && it != b'<'), "{location}");
    }
    for length in [2048, 4096] {
        let text = "s".repeat(length);
        assert_eq!(state(&text), Some(text.into_bytes()));
    }
    assert_eq!(good(&world, &good_query().without("state")).state, None);
    assert_eq!(state(""), None);
    check(&good_query().with("state", &"s".repeat(4097)), TOO_LONG);
    check(&good_query().with("state", &"s".repeat(8193)), TOO_LONG);
}

#[test]
fn f15_a_state_that_is_no_text_comes_back_as_it_was() {
    let query = good_query().without("state").with("prompt", "none").encode() + "&state=%ff%00%fe";
    let location = refused(&World::new(), &query).location;
    assert!(location.contains("&state=%FF%00%FE&"), "{location}");
}

#[test]
fn f16_every_answer_names_the_issuer_once() {
    let mut world = World::new();
    let request = good(&world, &good_query());
    let code = |settings: &crate::ServerSettings| {
        let (state, issuer) = (request.state.as_deref(), settings.response_issuer());
        AuthorizationResponse { redirect_uri: &request.redirect_uri, state, issuer }.code("the-code")
    };
    let success = code(&world.settings);
    assert_eq!(values(&success, "iss"), [ISSUER]);
    assert_eq!(values(&success, "code"), ["the-code"]);
    let query = good_query().with("iss", "https://evil.example").with("prompt", "none").encode();
    let error = refused(&world, &query);
    assert_eq!(values(&error.location, "iss"), [ISSUER]);
    assert_eq!(values(&error.location, "code"), [""; 0]);

    world.settings.response_issuer = false;
    assert_eq!(values(&refused(&world, &query).location, "iss"), [""; 0]);
    assert_eq!(values(&code(&world.settings), "iss"), [""; 0]);
}

#[test]
fn an_error_says_who_asked_and_where_it_goes() {
    let error = refused(&World::new(), &good_query().with("prompt", "none").encode());
    assert_eq!(error.client.id.as_str(), "public");
    assert!(error.location.starts_with(error.redirect_uri.as_str()));
}

#[test]
fn errors_on_the_wire() {
    let world = World::new();
    let app = good_query().with("client_id", "loopback").with("redirect_uri", "com.example.app:/callback");
    let rows = [
        good_query().with("request", "x"),
        good_query().with("response_type", "token"),
        good_query().with("response_mode", "fragment"),
        good_query().with("claims", "{}"),
        good_query().with("authorization_details", "[]"),
        good_query().with("client_id", "machine"),
        good_query().without("code_challenge"),
        good_query().with("code_challenge_method", "plain"),
        good_query().with("code_challenge", "x"),
        good_query().with("resource", "https://other.example/"),
        good_query().with("scope", "\""),
        good_query().with("client_id", "nothing"),
        good_query().with("prompt", "none"),
        good_query().and("scope", "mcp"),
        good_query().and("state", "twice"),
        good_query().without("state").with("prompt", "none"),
        app.with("prompt", "none"),
    ];
    let lines: Vec<_> = rows.iter().map(|it| refused(&world, &it.encode()).location + "\n").collect();
    golden!("authorize_errors.txt", &lines.concat());
}
