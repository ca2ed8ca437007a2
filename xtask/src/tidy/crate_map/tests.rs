use super::*;

fn dependency(name: &str) -> Dependency {
    Dependency { name: name.to_owned(), ..Dependency::default() }
}

fn for_tests(name: &str) -> Dependency {
    Dependency { for_tests: true, ..dependency(name) }
}

fn optional(name: &str) -> Dependency {
    Dependency { optional: true, ..dependency(name) }
}

fn with(name: &str, feature: &str) -> Dependency {
    Dependency { features: vec![feature.to_owned()], ..dependency(name) }
}

/// `expected` is a part of the only problem; empty for none.
#[track_caller]
fn check_edge(user: &str, dependency: Dependency, expected: &str) {
    let package =
        Package { name: user.to_owned(), dependencies: vec![dependency.clone()], ..Package::default() };
    let found = problems(&[package]);
    match expected {
        "" => assert_eq!(found, [""; 0], "{user} -> {dependency:?}"),
        part => assert!(found.len() == 1 && found[0].contains(part), "{user} -> {dependency:?}: {found:?}"),
    }
}

#[test]
fn edges_are_those_of_the_map() {
    let none = "no such edge";
    check_edge("token-validate", dependency("oauth-types"), "");
    check_edge("token-validate", dependency("outbound-http"), "");
    check_edge("token-validate", dependency("resource-metadata"), none);
    check_edge("resource-metadata", dependency("outbound-http"), none);
    check_edge("oauth-types", dependency("outbound-http"), none);
    check_edge("outbound-http", dependency("token-validate"), none);
    check_edge("gateway", dependency("mcp-proxy"), "");
    check_edge("gateway", dependency("mcp-gateway"), none);
    check_edge("mcp-gateway", dependency("gateway"), "");
    check_edge("mcp-gateway", dependency("oauth-types"), none);
    check_edge("oauth-server", dependency("token-manager"), none);
    check_edge("oauth-server", dependency("storage"), "");
}

#[test]
fn test_code_is_no_part_of_what_is_shipped() {
    check_edge("gateway", for_tests("test-support"), "");
    check_edge("gateway", dependency("test-support"), "no such edge");
    check_edge("gateway", with("oauth-types", "test-util"), "is for tests");
    check_edge("gateway", Dependency { for_tests: true, ..with("oauth-types", "test-util") }, "");
    check_edge("test-support", with("oauth-types", "test-util"), "");
    check_edge("test-support", dependency("gateway"), "no such edge");
}

#[test]
fn tests_use_what_is_further_down() {
    check_edge("resource-metadata", for_tests("resource-metadata"), "");
    check_edge("resource-metadata", for_tests("oauth-types"), "");
    check_edge("resource-metadata", for_tests("outbound-http"), "");
    check_edge("resource-metadata", for_tests("token-validate"), "further down");
    check_edge("mcp-gateway", for_tests("oauth-types"), "");
    check_edge("outbound-http", for_tests("gateway"), "further down");
}

#[test]
fn what_belongs_to_third_party_is_optional() {
    check_edge("gateway", optional("oauth-server"), "");
    check_edge("gateway", dependency("oauth-server"), "must be optional");
    check_edge("token-manager", dependency("storage"), "");
}

#[test]
fn crates_of_others_stay_with_their_owners() {
    check_edge("token-validate", dependency("jsonwebtoken"), "");
    check_edge("mcp-proxy", dependency("jsonwebtoken"), "belongs to gateway, token-manager, token-validate");
    check_edge("mcp-proxy", for_tests("jsonwebtoken"), "");
    check_edge("test-support", dependency("jsonwebtoken"), "");
    check_edge("resource-metadata", optional("axum"), "");
    check_edge("resource-metadata", dependency("axum"), "belongs to gateway");
    check_edge("storage", optional("redb"), "");
    check_edge("storage", dependency("redb"), "belongs to storage");
    check_edge("gateway", optional("redb"), "belongs to storage");
    check_edge("outbound-http", dependency("reqwest"), "");
    check_edge("gateway", dependency("reqwest"), "belongs to outbound-http");
    check_edge("gateway", dependency("serde"), "");
}

#[test]
fn protocol_logic_opens_no_sockets_and_starts_no_tasks() {
    check_edge("token-validate", with("tokio", "sync"), "");
    check_edge("token-validate", with("tokio", "net"), "may not use the features [\"net\"]");
    check_edge("mcp-proxy", with("tokio", "net"), "");
    check_edge("token-validate", Dependency { for_tests: true, ..with("tokio", "net") }, "");
}

#[test]
fn a_new_crate_must_be_added_to_the_map() {
    let package = Package { name: "surprise".to_owned(), ..Package::default() };
    assert_eq!(problems(&[package]), ["surprise is not in the crate map"]);
}

#[test]
fn xtask_stands_outside() {
    check_edge("xtask", dependency("serde_json"), "");
    check_edge("xtask", dependency("gateway"), "may use none of our crates");
    check_edge("xtask", for_tests("oauth-types"), "may use none of our crates");
}

#[test]
fn the_map_itself_points_down_and_layer_2_stays_apart() {
    for user in CRATES {
        for name in user.may_use {
            let lower = rule(name).unwrap_or_else(|| panic!("{name} is not in the map"));
            let downwards = user.layer.is_above(lower.layer) || user.layer == Layer::Tests;
            let shipped_on_tests = lower.layer == Layer::Tests && user.layer != Layer::Tests;
            assert!(downwards && !shipped_on_tests, "{} -> {name}", user.name);
            assert!(
                user.third_party || !lower.third_party || matches!(user.name, "gateway" | "test-support")
            );
        }
    }
    for owner in OWNERS {
        for name in owner.crates.iter().chain(owner.optional) {
            assert!(rule(name).is_some(), "{name} is not in the map");
        }
    }
}
