use http::HeaderValue;

use super::*;

const FROM: &str = "http://127.0.0.1:3000/v1/mcp?tenant=a";

#[track_caller]
fn check(method: &Method, from: &str, status: u16, location: &str, expected: Result<&str, RefusedRedirect>) {
    let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_str(location).unwrap())]);
    let status = StatusCode::from_u16(status).unwrap();
    let outcome = resolve(method, &from.parse().unwrap(), status, &headers).map(|uri| uri.to_string());
    assert_eq!(outcome, expected.map(str::to_owned), "{method} {status} {location}");
}

#[test]
fn the_location_is_a_reference() {
    for (location, expected) in [
        ("http://127.0.0.1:3000/v1/mcp/", "http://127.0.0.1:3000/v1/mcp/"),
        ("/v1/mcp/", "http://127.0.0.1:3000/v1/mcp/"),
        ("mcp/", "http://127.0.0.1:3000/v1/mcp/"),
        ("?tenant=b", "http://127.0.0.1:3000/v1/mcp?tenant=b"),
        ("//127.0.0.1:3000/x#fragment", "http://127.0.0.1:3000/x"),
        ("../../x", "http://127.0.0.1:3000/x"),
    ] {
        check(&Method::POST, FROM, 307, location, Ok(expected));
    }
    check(
        &Method::POST,
        "https://mcp.example/a",
        308,
        "https://MCP.example:443/b",
        Ok("https://mcp.example/b"),
    );
}

#[test]
fn e29_another_origin_is_refused() {
    for location in [
        "http://127.0.0.1:3001/v1/mcp",
        "https://127.0.0.1:3000/v1/mcp",
        "http://localhost:3000/v1/mcp",
        "http://127.0.0.1:3000@evil.example/",
        "http://user@127.0.0.1:3000/",
        "\\\\evil.example\\mcp",
        "//evil.example",
        "javascript:alert(1)",
    ] {
        check(&Method::POST, FROM, 307, location, Err(RefusedRedirect::OtherOrigin));
    }
    check(&Method::POST, "https://a.example/", 307, "http://a.example/", Err(RefusedRedirect::OtherOrigin));
    check(&Method::POST, FROM, 307, "http://[", Err(RefusedRedirect::Location));
}

#[test]
fn only_statuses_that_keep_the_method_are_followed() {
    let next = Ok("http://127.0.0.1:3000/x");
    for status in [301, 302, 303] {
        check(&Method::GET, FROM, status, "/x", next);
        check(&Method::HEAD, FROM, status, "/x", next);
        check(&Method::POST, FROM, status, "/x", Err(RefusedRedirect::Status));
        check(&Method::DELETE, FROM, status, "/x", Err(RefusedRedirect::Status));
    }
    for status in [307, 308] {
        check(&Method::POST, FROM, status, "/x", next);
        check(&Method::DELETE, FROM, status, "/x", next);
    }
    for status in [300, 305, 306] {
        check(&Method::GET, FROM, status, "/x", Err(RefusedRedirect::Status));
    }
    assert!(!is_redirect(StatusCode::NOT_MODIFIED) && is_redirect(StatusCode::FOUND));
}

#[test]
fn e29_only_a_final_slash_is_the_same_place() {
    for (from, to, expected) in [
        ("/mcp", "/mcp/", true),
        ("/mcp/", "/mcp", true),
        ("/mcp?tenant=a", "/mcp/?tenant=a", true),
        ("/mcp", "/mcp", false),
        ("/mcp", "/mcp//", false),
        ("/mcp", "/admin/", false),
        ("/mcp", "/mcp/x", false),
        ("/mcp", "/mcp/?tenant=b", false),
        ("/mcp?tenant=a", "/mcp/", false),
    ] {
        let uri = |path: &str| format!("http://127.0.0.1:3000{path}").parse().unwrap();
        assert_eq!(differs_in_final_slash(&uri(from), &uri(to)), expected, "{from} {to}");
    }
}

#[test]
fn several_locations_are_refused() {
    let one = HeaderValue::from_static("/x");
    let headers = HeaderMap::from_iter([(LOCATION, one)]);
    let mut two = headers.clone();
    two.append(LOCATION, HeaderValue::from_static("/x"));
    let from = FROM.parse().unwrap();
    let resolve = |headers| resolve(&Method::GET, &from, StatusCode::FOUND, headers).map(drop);
    assert_eq!(resolve(&headers), Ok(()));
    assert_eq!(resolve(&two), Err(RefusedRedirect::Location));
}
