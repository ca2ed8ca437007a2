use super::*;

fn offered(resource: &str, scopes: &str, default_scopes: &str) -> OfferedResource {
    OfferedResource {
        resource: resource.parse().unwrap(),
        scopes: scopes.parse().unwrap(),
        default_scopes: default_scopes.parse().unwrap(),
    }
}

#[track_caller]
fn check(issuer: &str, resources: &[OfferedResource], expected: Result<(), InvalidServerSettings>) {
    let outcome = ServerSettings::new(issuer.parse().unwrap(), resources.to_vec());
    assert_eq!(outcome.map(drop), expected, "{issuer} {resources:?}");
}

#[test]
fn the_issuer_is_an_origin_and_offers_something() {
    const ISSUER: &str = "https://mcp.example";
    let mcp = || offered("https://mcp.example/mcp", "mcp files", "mcp");
    let resource = || mcp().resource;
    check(ISSUER, &[mcp()], Ok(()));
    check("http://127.0.0.1:8080", &[mcp()], Ok(()));
    check(ISSUER, &[mcp(), offered("https://mcp.example/other", "", "")], Ok(()));
    check("https://mcp.example/", &[mcp()], Err(InvalidServerSettings::IssuerNotAnOrigin));
    check("https://mcp.example/as", &[mcp()], Err(InvalidServerSettings::IssuerNotAnOrigin));
    check(ISSUER, &[], Err(InvalidServerSettings::NoResource));
    check(ISSUER, &[mcp(), mcp()], Err(InvalidServerSettings::RepeatedResource(resource())));
    let missing = offered("https://mcp.example/mcp", "files", "mcp");
    check(ISSUER, &[missing], Err(InvalidServerSettings::DefaultScopes(resource())));
}
