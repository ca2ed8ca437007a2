use serde_json::Value;
use token_manager::{AccessTokenClaims, Confirmation, Memberships};

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
        r#"claims = { groups = ["staff:admins"] }"#,
        r#"claims = { "/groups" = "staff:admins", "act.sub" = "agent" }"#,
    ] {
        parse(&with(allow)).unwrap_or_else(|error| panic!("{allow}: {error}"));
    }
    for claim in ["email", "tenant", "groups.corp", "realm_access.roles", "/https:~1~1t.example~1roles"] {
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

fn claims(name: &str, values: &str) -> String {
    with(&format!("claims = {{ {name} = {values} }}"))
}

#[track_caller]
fn refused(text: &str, name: &str, message: &str) {
    let error = parse(text).err().unwrap_or_else(|| panic!("{name} must be refused"));
    assert_eq!(error.key(), format!("server[0].rule[0].allow.claims.{name}"), "{error}");
    assert!(error.message().contains(message) && error.line().is_some(), "{error}");
}

#[test]
fn j11_a_rule_for_a_group_says_whose_group_it_is() {
    for (name, values) in [
        ("groups", r#"["staff:admins", "staff:a:b"]"#),
        ("groups", r#""staff:admins""#),
        ("organizations", r#"["github:acme", "github:9919"]"#),
        ("teams", r#"["github:acme/ops"]"#),
    ] {
        let text = claims(name, values);
        parse(&text).unwrap_or_else(|error| panic!("{values}: {error}"));
    }
    for (values, message) in [
        (r#"["admins"]"#, "must begin with the `id` of a provider"),
        (r#"["staff:admins", "admins"]"#, "`admins` must begin"),
        ("[7]", "`7` must begin"),
        ("true", "`true` must begin"),
        (r#"[":admins"]"#, "must begin"),
        (r#"["Staff:admins"]"#, "must begin"),
        (r#"["corp:admins"]"#, "`corp:admins` is of no provider: none has the `id` `corp`"),
        (r#"["client:admins"]"#, "is of no provider"),
        (r#"["staff:"]"#, "is empty"),
        (r#"["staff: admins"]"#, "blanks around it"),
        (r#"["staff:*"]"#, "wildcard"),
        (&format!("[\"staff:{}\"]", "a".repeat(256)), "is longer than 255 bytes"),
    ] {
        refused(&claims("groups", values), "groups", message);
    }
}

#[test]
fn o11_a_rule_for_what_a_provider_does_not_tell_is_refused() {
    for (name, values, message) in [
        ("groups", r#"["staff:x", "github:x"]"#, "`github:x`: preset `github` tells no groups"),
        ("organizations", r#"["github:x", "staff:x"]"#, "`staff:x`: preset `local` tells no organisations"),
        ("teams", r#""staff:x""#, "preset `local` tells no teams"),
    ] {
        refused(&claims(name, values), name, message);
    }
    let google = edited(&claims("groups", r#""github:x""#), "preset = \"github\"", "preset = \"google\"");
    let allow = "allow = { organizations = [\"my-org\"] }";
    let google = edited(&google, allow, "allow = { everybody = true }");
    refused(&google, "groups", "preset `google` tells no groups");
    // The operator may know where they are.
    let told = "allow = { everybody = true }\nclaims = { groups = \"roles\" }";
    parse(&edited(&google, "allow = { everybody = true }", told)).unwrap();
}

#[test]
fn what_rules_name_fits_into_a_token() {
    let groups = |count: usize| {
        let values: Vec<_> = (0..count).map(|it| format!("staff:{it:0>54}")).collect();
        serde_json::to_string(&values).unwrap()
    };
    let many = |count: usize| claims("groups", &groups(count));
    parse(&many(48)).unwrap();
    let error = parse(&many(49)).unwrap_err();
    assert_eq!(error.key(), "server[0].rule", "{error}");
    assert!(error.message().contains("than fit into a token"), "{error}");

    // What several rules name stands there once, and what JSON escapes is longer there.
    let again = format!("[[server.rule]]\nallow = {{ claims = {{ groups = {} }} }}\n{BEFORE}", groups(48));
    parse(&edited(&many(48), BEFORE, &again)).unwrap();
    let strange = |slashes: usize| {
        let values: Vec<_> = (10..20).map(|it| format!("staff:{it}{}", "\\".repeat(slashes))).collect();
        claims("groups", &serde_json::to_string(&values).unwrap())
    };
    parse(&strange(145)).unwrap();
    let error = parse(&strange(155)).unwrap_err();
    assert!(error.message().contains("than fit into a token"), "{error}");
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
        memberships: Memberships {
            groups: vec!["github:acme".to_owned()],
            organizations: vec!["github:acme".to_owned()],
            teams: vec!["github:acme/ops".to_owned()],
        },
        confirmation: Some(Confirmation { jkt: "abc".to_owned() }),
    };
    let Ok(Value::Object(claims)) = serde_json::to_value(claims) else { panic!("claims are an object") };
    let (mut named, mut expected): (Vec<_>, Vec<_>) = (claims.keys().collect(), OWN_CLAIMS.to_vec());
    named.sort();
    expected.sort_unstable();
    assert_eq!(named, expected);
}
