//! API keys beside OAuth, with real clients of both.

use std::process::Command;

use serde_json::Value;

use super::Stage;
use crate::support::{Person, call, client_output, client_report, program_output, tool_call};

const ADD: &str = r#"add={"a":2,"b":3}"#;

/// What `mcp-gateway api-keys` says, as JSON.
fn api_keys(stage: &Stage, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"));
    command.arg("api-keys").args(arguments).arg("--json");
    let output = command.arg("--config").arg(stage.gateway.path("gateway.toml")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A stage whose server takes keys, which is told to it while it serves.
async fn stage() -> Stage {
    let stage = Stage::set("server-python.py", &[], "");
    stage.ready().await;
    let text = std::fs::read_to_string(stage.gateway.path("gateway.toml")).unwrap();
    let scopes = "scopes = [\"mcp\"]";
    let with_keys = text.replace(scopes, &format!("{scopes}\napi_keys = {{ file = \"api-keys.json\" }}"));
    stage.gateway.rewrite("gateway.toml", &with_keys);
    stage.gateway.signal("HUP");
    stage.gateway.wait_for("the configuration was reloaded");
    stage
}

/// Waits until a call with `key` gets past the gateway, or no longer; the server behind wants a session first.
async fn passes(stage: &Stage, key: &str, does: bool) {
    let started = std::time::Instant::now();
    while (call(tool_call(&stage.url(), Some(key))).await.status != 401) != does {
        assert!(started.elapsed().as_secs() < 60, "never {does}:\n{}", stage.gateway.output());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn by_oauth(stage: &Stage) -> Value {
    let arguments = ["--url", &stage.url(), "--oauth", "--call", ADD];
    client_report("client-rmcp", &arguments, &mut Person::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn k08_a_real_client_uses_a_key_until_it_is_revoked_and_oauth_works_beside_it() {
    let stage = stage().await;
    let added = api_keys(&stage, &["add", "--label", "Backup job", "--scope", "mcp"]);
    let (id, key) = (added["id"].as_str().unwrap(), added["key"].as_str().unwrap());
    passes(&stage, key, true).await;
    let url = stage.url();
    for header in [format!("Authorization: Bearer {key}"), format!("X-API-Key: {key}")] {
        let arguments = ["--url", &url, "--header", &header, "--call", ADD];
        let report = client_report("client-rmcp", &arguments, &mut Person::new()).await;
        assert_eq!(report["calls"][0]["content"][0], "5", "{report}");
    }
    for (program, options) in
        [("client-typescript.mjs", ["--sdk", "v2"]), ("client-python.py", ["--mode", "auto"])]
    {
        let arguments = [&["--url", &url, "--token", key, "--call", ADD], &options[..]].concat();
        let report: Value = serde_json::from_str(&program_output(program, &arguments)).unwrap();
        assert_eq!(report["calls"].as_array().unwrap().len(), 1, "{report}");
    }
    assert_eq!(by_oauth(&stage).await["calls"][0]["content"][0], "5");

    assert_eq!(api_keys(&stage, &["revoke", id])["already"], false);
    passes(&stage, key, false).await;
    let header = format!("Authorization: Bearer {key}");
    let refused =
        client_output("client-rmcp", &["--url", &url, "--header", &header], &mut Person::new()).await;
    assert!(!refused.succeeded, "{refused:?}");
    let answer = call(tool_call(&url, Some(key))).await;
    assert!(
        answer.header("www-authenticate").contains("resource_metadata="),
        "an OAuth client finds its way"
    );
    assert_eq!(by_oauth(&stage).await["calls"][0]["content"][0], "5");
    assert_eq!(api_keys(&stage, &["list"])[0]["state"], "revoked");
    assert!(!stage.gateway.output().contains(&key[6..]));
}
