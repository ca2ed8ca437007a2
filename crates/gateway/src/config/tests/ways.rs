use super::{BASE, LOOPBACK, accepts, edited, parse, refuses_in};

const SCOPES: &str = r#"scopes = ["mcp"]"#;
const HEADERS: &str = "request_headers = []";

/// The server of [`BASE`] with a further line.
fn with(line: &str) -> String {
    format!("{SCOPES}\n{line}")
}

#[track_caller]
fn refused(line: &str, key: &str, message: &str) {
    let text = edited(BASE, SCOPES, &with(line));
    let error = parse(&text).unwrap_err();
    assert_eq!(error.key(), key, "{error}");
    assert!(error.message().contains(message), "{error}");
}

#[test]
fn b25_keys_do_not_open_what_demands_bound_tokens() {
    accepts(SCOPES, &with("api_keys = { file = \"keys.json\" }"));
    accepts(SCOPES, &with("api_keys = { file = \"keys.json\" }\ndpop = \"offered\""));
    accepts(SCOPES, &with("dpop = \"required\""));
    refused("api_keys = { file = \"keys.json\" }\ndpop = \"required\"", "server[0].api_keys", "rules out");
}

#[test]
fn e04_the_header_of_keys_reaches_no_upstream() {
    let text = edited(BASE, SCOPES, &with("api_keys = { file = \"keys.json\" }"));
    let passed = "request_headers = [\"x-api-key\"]";
    refuses_in(&text, HEADERS, passed, "server[0].http.request_headers[0]", "gateway's own keys");
    accepts(HEADERS, passed);
    parse(&edited(&text, HEADERS, "request_headers = [\"x-other\"]")).unwrap();
}

#[test]
fn n06_who_comes_without_a_credential_may_do_what_is_written_and_no_more() {
    accepts(SCOPES, &with(r#"anonymous = { methods = ["tools/list"], scopes = ["mcp", "read"] }"#));
    let anonymous = "server[0].anonymous";
    refused(
        r#"anonymous = { methods = [], scopes = ["mcp"] }"#,
        "server[0].anonymous.methods",
        "names no method",
    );
    refused(r#"anonymous = { methods = ["tools/list"] }"#, anonymous, "`mcp` too");
    refused(r#"anonymous = { methods = ["tools/list"], scopes = ["read"] }"#, anonymous, "`mcp` too");
    for name in ["", "*", "tools list", "tools/*"] {
        let text = edited(
            BASE,
            SCOPES,
            &with(&format!("anonymous = {{ methods = [{name:?}], scopes = [\"mcp\"] }}")),
        );
        let error = parse(&text).unwrap_err();
        assert!(error.message().contains("is no method of MCP"), "{error}");
    }
    refused("anonymous = { scopes = [\"mcp\"] }", anonymous, "missing field `methods`");
}

#[test]
fn d12_o07_this_machine_is_trusted_only_where_nobody_else_can_come_by_it() {
    const PATH: &str = "path = \"/mcp\"";
    let local = "path = \"/mcp\"\nloopback = {}";
    parse(&edited(LOOPBACK, PATH, local)).unwrap();
    let text = edited(LOOPBACK, PATH, local);
    let at = |from: &str, to: &str, message: &str| {
        let error = parse(&edited(&text, from, to)).unwrap_err();
        assert_eq!(error.key(), "server[0].loopback", "{error}");
        assert!(error.message().contains(message), "{error}");
    };
    let listen = "address = \"127.0.0.1:8080\"";
    at(listen, &format!("{listen}\nbehind_proxy = [\"127.0.0.0/8\"]"), "a proxy on this machine");
    at("[listen]", "hosts = [\"mcp.internal\"]\n[listen]", "web pages");
    at("loopback = {}", "loopback = {}\nscopes = [\"mcp\"]", "`mcp` too");
    refused("loopback = { scopes = [\"mcp\"] }", "server[0].loopback", "others than this machine");
    parse(&edited(&text, "loopback = {}", "loopback = { scopes = [\"mcp\"] }\nscopes = [\"mcp\"]")).unwrap();
}
