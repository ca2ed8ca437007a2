use super::*;

fn settings(resources: &[&str]) -> ServerSettings {
    let offered = resources.iter().map(|it| OfferedResource {
        resource: it.parse().unwrap(),
        scopes: "mcp".parse().unwrap(),
        default_scopes: "mcp".parse().unwrap(),
    });
    ServerSettings::new("https://mcp.example".parse().unwrap(), offered.collect()).unwrap()
}

#[track_caller]
fn check_of(offered: &[&str], request: &str, expected: Result<&[&str], UnknownResource>) {
    let settings = settings(offered);
    let parameters = Parameters::from_urlencoded(request.as_bytes());
    let found = settings.requested_resources(&parameters);
    let found = found.map(|it| it.iter().map(|it| it.resource.as_str()).collect::<Vec<_>>());
    assert_eq!(found.as_deref(), expected.as_ref().copied(), "{request}");
}

#[track_caller]
fn check(request: &str, expected: Result<&[&str], UnknownResource>) {
    check_of(&["https://mcp.example/mcp", "https://mcp.example/other"], request, expected);
}

#[test]
fn f14_g07_a_resource_is_one_of_ours_in_any_spelling() {
    const MCP: &str = "https://mcp.example/mcp";
    check("resource=https://mcp.example/mcp", Ok(&[MCP]));
    check("resource=https%3A%2F%2Fmcp.example%2Fmcp", Ok(&[MCP]));
    check("resource=https://mcp.example/mcp/", Ok(&[MCP]));
    check("resource=https://mcp.example:443/mcp", Ok(&[MCP]));
    check("resource=HTTPS://MCP.Example/mcp", Ok(&[MCP]));
    check("resource=https://mcp.example/mcp&resource=https://mcp.example/mcp/", Ok(&[MCP]));
    check(
        "resource=https://mcp.example/other&resource=https://mcp.example/mcp",
        Ok(&["https://mcp.example/other", MCP]),
    );
    check("scope=mcp", Ok(&[]));
    check("resource=", Ok(&[]));
    for unknown in [
        "resource=https://mcp.example/",
        "resource=https://mcp.example/MCP",
        "resource=https://mcp.example/mcp//",
        "resource=https://mcp.example/mcp/x",
        "resource=https://mcp.example/mcp?x=1",
        "resource=https://mcp.example/mcp%23x",
        "resource=https://me@mcp.example/mcp",
        "resource=https://mcp.example:8443/mcp",
        "resource=https://mcp.example.evil/mcp",
        "resource=http://mcp.example/mcp",
        "resource=https://mcp.example%5Cmcp",
        "resource=https://mcp.example/m%09cp",
        "resource=/mcp",
        "resource=mcp.example/mcp",
        "resource=%ff",
        "resource=https://mcp.example/mcp&resource=https://other.example/mcp",
    ] {
        check(unknown, Err(UnknownResource));
    }
}

#[test]
fn an_origin_has_a_slash_or_none_and_exact_spellings_win() {
    check_of(&["https://mcp.example/"], "resource=https://mcp.example", Ok(&["https://mcp.example/"]));
    let both = ["https://mcp.example/mcp", "https://mcp.example/mcp/"];
    check_of(&both, "resource=https://mcp.example/mcp/", Ok(&both[1..]));
    check_of(&both, "resource=https://mcp.example/mcp", Ok(&both[..1]));
}
