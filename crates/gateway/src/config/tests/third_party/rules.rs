use serde_json::Value;
use token_manager::{AccessTokenClaims, Confirmation};

use super::{OPTION_B, edited, parse};
use crate::config::check::third_party::rule_claims::OWN_CLAIMS;

const BEFORE: &str = "[outbound]";

fn with(allow: &str) -> String {
    let rule = format!("[[server.rule]]\ntools = [\"delete_*\"]\nallow = {{ {allow} }}\n{BEFORE}");
    edited(OPTION_B, BEFORE, &rule)
}

#[test]
fn o11_a_rule_for_claims_that_no_token_of_ours_has_is_refused() {
    for allow in [
        r#"subjects = ["github:583231"]"#,
        r#"clients = ["app"]"#,
        r#"claims = { client_id = "app" }"#,
        r#"claims = { "act.sub" = "agent" }"#,
    ] {
        parse(&with(allow)).unwrap_or_else(|error| panic!("{allow}: {error}"));
    }
    for claim in ["groups", "email", "realm_access.roles", "/https:~1~1t.example~1roles"] {
        let error = parse(&with(&format!("claims = {{ \"{claim}\" = [\"admins\"] }}"))).unwrap_err();
        assert!(error.key().starts_with("server[0].rule[0].allow.claims."), "{error}");
        assert!(error.key().contains(claim) && error.line().is_some(), "{error}");
        assert!(error.message().contains(&format!("nobody has the claim `{claim}` here")), "{error}");
    }
    // The same rule is good where tokens of others are taken.
    let others = super::BASE.replace(
        "[server.identity]",
        "[[server.rule]]\nallow = { claims = { groups = \"x\" } }\n[server.identity]",
    );
    assert!(parse(&others).is_ok());
}

#[test]
fn the_claims_of_own_tokens_are_those_that_rules_may_ask_for() {
    let claims = AccessTokenClaims {
        issuer: "https://mcp.example.com".parse().unwrap(),
        audience: "https://mcp.example.com/mcp".parse().unwrap(),
        subject: "github:583231".parse().unwrap(),
        client_id: "app".parse().unwrap(),
        issued_at: oauth_types::UnixTime::from_seconds(1),
        expires_at: oauth_types::UnixTime::from_seconds(2),
        token_id: "id".to_owned(),
        scope: "mcp".parse().unwrap(),
        grant: oauth_types::GrantId::from_bytes([7; 16]),
        actor: Some(serde_json::from_str(r#"{"sub":"agent"}"#).unwrap()),
        confirmation: Some(Confirmation { jkt: "abc".to_owned() }),
    };
    let Ok(Value::Object(claims)) = serde_json::to_value(claims) else { panic!("claims are an object") };
    let (mut named, mut expected): (Vec<_>, Vec<_>) = (claims.keys().collect(), OWN_CLAIMS.to_vec());
    named.sort();
    expected.sort_unstable();
    assert_eq!(named, expected);
}
