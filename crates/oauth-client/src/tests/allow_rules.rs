use std::collections::BTreeSet;

use oauth_types::Principal;
use serde_json::json;

use crate::{AllowRules, Email, EmailAddress, Group, Identity, NotAllowed};

fn rules(value: serde_json::Value) -> AllowRules {
    serde_json::from_value(value).unwrap()
}

fn alice() -> Identity {
    let group = |id: &str, name: &str| Group { id: id.to_owned(), name: Some(name.to_owned()) };
    Identity {
        login: Some("alice".to_owned()),
        email: Some(Email { address: "alice@ok.example".parse().unwrap(), verified: true }),
        tenant: Some("tenant-1".to_owned()),
        organizations: BTreeSet::from([group("1000", "my-org")]),
        teams: BTreeSet::from([group("2000", "my-org/core")]),
        groups: BTreeSet::from([Group::of("Admins")]),
        ..Identity::of(Principal { provider: "third".parse().unwrap(), subject: "583231".parse().unwrap() })
    }
}

#[track_caller]
fn check(rule: serde_json::Value, identity: &Identity, expected: Result<(), NotAllowed>) {
    let shown = rule.to_string();
    assert_eq!(rules(rule).permits(identity), expected, "{shown}");
}

#[test]
fn no_rules_mean_nobody_and_everybody_is_a_word() {
    check(json!({}), &alice(), Err(NotAllowed::NoRules));
    check(json!({ "everybody": false }), &alice(), Err(NotAllowed::NoRules));
    check(json!({ "organizations": [] }), &alice(), Err(NotAllowed::NoRules));
    check(json!({ "everybody": true }), &alice(), Ok(()));
    assert!(serde_json::from_value::<AllowRules>(json!({ "organisations": ["my-org"] })).is_err());
}

#[test]
fn j11_a_user_is_a_stable_id_and_never_a_login() {
    check(json!({ "users": ["583231"] }), &alice(), Ok(()));
    check(json!({ "users": ["alice@ok.example"] }), &alice(), Ok(()));
    check(json!({ "users": ["alice"] }), &alice(), Err(NotAllowed::NoMatch));
    check(json!({ "users": ["583232"] }), &alice(), Err(NotAllowed::NoMatch));
}

#[test]
fn j12_an_address_counts_only_when_verified() {
    let mut unverified = alice();
    unverified.email.as_mut().unwrap().verified = false;
    let mut without = alice();
    without.email = None;
    for rule in [json!({ "email_domains": ["ok.example"] }), json!({ "users": ["alice@ok.example"] })] {
        check(rule.clone(), &alice(), Ok(()));
        check(rule.clone(), &unverified, Err(NotAllowed::NoMatch));
        check(rule, &without, Err(NotAllowed::NoMatch));
    }
}

#[test]
fn j13_tenants_are_a_gate_for_every_other_rule() {
    check(json!({ "tenants": ["tenant-1"] }), &alice(), Ok(()));
    check(json!({ "tenants": ["tenant-2"] }), &alice(), Err(NotAllowed::Tenant));
    check(json!({ "tenants": ["tenant-1"], "groups": ["Admins"] }), &alice(), Ok(()));
    check(json!({ "tenants": ["tenant-1"], "groups": ["Others"] }), &alice(), Err(NotAllowed::NoMatch));
    check(json!({ "tenants": ["tenant-2"], "groups": ["Admins"] }), &alice(), Err(NotAllowed::Tenant));
    check(json!({ "tenants": ["tenant-2"], "everybody": true }), &alice(), Err(NotAllowed::Tenant));
    let homeless = Identity { tenant: None, ..alice() };
    check(json!({ "tenants": ["tenant-1"] }), &homeless, Err(NotAllowed::Tenant));
}

#[test]
fn j14_an_organization_is_its_number_and_a_number_is_never_a_name() {
    for rule in ["1000", "my-org", "My-Org"] {
        check(json!({ "organizations": [rule] }), &alice(), Ok(()));
    }
    for rule in ["1001", "my-org2", "my", ""] {
        check(json!({ "organizations": [rule] }), &alice(), Err(NotAllowed::NoMatch));
    }
    // Somebody names an organisation like the id of ours.
    let mut squatter = alice();
    squatter.organizations = BTreeSet::from([Group { id: "6666".to_owned(), name: Some("1000".to_owned()) }]);
    check(json!({ "organizations": ["1000"] }), &squatter, Err(NotAllowed::NoMatch));
    check(json!({ "teams": ["my-org/core"] }), &alice(), Ok(()));
    check(json!({ "teams": ["2000"] }), &alice(), Ok(()));
    check(json!({ "teams": ["core"] }), &alice(), Err(NotAllowed::NoMatch));
    check(json!({ "groups": ["Admins"] }), &alice(), Ok(()));
    check(json!({ "groups": ["admins"] }), &alice(), Err(NotAllowed::NoMatch));
}

#[test]
fn j15_only_plain_addresses_of_exactly_that_domain_match() {
    let domain = rules(json!({ "email_domains": ["ok.com"] }));
    let permits = |address: &str| {
        let Ok(address) = address.parse::<EmailAddress>() else { return false };
        let email = Some(Email { address, verified: true });
        domain.permits(&Identity { email, ..alice() }).is_ok()
    };
    assert!(permits("a@ok.com"));
    // A domain has no case (RFC 1035 section 2.3.3).
    assert!(permits("a.b+c@OK.com"));
    for refused in [
        "a@ok.com@evil.com",
        "a@evil.com@ok.com",
        "a@ok.com.evil",
        "a@sub.ok.com",
        "a@notok.com",
        "a@ok.com.",
        "a@ok.com ",
        " a@ok.com",
        "a@o\u{212a}.com",
        "a@\u{ff4f}k.com",
        "\"a@ok.com\"@evil.com",
        "\"a\"@ok.com",
        "a(x)@ok.com",
        "a@[ok.com]",
        "a@ok.com\0",
        "a@ok.com\n",
        "@ok.com",
        "a..b@ok.com",
        ".a@ok.com",
        "ok.com",
        "",
        "<a@ok.com>",
        "a@xn--k-0ga.com",
    ] {
        assert!(!permits(refused), "{refused:?}");
    }
}

#[test]
fn rules_say_what_must_be_known() {
    let known = |rule| {
        let it = rules(rule).lookups();
        [it.email, it.organizations, it.teams, it.groups, it.tenant]
    };
    assert_eq!(known(json!({ "everybody": true, "users": ["1"] })), [false; 5]);
    assert_eq!(known(json!({ "email_domains": ["a.b"] })), [true, false, false, false, false]);
    assert_eq!(known(json!({ "users": ["a@b.c"] })), [true, false, false, false, false]);
    let all = json!({ "organizations": ["a"], "teams": ["a"], "groups": ["a"], "tenants": ["a"] });
    assert_eq!(known(all), [false, true, true, true, true]);
}
