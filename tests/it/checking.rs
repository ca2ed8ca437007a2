//! `mcp-gateway check`, as an operator calls it.

use std::process::{Command, Output};

use serde_json::Value;
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use crate::support::Issuer;

fn configuration(upstream: &str) -> String {
    format!(
        r#"public_url = "http://localhost:8080"
[listen]
address = "127.0.0.1:8080"
[[authorization_server]]
issuer = "https://as.example"
keys = {{ file = "keys.json" }}
[[server]]
path = "/mcp"
upstream = {{ http = "{upstream}" }}
scopes = ["mcp"]
"#
    )
}

fn check(configuration: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys.json"), Issuer::new("https://as.example").jwks()).unwrap();
    std::fs::write(folder.path().join("gateway.toml"), configuration).unwrap();
    Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
        .args(["check", "--config"])
        .arg(folder.path().join("gateway.toml"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_good_configuration_is_explained_and_a_wrong_one_names_the_key() {
    let good = check(&configuration("http://127.0.0.1:3000/mcp"), &[]);
    let text = String::from_utf8(good.stdout).unwrap();
    assert_eq!(good.status.code(), Some(0), "{text}");
    assert!(text.contains("resource http://localhost:8080/mcp"), "{text}");
    assert!(text.contains("0 errors"), "{text}");

    let wrong = check(&configuration("http://127.0.0.1:3000/mcp").replace("scopes", "scope"), &[]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("server[0].scope"));
}

#[test]
fn findings_are_listed_as_json() {
    let output =
        check(&configuration("http://127.0.0.1:3000/mcp").replace("scopes = [\"mcp\"]", ""), &["--json"]);
    assert_eq!(output.status.code(), Some(0));
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let codes: Vec<_> = findings.as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"server") && codes.contains(&"scopes_empty"), "{codes:?}");
}

#[test]
fn a_refused_configuration_is_one_finding_of_json() {
    let wrong = configuration("http://127.0.0.1:3000/mcp").replace("scopes", "scope");
    let output = check(&wrong, &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [finding] = findings.as_array().unwrap().as_slice() else { panic!("{findings}") };
    assert_eq!(finding["code"], "configuration_refused");
    assert_eq!(finding["subject"], "server[0].scope");
    assert!(finding["message"].as_str().unwrap().contains("gateway.toml:10: unknown field"), "{finding}");
}

#[tokio::test(flavor = "multi_thread")]
async fn online_the_upstream_is_asked_and_a_dead_one_is_an_error() {
    const INITIALIZED: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"x","version":"1"}}}"#;
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json(INITIALIZED)).await;
    let offline_server = |text: &str| text.contains("metadata_missing");
    let alive = check(&configuration(&upstream.uri("/mcp").to_string()), &["--online", "--json"]);
    let alive = String::from_utf8(alive.stdout).unwrap();
    assert!(alive.contains("upstream_answers") && offline_server(&alive), "{alive}");
    let dead = check(&configuration("http://127.0.0.1:1/mcp"), &["--online", "--json"]);
    assert_eq!(dead.status.code(), Some(1));
    let dead = String::from_utf8(dead.stdout).unwrap();
    assert!(dead.contains("upstream_unreachable") && !dead.contains("upstream_answers"), "{dead}");
}

#[test]
fn it_is_explained_which_rule_decides() {
    let rules = r#"
[[server.rule]]
tools = ["delete_*"]
require = ["files:write"]
[[server.rule]]
read_only = true
[[server.rule]]
tools = ["*"]
allow = { claims = { groups = ["admins"] } }
"#;
    let configuration = configuration("http://127.0.0.1:3000/mcp") + rules;
    let explain = |operation: &str, arguments: &[&str]| {
        let output = check(&configuration, &[&["--explain", operation], arguments].concat());
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), text)
    };
    let (code, text) = explain("tools/call delete_file", &["--scopes", "mcp"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("insufficient_scope: tools/call delete_file at /mcp\n"), "{text}");
    assert!(text.contains(r#"rule 1 of 3: tools = ["delete_*"], require = ["files:write"]"#), "{text}");
    assert!(text.contains(r#"scope="files:write mcp""#), "{text}");
    for (operation, arguments, expected) in [
        ("tools/call delete_file", &["--scopes", "mcp files:write"][..], "allowed: "),
        ("tools/call delete_file", &[], "insufficient_scope: "),
        ("tools/call list", &["--scopes", "mcp"], "denied: "),
        ("tools/call list", &["--scopes", "mcp", "--read-only"], "allowed: "),
        ("tools/call list", &["--scopes", "mcp", "--claims", r#"{"groups":["admins"]}"#], "allowed: "),
        ("made/up", &["--scopes", "mcp"], "denied: made/up at /mcp\n  decided by  no rule"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, &["--scopes", "mcp"], "allowed: ping"),
    ] {
        let (code, text) = explain(operation, arguments);
        assert!(code == Some(0) && text.starts_with(expected), "{operation}: {text}");
    }
    let (code, text) = explain("tools/call delete_file", &["--scopes", "mcp", "--json"]);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, json["outcome"].as_str()), (Some(0), Some("insufficient_scope")));
    for (operation, arguments, expected) in [
        ("tools/call", &["--scopes", "mcp"][..], "names something"),
        ("ping", &["--server", "/other"], "there is no server at /other"),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, &["--scopes", "mcp"], "holds a key twice"),
    ] {
        let (code, text) = explain(operation, arguments);
        assert!(code == Some(1) && text.contains(expected), "{operation}: {text}");
    }
    assert_eq!(check(&configuration, &["--scopes", "mcp"]).status.code(), Some(2));
}
