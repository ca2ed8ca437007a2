use http::{HeaderValue, header::CONTENT_TYPE};
use serde_json::Value;

use super::*;
use crate::ClientOrigin;
use crate::testing::{REDIRECT_URI, good};

#[test]
fn f01_an_unknown_client_is_a_page() {
    check(&good_query(), "ok");
    check(&good_query().without("client_id"), UNKNOWN);
    check(&good_query().with("client_id", ""), UNKNOWN);
    check(&good_query().with("client_id", "nobody"), UNKNOWN);
    check(&good_query().with("client_id", "PUBLIC"), UNKNOWN);
    check(&good_query().with("client_id", "public "), UNKNOWN);
    check(&good_query().with("client_id", "pub\r\nlic"), UNKNOWN);
    check(&good_query().with("client_id", &"a".repeat(256)), UNKNOWN);
    check(&good_query().and("client_id", "public"), UNKNOWN);
    check(&good_query().and("client_id", "other"), UNKNOWN);
    check_raw(&format!("{}&client_id=%ff", good_query().without("client_id").encode()), UNKNOWN);
}

#[test]
fn f01_while_nobody_can_say_who_a_client_is_it_is_not_called_unknown() {
    let world = World::new();
    let query = good_query().with("client_id", "nobody").encode();
    let ask = || outcome(block_on(world.authorize().check(Some(&query), None)));
    assert_eq!(ask(), UNKNOWN);
    world.store.set_down(true);
    assert_eq!(ask(), "page: the clients are unavailable");
    world.store.set_down(false);
    assert_eq!(ask(), UNKNOWN);
}

#[test]
fn f01_a_client_is_known_once_it_registered() {
    let world = World::new();
    let body = format!(r#"{{"redirect_uris":["{REDIRECT_URI}"],"token_endpoint_auth_method":"none"}}"#);
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))].into_iter().collect();
    let answer = block_on(world.registrations.register(&headers, body.as_bytes(), None));
    let answer: Value = serde_json::from_slice(answer.body()).unwrap();
    let query = good_query().with("client_id", answer["client_id"].as_str().unwrap());
    assert_eq!(good(&world, &query).client.origin, ClientOrigin::Registered);
    check(&query, UNKNOWN);
}

#[test]
fn f02_a_redirect_uri_that_is_missing_or_repeated_or_not_registered_is_a_page() {
    let with = |text: &str| good_query().with("redirect_uri", text);
    check(&with(REDIRECT_URI), "ok");
    check(&good_query().without("redirect_uri"), REDIRECT);
    check(&with(""), REDIRECT);
    check(&good_query().and("redirect_uri", REDIRECT_URI), REDIRECT);
    check(&good_query().and("redirect_uri", "https://evil.example/"), REDIRECT);
    check(&with("https://evil.example/callback"), REDIRECT);
    check(&with("http://127.0.0.1/callback"), REDIRECT);
    check(&with("com.example.app:/callback"), REDIRECT);
}

#[test]
fn f03_a_redirect_uri_that_is_nearly_registered_is_a_page() {
    check(&good_query().with("redirect_uri", "https://client.example/callback"), "ok");
    for near in [
        "https://client.example/Callback",
        "https://Client.example/callback",
        "HTTPS://client.example/callback",
        "https://client.example/callback/",
        "https://client.example/callback?",
        "https://client.example/callback?x=1",
        "https://client.example/callback#",
        "https://client.example/callback#x",
        "https://client.example/x/../callback",
        "https://client.example/x/%2e%2e/callback",
        "https://client.example/x/..;/callback",
        "https://client.example//callback",
        "https://client.example/%63allback",
        "https://client.example:443/callback",
        "https://client.example:8443/callback",
        "https://client.example@evil.example/callback",
        "https://evil.example%25@client.example/callback",
        "https://a@@client.example/callback",
        "https://user:pass@client.example/callback",
        "https://client.example\\@evil.example/callback",
        "https:\\\\client.example\\callback",
        "https://client.example/call\tback",
        "https://client.example/callback\n",
        " https://client.example/callback",
        "https://client.example./callback",
        "https://client\u{FF0E}example/callback",
        "https://cl\u{00ED}ent.example/callback",
        "https://xn--clent-3sa.example/callback",
        "https://client.example.evil.example/callback",
        "http://client.example/callback",
        "javascript://client.example/callback",
    ] {
        check(&good_query().with("redirect_uri", near), REDIRECT);
    }
}

#[test]
fn f04_only_the_port_of_a_loopback_redirect_uri_is_free() {
    let with = |text: &str| good_query().with("client_id", "loopback").with("redirect_uri", text);
    for good in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:33418/callback",
        "http://[::1]:1/callback",
        "http://localhost:6274",
        "http://localhost:6274/",
        "com.example.app:/callback",
    ] {
        check(&with(good), "ok");
    }
    for bad in [
        "https://127.0.0.1:33418/callback",
        "http://127.0.0.1:33418/callback/",
        "http://127.0.0.1:33418/callback?x=1",
        "http://127.0.0.1:33418/other",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.2:33418/callback",
        "http://127.1:33418/callback",
        "http://0x7f.1/callback",
        "http://0.0.0.0:33418/callback",
        "http://[::ffff:127.0.0.1]:33418/callback",
        "http://localhost.evil/",
        "http://localhost:1@evil.example/",
        "http://localhost/callback",
        "http://evil.example/callback",
        "com.example.app:/other",
        "com.example.app.evil:/callback",
    ] {
        check(&with(bad), REDIRECT);
    }
}

#[test]
fn f05_client_and_redirect_uri_go_together() {
    let request = good(&World::new(), &good_query());
    assert_eq!(request.client.id.as_str(), "public");
    assert_eq!(request.redirect_uri.as_str(), REDIRECT_URI);
    check(&good_query().with("client_id", "loopback"), REDIRECT);
    check(&good_query().with("redirect_uri", "http://127.0.0.1/callback"), REDIRECT);
}

#[test]
fn f27_a_redirect_uri_that_answers_for_us_cannot_be_asked_for() {
    check(&good_query(), "ok");
    for parameter in ["code", "state", "iss", "error"] {
        let uri = format!("{REDIRECT_URI}?{parameter}=x");
        check(&good_query().with("redirect_uri", &uri), REDIRECT);
        assert!(uri.parse::<oauth_types::RedirectUri>().is_err(), "{uri} could be registered");
    }
}
