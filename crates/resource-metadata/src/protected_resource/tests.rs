use test_support::golden;

use super::*;

fn builder(resource: &str) -> Builder {
    ProtectedResource::builder(resource.parse().unwrap(), "https://as.example".parse().unwrap())
}

fn text(resource: &ProtectedResource) -> &str {
    std::str::from_utf8(resource.document()).unwrap()
}

#[test]
fn d08_the_smallest_document_has_no_empty_members() {
    golden!("smallest.json", text(&builder("https://mcp.example/mcp").build()));
}

#[test]
fn the_largest_document_has_every_member() {
    let resource = builder("https://mcp.example/mcp")
        .authorization_server("https://other.example/realms/r/".parse().unwrap())
        .scopes("mcp files:read".parse().unwrap())
        .name("Files \"and\" more, für alle")
        .documentation("https://docs.example/mcp".parse().unwrap())
        .policy("https://docs.example/policy".parse().unwrap())
        .terms("https://docs.example/terms".parse().unwrap())
        .build();
    golden!("largest.json", text(&resource));
}

#[test]
fn a_resource_at_the_origin_ends_in_a_slash_and_its_issuer_does_not() {
    golden!("origin.json", text(&builder("https://mcp.example").build()));
}

#[test]
fn d08_a_document_names_a_server_and_the_header_and_never_offline_access() {
    for scopes in ["", "mcp", "mcp offline_access", "offline_access"] {
        let resource = builder("https://mcp.example/mcp").scopes(scopes.parse().unwrap()).build();
        assert!(!resource.metadata().authorization_servers.is_empty());
        assert_eq!(resource.metadata().bearer_methods_supported, ["header"]);
        assert_eq!(resource.metadata().scopes_supported.len(), usize::from(scopes.contains("mcp")));
        assert!(!text(&resource).contains("offline_access"), "{scopes}");
    }
}

#[test]
fn d08_a_document_reads_back_as_the_metadata_it_was_written_from() {
    let resource = builder("https://mcp.example/mcp").name("").scopes("a b".parse().unwrap()).build();
    let read: ProtectedResourceMetadata = serde_json::from_slice(resource.document()).unwrap();
    assert_eq!(&read, resource.metadata());
    assert_eq!(read.resource_name, None);
}

#[test]
fn the_first_authorization_server_stays_first_and_none_is_named_twice() {
    let resource = builder("https://mcp.example/mcp")
        .authorization_server("https://other.example".parse().unwrap())
        .authorization_server("https://as.example".parse().unwrap())
        .build();
    let names: Vec<_> = resource.metadata().authorization_servers.iter().map(Issuer::as_str).collect();
    assert_eq!(names, ["https://as.example", "https://other.example"]);
}

#[track_caller]
fn check_places(resource: &str, url: &str, locations: &[&str]) {
    let resource = builder(resource).build();
    assert_eq!(resource.metadata_url(), url);
    assert_eq!(resource.locations(), locations);
    assert!(url.ends_with(&resource.well_known_path()));
}

#[test]
fn spec_d6_d05_the_places_follow_from_the_resource_alone() {
    check_places(
        "https://mcp.example:8443/mcp",
        "https://mcp.example:8443/.well-known/oauth-protected-resource/mcp",
        &[
            "/.well-known/oauth-protected-resource/mcp",
            "/.well-known/oauth-protected-resource/mcp/",
            "/mcp/.well-known/oauth-protected-resource",
        ],
    );
    check_places(
        "https://mcp.example/a/b/",
        "https://mcp.example/.well-known/oauth-protected-resource/a/b/",
        &[
            "/.well-known/oauth-protected-resource/a/b/",
            "/.well-known/oauth-protected-resource/a/b",
            "/a/b/.well-known/oauth-protected-resource",
        ],
    );
    check_places(
        "https://mcp.example",
        "https://mcp.example/.well-known/oauth-protected-resource",
        &["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/"],
    );
}
