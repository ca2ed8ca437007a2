use http::{Method, header::CONTENT_TYPE};

use super::*;

#[test]
fn g11_only_known_grant_types_are_served() {
    const UNSUPPORTED: &str = "400 unsupported_grant_type";
    check_code("public", |it| it.with("grant_type", "authorization_code"), "200");
    for bad in ["password", "implicit", "client_credentials", "AUTHORIZATION_CODE", "authorization_code "] {
        check_code("public", |it| it.with("grant_type", bad), UNSUPPORTED);
    }
    check_code("public", |it| it.without("grant_type"), "400 invalid_request");
    check_code("public", |it| it.and("grant_type", "authorization_code"), "400 invalid_request");
    check_code("public", |it| it.and("grant_type", "password"), "400 invalid_request");
}

#[test]
fn g12_the_body_is_a_form() {
    let typed = |content_type: &'static str| move |it: Post| it.header(CONTENT_TYPE, content_type);
    for good in [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded;charset=\"utf-8\"",
        "Application/X-WWW-Form-Urlencoded ; Charset=utf8",
        "application/x-www-form-urlencoded;",
    ] {
        check_code("public", typed(good), "200");
    }
    for bad in [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
        "application/x-www-form-urlencoded, application/json",
        "application/x-www-form-urlencoded; charset=iso-8859-1",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded; charset",
        "application/x-www-form-urlencodedx",
    ] {
        check_code("public", typed(bad), "400 invalid_request");
    }
    let without = |mut it: Post| {
        it.headers.remove(CONTENT_TYPE);
        it
    };
    check_code("public", without, "400 invalid_request");
    let twice = |mut it: Post| {
        it.headers.append(CONTENT_TYPE, "application/json".parse().unwrap());
        it
    };
    check_code("public", twice, "400 invalid_request");
    check_code("public", |it| it.raw("\u{FEFF}\0\0"), "400 invalid_request");
    check_code("public", |it| it.raw("grant_type=%ff"), "400 invalid_request");
}

#[test]
fn g12_a_json_object_is_taken_if_that_is_switched_on() {
    let mut world = World::new();
    let request = |world: &World, json: String| {
        let post = code_request("public", "").raw(json).header(CONTENT_TYPE, "application/json");
        outcome(&world.post_token(&post))
    };
    let good = |code: &str| {
        serde_json::json!({
            "grant_type": "authorization_code",
            "client_id": "public",
            "client_secret": null,
            "code": code,
            "redirect_uri": crate::testing::REDIRECT_URI,
            "code_verifier": crate::testing::VERIFIER,
            "resource": [crate::testing::RESOURCE],
        })
    };
    let code = world.code("public");
    assert_eq!(request(&world, good(&code).to_string()), "400 invalid_request", "off");
    world.settings.json_token_requests = true;
    let text = good(&code).to_string();
    let changed = |from: &str, to: &str| text.replace(from, to);
    for bad in [
        changed("\"public\"", "7"),
        changed("\"public\"", "[\"public\",\"public\"]"),
        changed("\"public\"", "{}"),
        changed("{\"", "{\"grant_type\":\"password\",\""),
        changed("}", ""),
        format!("[{text}]"),
        String::new(),
        "\"x\"".to_owned(),
    ] {
        assert_eq!(request(&world, bad.clone()), "400 invalid_request", "{bad}");
    }
    assert_eq!(request(&world, text.clone()), "200");
}

#[test]
fn g13_parameters_come_once_and_in_the_body() {
    check_code("public", |it| it, "200");
    check_code("public", |it| it.with("unknown", "ignored"), "200");
    let query = |text: &'static str| {
        move |mut it: Post| {
            it.query = Some(text.to_owned());
            it
        }
    };
    check_code("public", query(""), "200");
    check_code("public", query("client_id=public"), "400 invalid_request");
    check_code("public", query("x"), "400 invalid_request");
    for name in ["client_id", "code", "redirect_uri", "code_verifier", "scope", "unknown"] {
        check_code("public", |it| it.with(name, "x").and(name, "x"), "400 invalid_request");
    }
    for method in [Method::GET, Method::PUT, Method::HEAD, Method::DELETE] {
        let with_method = |mut it: Post| {
            it.method = method.clone();
            it
        };
        check_code("public", with_method, "405 invalid_request");
    }
}

#[test]
fn g26_a_body_has_a_limit() {
    let fill = |length: usize| {
        move |it: Post| {
            let mut body = it.body();
            body.extend_from_slice(b"&x=");
            body.resize(length, b'y');
            it.raw(body)
        }
    };
    check_code("public", fill(64 * 1024), "200");
    check_code("public", fill(64 * 1024 + 1), "413 invalid_request");
    check_code("public", fill(1024 * 1024), "413 invalid_request");
}
