mod dpop;

use test_support::golden;

use super::*;

const EXPIRED: ErrorDescription = ErrorDescription::from_static("the token has expired");
const NARROW: ErrorDescription = ErrorDescription::from_static("the token lacks a scope");
const TWICE: ErrorDescription = ErrorDescription::from_static("more than one token was sent");

fn resource(uri: &str, scopes: &str) -> ProtectedResource {
    ProtectedResource::builder(uri.parse().unwrap(), "https://as.example".parse().unwrap())
        .scopes(scopes.parse().unwrap())
        .build()
}

fn mcp() -> ProtectedResource {
    resource("https://mcp.example/mcp", "mcp files:read")
}

/// The quoted parameters of a challenge, read with a parser that knows nothing of the writer.
fn parameters(value: &HeaderValue) -> Vec<(String, String)> {
    let mut rest = value.to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let mut found = Vec::new();
    loop {
        let (name, tail) = rest.split_once("=\"").unwrap();
        let (text, tail) = tail.split_once('"').unwrap();
        assert!(!text.contains('\\'));
        found.push((name.to_owned(), text.to_owned()));
        let Some(next) = tail.strip_prefix(", ") else {
            assert_eq!(tail, "");
            return found;
        };
        rest = next;
    }
}

#[track_caller]
fn check(challenge: &Challenge, status: u16, expected: &[(&str, &str)]) {
    assert_eq!(challenge.status(), status);
    let found = parameters(&challenge.to_header_value());
    let found: Vec<_> = found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(found, expected);
}

const URL: (&str, &str) =
    ("resource_metadata", "https://mcp.example/.well-known/oauth-protected-resource/mcp");

#[test]
fn spec_c3_c4_c5_each_refusal_has_its_status_and_its_parameters_once() {
    check(&Challenge::missing(&mcp()), 401, &[("scope", "files:read mcp"), URL]);
    check(
        &Challenge::refused(&mcp(), BearerError::InvalidToken, EXPIRED),
        401,
        &[
            ("error", "invalid_token"),
            ("error_description", "the token has expired"),
            ("scope", "files:read mcp"),
            URL,
        ],
    );
    check(
        &Challenge::refused(&mcp(), BearerError::InvalidRequest, TWICE),
        400,
        &[("error", "invalid_request"), ("error_description", "more than one token was sent"), URL],
    );
}

#[test]
fn spec_c6_c7_a_narrow_token_is_told_what_the_operation_needs_in_a_stable_order() {
    for needed in ["files:write files:read", "files:read files:write"] {
        check(
            &Challenge::refused(&mcp(), BearerError::InsufficientScope, NARROW)
                .with_scope(&needed.parse().unwrap()),
            403,
            &[
                ("error", "insufficient_scope"),
                ("error_description", "the token lacks a scope"),
                ("scope", "files:read files:write"),
                URL,
            ],
        );
    }
}

#[test]
fn spec_c12_offline_access_is_never_challenged_for() {
    let narrow = Challenge::refused(&mcp(), BearerError::InsufficientScope, NARROW);
    for needed in ["mcp offline_access", "offline_access"] {
        let value = narrow.clone().with_scope(&needed.parse().unwrap()).to_string();
        assert!(!value.contains("offline_access"), "{value}");
    }
    assert!(narrow.with_scope(&"offline".parse().unwrap()).to_string().contains("scope=\"offline\""));
}

#[test]
fn spec_c4_no_scope_no_parameter() {
    check(&Challenge::missing(&resource("https://mcp.example/mcp", "")), 401, &[URL]);
}

#[test]
fn d05_the_url_is_quoted_whatever_the_path_holds() {
    let url = "https://mcp.example/.well-known/oauth-protected-resource/a%22b%5C,c=d;e'(f)|%20";
    let odd = resource("https://mcp.example/a%22b%5C,c=d;e'(f)|%20", "");
    check(&Challenge::missing(&odd), 401, &[("resource_metadata", url)]);
    assert!("https://mcp.example/a\"b".parse::<oauth_types::ResourceUri>().is_err());
    assert!("https://mcp.example/a\\b".parse::<oauth_types::ResourceUri>().is_err());
}

#[test]
fn the_wire_texts_are_reviewed() {
    let mcp = mcp();
    let refused = |error, description| Challenge::refused(&mcp, error, description);
    let lines = [
        Challenge::missing(&mcp),
        refused(BearerError::InvalidToken, EXPIRED),
        refused(BearerError::InvalidRequest, TWICE),
        refused(BearerError::InsufficientScope, NARROW).with_scope(&"files:write".parse().unwrap()),
    ]
    .map(|it| format!("{} WWW-Authenticate: {it}\n", it.status().as_u16()));
    golden!("challenges.txt", &lines.concat());
}
