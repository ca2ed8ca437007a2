use super::*;
use crate::testing::{CHALLENGE, good};

#[test]
fn f06_the_response_type_is_code() {
    check(&good_query().with("response_type", "code"), "ok");
    for bad in ["token", "id_token", "code id_token", "code token", "none", "CODE", "code ", ""] {
        check(&good_query().with("response_type", bad), "unsupported_response_type");
    }
    check(&good_query().without("response_type"), "unsupported_response_type");
}

#[test]
fn f07_pkce_is_for_every_client() {
    for client in ["public", "basic"] {
        let query = good_query().with("client_id", client);
        check(&query, "ok");
        check(&query.clone().without("code_challenge"), "invalid_request");
        check(&query.clone().with("code_challenge", ""), "invalid_request");
        check(&query.without("code_challenge").without("code_challenge_method"), "invalid_request");
    }
}

#[test]
fn f08_the_pkce_method_is_s256() {
    check(&good_query().with("code_challenge_method", "S256"), "ok");
    check(&good_query().without("code_challenge_method"), "invalid_request");
    for bad in ["plain", "s256", "S512", "S256 ", ""] {
        check(&good_query().with("code_challenge_method", bad), "invalid_request");
    }
}

#[test]
fn f09_the_code_challenge_is_a_digest() {
    check(&good_query().with("code_challenge", CHALLENGE), "ok");
    let longer = format!("{CHALLENGE}A");
    let padded = format!("{CHALLENGE}=");
    let other = CHALLENGE.replace('-', "+");
    for bad in [&CHALLENGE[1..], &longer, &padded, &other, "x"] {
        check(&good_query().with("code_challenge", bad), "invalid_request");
    }
}

#[test]
fn f10_nothing_is_given_twice() {
    check(&good_query(), "ok");
    let names = ["response_type", "code_challenge", "code_challenge_method", "scope", "state", "prompt", "x"];
    for name in names {
        check(&good_query().with(name, "y").and(name, "y"), "invalid_request");
    }
    check(&good_query().and("state", ""), "invalid_request");
}

#[test]
fn f10_parameters_come_from_one_place() {
    let world = World::new();
    let good = good_query().encode();
    let outcome = |query, form| outcome(block_on(world.authorize().check(query, form)));
    assert_eq!(outcome(Some(&good), None), "ok");
    assert_eq!(outcome(None, Some(good.as_bytes())), "ok");
    assert_eq!(outcome(Some(""), Some(good.as_bytes())), "ok");
    assert_eq!(outcome(Some(&good), Some(b"prompt=none")), MALFORMED);
    assert_eq!(outcome(Some("x=1"), Some(good.as_bytes())), MALFORMED);
    assert_eq!(outcome(None, None), UNKNOWN);
}

#[test]
fn f11_request_objects_are_refused_unread() {
    check(&good_query(), "ok");
    check(&good_query().with("request", "eyJhbGciOiJub25lIn0.e30."), "request_not_supported");
    check(&good_query().with("request_uri", "https://evil.example/request"), "request_not_supported");
    check(&good_query().with("request_uri", "urn:example:request"), "request_not_supported");
    check(&good_query().with("request_uri", "urn:ietf:params:oauth:request_uri:x"), PUSHED);
    check(&good_query().with("request", ""), "ok");
}

#[test]
fn f12_the_answer_goes_into_the_query() {
    check(&good_query().with("response_mode", "query"), "ok");
    for bad in ["fragment", "form_post", "jwt", "query.jwt", "web_message", "QUERY"] {
        check(&good_query().with("response_mode", bad), "invalid_request");
    }
}

#[test]
fn f17_nobody_is_passed_over() {
    for good in ["consent", "login", "select_account consent", "create", ""] {
        check(&good_query().with("prompt", good), "ok");
    }
    for client in ["public", "basic"] {
        let query = good_query().with("client_id", client);
        check(&query.clone().with("prompt", "none"), "consent_required");
        check(&query.with("prompt", "consent none"), "consent_required");
    }
}

#[test]
fn f25_what_is_not_used_is_not_reflected() {
    const HOSTILE: &str = "\"><script>alert(1)</script>";
    let query = good_query()
        .with("login_hint", HOSTILE)
        .with("ui_locales", HOSTILE)
        .with("acr_values", HOSTILE)
        .with("audience", HOSTILE)
        .with("nonce", HOSTILE);
    let world = World::new();
    assert!(!format!("{:?}", good(&world, &query)).contains("alert(1)"));
    let refused = block_on(world.authorize().check(Some(&query.with("prompt", "none").encode()), None));
    assert!(!format!("{refused:?}").contains("alert(1)"));
}

#[test]
fn f26_what_would_restrict_the_grant_is_not_ignored() {
    check(&good_query(), "ok");
    check(&good_query().with("claims", r#"{"id_token":{"email":null}}"#), "invalid_request");
    check(&good_query().with("authorization_details", r#"[{"type":"files"}]"#), "invalid_request");
    check(&good_query().with("claims", ""), "ok");
}

#[test]
fn the_grant_type_must_be_the_clients() {
    check(&good_query().with("client_id", "basic"), "ok");
    check(&good_query().with("client_id", "machine"), "unauthorized_client");
}

#[test]
fn too_long_a_request_is_a_page() {
    let filled = |length: usize| {
        let query = good_query().encode() + "&x=";
        let filling = "y".repeat(length - query.len());
        query + &filling
    };
    check_raw(&filled(AuthorizeEndpoint::MAX_BYTES), "ok");
    check_raw(&filled(AuthorizeEndpoint::MAX_BYTES + 1), TOO_LONG);
}
