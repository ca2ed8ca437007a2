//! What everybody does with servers that many people run.

use serde_json::json;

use super::{Session, Stage, npm};

const EVERYTHING: &str = "@modelcontextprotocol/server-everything/dist/index.js";

fn everything() -> Vec<String> {
    let mut command = npm(EVERYTHING);
    command.push("stdio".to_owned());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn h20_the_reference_server_is_used_in_a_session() {
    let stage = Stage::set(&everything(), "", "");
    let session = Session::open(&stage, "alice").await;
    let answer = session.tool(1, "get-sum", json!({ "a": 2, "b": 3 })).await;
    assert_eq!(answer["id"], 1, "{answer}");
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains('5'), "{answer}");
}
