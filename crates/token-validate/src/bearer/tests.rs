use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

const TOKEN: &str = "eyJh.bGci.c2ln-._~+/=";

#[track_caller]
fn check(headers: &[(&str, &[u8])], query: Option<&str>, expected: Result<&str, Reason>) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value).unwrap());
    }
    let outcome = bearer_token(&map, query);
    let outcome = outcome.as_ref().map(BearerToken::expose).map_err(|it| it.reason);
    assert_eq!(outcome, expected, "{headers:?} {query:?}");
}

#[track_caller]
fn check_value(value: impl AsRef<[u8]>, expected: Result<&str, Reason>) {
    check(&[("authorization", value.as_ref())], None, expected);
}

#[test]
fn a01_no_header_is_no_token() {
    check(&[], None, Err(Reason::TokenMissing));
    check_value(format!("Bearer {TOKEN}"), Ok(TOKEN));
}

#[test]
fn a02_two_headers_are_refused_in_any_order() {
    let good = format!("Bearer {TOKEN}");
    let good = good.as_bytes();
    let repeated = Err(Reason::AuthorizationRepeated);
    check(&[("authorization", good), ("authorization", good)], None, repeated);
    check(&[("authorization", good), ("authorization", b"Basic YTpi")], None, repeated);
    check(&[("authorization", b"Basic YTpi"), ("authorization", good)], None, repeated);
    check(&[("Authorization", good), ("x-other", good)], None, Ok(TOKEN));
}

#[test]
fn a03_a_list_of_tokens_is_malformed() {
    check_value("Bearer a, Bearer b", Err(Reason::AuthorizationMalformed));
    check_value("Bearer a,b", Err(Reason::AuthorizationMalformed));
    check_value("Bearer a", Ok("a"));
}

#[test]
fn a04_a_token_in_the_query_is_no_credential() {
    let header: &[(&str, &[u8])] = &[("authorization", b"Bearer abc")];
    for query in ["access_token=abc", "x=1&access_token=abc", "access%5Ftoken=abc", "access_token"] {
        check(&[], Some(query), Err(Reason::TokenMissing));
        check(header, Some(query), Err(Reason::TokenSentTwice));
    }
    check(header, Some("x=access_token&access_tokens=1"), Ok("abc"));
    check(header, Some(""), Ok("abc"));
}

#[test]
fn a05_a13_other_places_and_names_do_not_count() {
    for name in [
        "proxy-authorization",
        "cookie",
        "sec-websocket-protocol",
        "x-forwarded-access-token",
        "authorization_",
        "authorisation",
        "x-authorization",
    ] {
        check(&[(name, b"Bearer abc")], None, Err(Reason::TokenMissing));
    }
}

#[test]
fn a06_the_scheme_is_case_insensitive() {
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        check_value(format!("{scheme} abc"), Ok("abc"));
    }
}

#[test]
fn a07_there_is_one_space_and_one_token() {
    for value in
        ["Bearer", "Bearer ", "Bearer\tabc", "Bearer  abc", "Bearer abc junk", "Bearer abc\t", "Bearer \tabc"]
    {
        check_value(value, Err(Reason::TokenSyntax));
    }
    check_value("Bearer abc", Ok("abc"));
}

#[test]
fn a08_other_schemes_are_no_bearer_tokens() {
    for value in ["Basic YTpi", "DPoP abc", "Token abc", "Bearerabc", "abc", "", "Bearer,abc"] {
        check_value(value, Err(Reason::SchemeNotBearer));
    }
}

#[test]
fn a09_bytes_that_no_token_has_are_malformed() {
    for byte in [0x00, 0x0A, 0x0D, 0x1B, 0x7F, 0x80, 0xFF, b'"', b'\\', b',', b'%', b'{'] {
        let value = [b"Bearer ab".as_slice(), &[byte], b"c"].concat();
        assert_eq!(credentials(b"bearer", &value), Err(Reason::AuthorizationMalformed), "{byte:#x}");
    }
    check_value("Bearer ab\u{e9}", Err(Reason::AuthorizationMalformed));
    assert_eq!(credentials(b"bearer", b"Bearer ab\r\n c"), Err(Reason::AuthorizationMalformed));
    assert_eq!(credentials(b"bearer", b"Bearer ab.c"), Ok("ab.c"));
}

#[test]
fn a10_a_token_has_at_most_8_kib() {
    let longest = "a".repeat(MAX_TOKEN_BYTES);
    check_value(format!("Bearer {longest}"), Ok(&longest));
    check_value(format!("Bearer {longest}a"), Err(Reason::TokenTooLarge));
}

#[test]
fn m02_a_token_is_not_printed() {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
    assert_eq!(format!("{:?}", bearer_token(&headers, None).unwrap()), "BearerToken(..)");
}

#[test]
fn a08_the_scheme_of_proofs_is_read_apart() {
    let take = |value: &str, query: Option<&str>| {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", value.parse().unwrap());
        dpop_token(&headers, query).map(|it| it.expose().to_owned()).map_err(|it| it.reason)
    };
    for scheme in ["DPoP", "dpop", "DPOP"] {
        assert_eq!(take(&format!("{scheme} {TOKEN}"), None), Ok(TOKEN.to_owned()));
    }
    for scheme in ["Bearer", "DPoP2", "Basic"] {
        assert_eq!(take(&format!("{scheme} {TOKEN}"), None), Err(Reason::SchemeNotBearer));
    }
    assert_eq!(take("DPoP", None), Err(Reason::TokenSyntax));
    assert_eq!(take("DPoP a, Bearer b", None), Err(Reason::AuthorizationMalformed));
    assert_eq!(take(&format!("DPoP {TOKEN}"), Some("access_token=x")), Err(Reason::TokenSentTwice));
}
