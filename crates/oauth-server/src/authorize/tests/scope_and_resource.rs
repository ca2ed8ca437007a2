use super::*;
use crate::testing::{RESOURCE, good};

/// The granted scope, or the error.
#[track_caller]
fn check_scope(query: &Form, expected: &str) {
    let result = block_on(World::new().authorize().check(Some(&query.encode()), None));
    let actual = match result {
        Ok(request) => request.scope.to_string(),
        result @ Err(_) => outcome(result),
    };
    assert_eq!(actual, expected, "{query:?}");
}

#[test]
fn f13_scopes_are_narrowed_to_what_exists_and_refused_only_when_malformed() {
    let with = |scope: &str| good_query().with("scope", scope);
    check_scope(&with("mcp files:read"), "files:read mcp");
    check_scope(&with("mcp  mcp"), "mcp");
    check_scope(&with("mcp offline_access"), "mcp");
    check_scope(&with("files:write claudeai"), "files:write");
    check_scope(&with("MCP files:read"), "files:read");
    check_scope(&with("other files:read"), "files:read");
    check_scope(&good_query().without("scope"), "mcp");
    check_scope(&with(""), "mcp");
    check_scope(&with("openid email profile"), "mcp");
    check_scope(&with("offline_access"), "mcp");
    check_scope(&with("mcp files\"read"), "invalid_scope");
    check_scope(&with("mcp\tfiles:read"), "invalid_scope");
    check_scope(&with("mcp\u{0}"), "invalid_scope");
    check_scope(&with("m\u{E7}p"), "invalid_scope");
    let many = |count: usize| (0..count).map(|it| format!("s{it}")).collect::<Vec<_>>().join(" ");
    check_scope(&with(&many(128)), "mcp");
    check_scope(&with(&many(1000)), "invalid_scope");
    check_scope(&with(&"s".repeat(4096)), "mcp");
    check_scope(&with(&"s".repeat(4097)), "invalid_scope");
}

#[test]
fn f13_a_client_gets_no_more_than_its_own_scope() {
    let with = |client: &str, scope: &str| good_query().with("client_id", client).with("scope", scope);
    check_scope(&with("public", "files:write"), "files:write");
    check_scope(&with("limited", "files:write files:read"), "files:read");
    check_scope(&with("limited", "files:write"), "mcp");
    check_scope(&with("limited", ""), "mcp");
    check_scope(&with("nothing", "files:write"), "invalid_scope");
}

#[test]
fn refresh_tokens_are_for_clients_with_that_grant_type() {
    let world = World::new();
    let refreshable = |client: &str, scope: &str| {
        good(&world, &good_query().with("client_id", client).with("scope", scope)).refreshable
    };
    assert!(refreshable("public", "mcp"));
    assert!(refreshable("public", "mcp offline_access"));
    assert!(!refreshable("limited", "mcp offline_access"));
}

#[test]
fn f14_tokens_are_for_one_resource_of_ours() {
    let with = |resource: &str| good_query().with("resource", resource);
    let world = World::new();
    let resource = |query: &Form| good(&world, query).resource.as_str().to_owned();
    for spelling in [RESOURCE, "https://mcp.example/mcp/", "https://MCP.example:443/mcp", ""] {
        assert_eq!(resource(&with(spelling)), RESOURCE, "{spelling}");
    }
    assert_eq!(resource(&good_query().without("resource")), RESOURCE, "the default");
    assert_eq!(resource(&good_query().and("resource", RESOURCE)), RESOURCE, "the same twice");
    assert_eq!(resource(&with("https://mcp.example/other")), "https://mcp.example/other");
    check_scope(&with("https://mcp.example/other"), "other");
    check(&good_query().and("resource", "https://mcp.example/other"), "invalid_target");
    for bad in [
        "https://mcp.example/unknown",
        "https://mcp.example/mcp#x",
        "https://mcp.example/mcp?tenant=2",
        "https://other.example/mcp",
        "http://mcp.example/mcp",
        "/mcp",
        "mcp",
    ] {
        check(&with(bad), "invalid_target");
    }
}

#[test]
fn what_was_granted_before_is_still_permitted_as_far_as_it_exists() {
    let world = World::new();
    let check = |client: &str, resource: &str, expected: &str| {
        let (client, resource) = (client.parse().unwrap(), resource.parse().unwrap());
        let scope = "files:read files:write gone mcp".parse().unwrap();
        let found = block_on(world.authorize().still_permitted(&client, &resource, &scope));
        assert_eq!(found.to_string(), expected, "{client} {resource}");
    };
    check("public", RESOURCE, "files:read files:write mcp");
    check("limited", RESOURCE, "files:read mcp");
    check("nobody", RESOURCE, "");
    check("public", "https://mcp.example/other", "");
    check("public", "https://gone.example/mcp", "");
}
