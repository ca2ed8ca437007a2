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
