use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use token_validate::{MAX_TOKEN_BYTES, bearer_token, dpop_token};

/// The header `Authorization`; further lines are a second such header, and the query.
pub fn run(data: &[u8]) -> bool {
    let mut lines = data.splitn(3, |it| *it == b'\n');
    let mut headers = HeaderMap::new();
    for line in lines.by_ref().take(2).filter(|it| !it.is_empty()) {
        let Ok(value) = HeaderValue::from_bytes(line) else { return false };
        headers.append(AUTHORIZATION, value);
    }
    let query = lines.next().map(String::from_utf8_lossy);
    let bearer = bearer_token(&headers, query.as_deref()).map(|it| it.expose().to_owned());
    let dpop = dpop_token(&headers, query.as_deref()).map(|it| it.expose().to_owned());
    assert!(bearer.is_err() || dpop.is_err(), "two schemes at once");
    let Some((scheme, token)) = bearer.map(|it| ("Bearer", it)).or(dpop.map(|it| ("DPoP", it))).ok() else {
        return false;
    };
    assert_eq!(headers.len(), 1, "one of two headers was taken");
    let value = headers[AUTHORIZATION].as_bytes();
    let (said, rest) = value.split_at(scheme.len());
    assert!(said.eq_ignore_ascii_case(scheme.as_bytes()));
    assert_eq!(rest, format!(" {token}").as_bytes(), "another token than was sent");
    assert!((1..=MAX_TOKEN_BYTES).contains(&token.len()));
    assert!(token.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._~+/=".contains(&it)), "{token}");
    assert!(
        query.is_none_or(
            |it| !url::form_urlencoded::parse(it.as_bytes()).any(|(name, _)| name == "access_token")
        ),
        "a token in the query too"
    );
    true
}

/// What credentials are made of.
pub const WORDS: &[&str] = &[
    "Bearer ",
    "bearer ",
    "DPoP ",
    "Basic ",
    "Bearer",
    "\n",
    "access_token=",
    "&",
    "%61",
    ",",
    "\"",
    "  ",
    "eyJ",
    ".",
];
