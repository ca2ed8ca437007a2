//! The official SDKs through the gateway.

use serde_json::Value;

use super::Stage;
use crate::support::{Person, client_report, program_output};

/// What a client program reported.
fn report(program: &str, arguments: &[&str]) -> Value {
    serde_json::from_str(&program_output(program, arguments)).unwrap()
}

/// Whether the progress of the first call came bit by bit: `steps` notifications, spread over the time of the call.
#[track_caller]
fn assert_spread(report: &Value, steps: usize) {
    let times: Vec<f64> = report["calls"][0]["progress"]
        .as_array()
        .unwrap_or_else(|| panic!("no progress: {report}"))
        .iter()
        .map(|it| it["ms"].as_f64().unwrap())
        .collect();
    assert_eq!(times.len(), steps, "{times:?}");
    let (first, last) = (times[0], times[steps - 1]);
    // The server pauses between two notifications; held back, they would arrive together.
    assert!(last - first > 150.0, "all at once: {times:?}");
}

const CLIENTS: [(&str, &[&str]); 4] = [
    ("client-typescript.mjs", &["--sdk", "v1"]),
    ("client-typescript.mjs", &["--sdk", "v2"]),
    ("client-python.py", &["--mode", "auto"]),
    ("client-python.py", &["--mode", "legacy"]),
];

async fn with_token(upstream: &str, clients: &[(&str, &[&str])], calls: &[&str], steps: usize) {
    let stage = Stage::set(upstream, &[], "");
    stage.ready().await;
    let (url, token) = (stage.url(), stage.token().await);
    for (program, options) in clients {
        let mut arguments = vec!["--url", &url, "--token", &token];
        arguments.extend(*options);
        arguments.extend(calls.iter().flat_map(|it| ["--call", it]));
        let report = report(program, &arguments);
        assert_spread(&report, steps);
        assert_eq!(report["calls"].as_array().unwrap().len(), calls.len(), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_uses_a_python_server_with_progress_and_a_long_stream() {
    let calls = [
        r#"slow_count={"steps":5,"interval_ms":100}"#,
        r#"add={"a":2,"b":3}"#,
        r#"long_stream={"count":100,"interval_ms":10}"#,
    ];
    with_token("server-python.py", &CLIENTS, &calls, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_uses_the_reference_server_with_progress() {
    let calls = [r#"trigger-long-running-operation={"duration":0.5,"steps":5}"#, r#"get-sum={"a":2,"b":3}"#];
    with_token("server-everything.mjs", &CLIENTS, &calls, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_finds_its_own_way_to_a_token() {
    let stage = Stage::set("server-python.py", &["--alg", "ES256"], "");
    stage.ready().await;
    let url = stage.url();
    for (program, options) in CLIENTS.iter().chain(&[("client-rmcp", &[] as &[&str])]) {
        let mut arguments = vec!["--url", &url, "--oauth", "--call", r#"add={"a":2,"b":3}"#];
        arguments.extend(*options);
        let report = client_report(program, &arguments, &mut Person::new()).await;
        let requests = report["requests"].to_string();
        for step in ["/.well-known/oauth-protected-resource/mcp", "/reg", "/token"] {
            let left_out = report["requests"].is_array() && !requests.contains(step);
            assert!(!left_out, "{program} {options:?} left out {step}: {requests}");
        }
        assert_eq!(report["calls"].as_array().unwrap().len(), 1, "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opaque_tokens_are_introspected_at_a_real_server() {
    let section = "[authorization_server.introspection]\nclient_id = \"gateway\"\nclient_secret = { file = \"secret\" }\n";
    let stage = Stage::set_with_files(
        "server-python.py",
        &["--opaque"],
        section,
        &[("secret", "gateway-secret-of-the-tests")],
    );
    stage.ready().await;
    let arguments = ["--url", &stage.url(), "--oauth", "--sdk", "v2", "--call", r#"add={"a":2,"b":3}"#];
    let report = client_report("client-typescript.mjs", &arguments, &mut Person::new()).await;
    assert_eq!(report["calls"].as_array().unwrap().len(), 1, "{report}");
    let token = stage.token().await;
    assert!(!token.contains('.'), "the tokens must be opaque");
    let refused = crate::support::call(crate::support::tool_call(
        &stage.url(),
        Some("another-opaque-token-0123456789"),
    ))
    .await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").contains("invalid_token"));
    // A token that a client got for itself has no subject at this server, so nobody could be named.
    assert_eq!(crate::support::call(crate::support::tool_call(&stage.url(), Some(&token))).await.status, 401);
}
