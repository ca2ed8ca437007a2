//! Real servers over stdio and real clients, with the gateway between them.

use std::{path::Path, time::Duration};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Session, Stage, last_message, npm, post, real, request};
use crate::support::{Answer, get, program_output};

const CLIENTS: [(&str, &[&str]); 4] = [
    ("client-typescript.mjs", &["--sdk", "v1"]),
    ("client-typescript.mjs", &["--sdk", "v2"]),
    ("client-python.py", &["--mode", "auto"]),
    ("client-python.py", &["--mode", "legacy"]),
];

/// What a client reports that makes these calls.
fn report(stage: &Stage, (program, options): (&str, &[&str]), calls: &[&str]) -> Value {
    let (url, token) = (stage.url(), stage.token("alice"));
    let mut arguments = vec!["--url", &url, "--token", &token];
    arguments.extend(options);
    arguments.extend(calls.iter().flat_map(|it| ["--call", it]));
    serde_json::from_str(&program_output(program, &arguments)).unwrap()
}

/// Every client uses the server behind `command`, and sees progress as it happens.
fn every_client(command: &[String], calls: [&str; 2], modern: bool) {
    let stage = Stage::set(command, "", "");
    for client in CLIENTS {
        let report = report(&stage, client, &calls);
        let steps: Vec<f64> = report["calls"][0]["progress"]
            .as_array()
            .unwrap_or_else(|| panic!("no progress: {report}"))
            .iter()
            .map(|it| it["ms"].as_f64().unwrap())
            .collect();
        assert_eq!(steps.len(), 4, "{report}");
        assert!(steps[3] - steps[0] > 150.0, "{client:?} saw them all at once: {steps:?}");
        assert!(report["calls"][1].to_string().contains('5'), "{report}");
        let is_legacy = client.1.iter().any(|it| matches!(*it, "v1" | "legacy"));
        let revision = if modern && !is_legacy { "2026-07-28" } else { "2025-11-25" };
        assert!(report["protocol"].to_string().contains(revision), "{client:?}: {report}");
    }
    // The Rust SDK has no progress to report.
    let header = format!("authorization: Bearer {}", stage.token("alice"));
    let url = stage.url();
    let report = program_output("client-rmcp", &["--url", &url, "--header", &header, "--call", calls[1]]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert!(report["calls"][0]["content"].to_string().contains('5'), "{report}");
}

const COUNT: &str = r#"slow_count={"steps":4,"interval_ms":100}"#;
const ADD: &str = r#"add={"a":2,"b":3}"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_client_uses_a_typescript_server_over_stdio() {
    every_client(&real("stdio-typescript.mjs"), [COUNT, ADD], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_uses_a_python_server_over_stdio() {
    every_client(&real("stdio-python.py"), [COUNT, ADD], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_uses_a_fastmcp_server_over_stdio() {
    every_client(&real("stdio-fastmcp.py"), [COUNT, ADD], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn h19_every_client_uses_the_reference_server_which_has_sessions_only() {
    let mut command = npm("@modelcontextprotocol/server-everything/dist/index.js");
    command.push("stdio".to_owned());
    let calls = [r#"trigger-long-running-operation={"duration":0.5,"steps":4}"#, r#"get-sum={"a":2,"b":3}"#];
    every_client(&command, calls, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_server_serves_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("note.txt"), "what the file holds").unwrap();
    let mut command = npm("@modelcontextprotocol/server-filesystem/dist/index.js");
    command.push(folder.path().display().to_string());
    let stage = Stage::set(&command, "", "");
    let session = Session::open(&stage, "alice").await;
    let read = |path: &Path| json!({ "path": path.display().to_string() });
    let inside = session.tool(1, "read_text_file", read(&folder.path().join("note.txt"))).await;
    assert!(inside.to_string().contains("what the file holds"), "{inside}");
    let outside = session.tool(2, "read_text_file", read(Path::new("/etc/passwd"))).await;
    assert_eq!(outside["result"]["isError"], true, "{outside}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_server_finds_what_the_configuration_grants_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.jsonl");
    let command = npm("@modelcontextprotocol/server-memory/dist/index.js");
    let stage = Stage::set(&command, &format!(", env = {{ MEMORY_FILE_PATH = {file:?} }}"), "");
    let session = Session::open(&stage, "alice").await;
    let entity = json!({ "name": "gateway", "entityType": "program", "observations": ["it remembers"] });
    session.tool(1, "create_entities", json!({ "entities": [entity] })).await;
    let graph = Session::open(&stage, "alice").await.tool(1, "read_graph", json!({})).await;
    assert!(graph.to_string().contains("it remembers"), "{graph}");
    assert!(std::fs::read_to_string(file).unwrap().contains("it remembers"));
}

/// A call of a tool by somebody, in the words of 2026-07-28.
async fn modern_tool(stage: &Stage, token: &str, id: u64, name: &str, arguments: Value) -> Answer {
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", name)];
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": name, "arguments": arguments, "_meta": meta });
    post(stage, token, &headers, &request(id, "tools/call", params)).await
}

fn text(message: &Value) -> &str {
    message["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{message}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn e34_thousands_of_calls_under_colliding_ids_never_cross() {
    let people = ["ada", "bob", "cyd", "dan"];
    let (per_person, shared) = (
        Stage::set(&real("stdio-typescript.mjs"), "", ""),
        Stage::set(&real("stdio-typescript.mjs"), ", shared = true", ""),
    );
    for (stage, children) in [(&per_person, people.len()), (&shared, 1)] {
        let tokens = people.map(|it| stage.token(it));
        for round in 0..16 {
            let calls =
                (0..16_u64).flat_map(|id| (1..).zip(&tokens).map(move |(who, token)| (id, who, token)));
            join_all(calls.map(|(id, who, token)| async move {
                // Only this caller can have asked for this sum.
                let arguments = json!({ "a": who * 1_000_000, "b": round * 1000 + id });
                let answer = modern_tool(stage, token, id, "add", arguments).await;
                let answer = last_message(&answer);
                let sum = (who * 1_000_000 + round * 1000 + id).to_string();
                assert_eq!((text(&answer), &answer["id"]), (sum.as_str(), &json!(id)), "{answer}");
            }))
            .await;
        }
        let pids = join_all(tokens.iter().map(|it| modern_tool(stage, it, 1, "pid", json!({})))).await;
        let pids: std::collections::BTreeSet<_> =
            pids.iter().map(|it| text(&last_message(it)).to_owned()).collect();
        assert_eq!(pids.len(), children);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e36_a_killed_process_is_an_error_and_is_replaced() {
    let stage = Stage::set(&real("stdio-python.py"), "", "");
    let session = Session::open(&stage, "alice").await;
    let pid = text(&session.tool(1, "pid", json!({})).await).to_owned();
    let slow = json!({ "steps": 100, "interval_ms": 100 });
    let slow = request(2, "tools/call", json!({ "name": "slow_count", "arguments": slow }));
    let (answer, ()) = tokio::join!(session.send(&slow), async {
        // Answered behind the call that hangs, so that one is in the process by now.
        session.tool(3, "add", json!({ "a": 1, "b": 2 })).await;
        assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    });
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (502, Some("bad_gateway")));
    let gone = session.send(&request(4, "ping", json!({}))).await;
    assert_eq!(gone.status, 404, "{}", gone.body);
    let again = Session::open(&stage, "alice").await;
    assert_ne!(text(&again.tool(1, "pid", json!({})).await), pid);
    stage.gateway.wait_for("the MCP server failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn e31_a_session_of_another_person_is_not_there() {
    let stage = Stage::set(&real("stdio-python.py"), "", "");
    let session = Session::open(&stage, "alice").await;
    let (alice, mallory) = (stage.token("alice"), stage.token("mallory"));
    let ping = request(5, "ping", json!({}));
    for (token, id, expected) in [
        (&alice, session.id.as_str(), 200),
        (&mallory, session.id.as_str(), 404),
        (&mallory, "0123456789012345678901234567890123456789012", 404),
    ] {
        let answer = post(&stage, token, &[("mcp-session-id", id)], &ping).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
        if expected == 404 {
            assert_eq!(answer.json()["error_description"], "the MCP session is unknown");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_the_end_of_the_gateway_leaves_no_process() {
    let mut stage = Stage::set(&real("stdio-typescript.mjs"), "", "");
    let modern = modern_tool(&stage, &stage.token("bob"), 1, "pid", json!({})).await;
    let session = Session::open(&stage, "alice").await;
    let pids =
        [text(&last_message(&modern)).to_owned(), text(&session.tool(1, "pid", json!({})).await).to_owned()];
    let parent = stage.gateway.pid().to_string();
    for pid in &pids {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        assert_eq!(stat.rsplit_once(") ").unwrap().1.split(' ').nth(1), Some(parent.as_str()), "{stat}");
    }
    stage.gateway.signal("TERM");
    assert!(stage.gateway.wait().success());
    assert!(pids.iter().all(|it| !Path::new(&format!("/proc/{it}")).exists()), "{pids:?} are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_keeps_processes_whose_settings_stay_and_ends_the_others() {
    let stage = Stage::set(&real("stdio-python.py"), "", "");
    let session = Session::open(&stage, "alice").await;
    let config = std::fs::read_to_string(stage.gateway.path("gateway.toml")).unwrap();
    let reloaded = |times: usize| {
        let output = &stage.gateway;
        async move {
            let deadline = std::time::Instant::now() + Duration::from_secs(30);
            while output.output().matches("the configuration was reloaded").count() < times {
                assert!(std::time::Instant::now() < deadline, "{}", output.output());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    stage.gateway.rewrite("gateway.toml", &format!("{config}\n[limits]\nidle = \"3m\"\n"));
    reloaded(1).await;
    let ping = request(5, "ping", json!({}));
    assert_eq!(session.send(&ping).await.status, 200);
    stage.gateway.rewrite("gateway.toml", &config.replace("[server.stdio]", "[server.stdio]\nidle = \"7m\""));
    reloaded(2).await;
    assert_eq!(session.send(&ping).await.status, 404);
    assert_eq!(get(&stage.gateway.url("/healthz")).await.status, 200);
    Session::open(&stage, "alice").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e30_a_process_finds_its_credential_where_the_configuration_says() {
    let credential = "[server.credential]\nsecret = { file = \"keys.json\" }";
    let stage = Stage::set(&real("stdio-python.py"), ", credential_env = \"API_TOKEN\"", credential);
    let keys = std::fs::read_to_string(stage.gateway.path("keys.json")).unwrap();
    let session = Session::open(&stage, "alice").await;
    let told = session.tool(1, "variable", json!({ "name": "API_TOKEN" })).await;
    assert_eq!(text(&told), keys.trim());
    let other = session.tool(2, "variable", json!({ "name": "AUTHORIZATION" })).await;
    assert_eq!(text(&other), "not set");
}
