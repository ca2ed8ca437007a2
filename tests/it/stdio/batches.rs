//! Batches, which revision 2025-03-26 has, before real servers.

use serde_json::{Value, json};

use super::{Session, Stage, messages, real, request};

/// Lists are reduced, and one tool is denied.
const RULES: &str = "filter_lists = true\n[[server.rule]]\ntools = [\"pid\"]\ndeny = true\n";

fn tool(id: u64, name: &str) -> Value {
    request(id, "tools/call", json!({ "name": name, "arguments": { "a": 2, "b": 3 } }))
}

#[tokio::test(flavor = "multi_thread")]
async fn h3_e20_a_batch_is_answered_whole_or_refused_whole() {
    for program in ["stdio-typescript.mjs", "stdio-python.py"] {
        let stage = Stage::set_with(&real(program), "", RULES, "");
        let session = Session::open_as(&stage, "alice", "2025-03-26").await;
        let batch = json!([tool(1, "add"), request(2, "tools/list", json!({})), tool(3, "add")]);
        let answer = session.send(&batch).await;
        assert_eq!(answer.status, 200, "{}\n{}", answer.body, stage.gateway.output());
        let mut answers = messages(&answer);
        answers.sort_by_key(|it| it["id"].as_u64());
        assert_eq!(answers.iter().map(|it| it["id"].as_u64()).collect::<Vec<_>>(), [1, 2, 3].map(Some));
        assert!(answers[0]["result"]["content"].to_string().contains('5'), "{answers:?}");
        let listed = answers[1]["result"]["tools"].to_string();
        assert!(listed.contains("slow_count") && !listed.contains("\"pid\""), "{listed}");

        let refused = session.send(&json!([tool(4, "add"), tool(5, "pid")])).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["error"]["code"]), (403, &json!(403)));
        let told =
            session.send(&json!([{ "jsonrpc": "2.0", "method": "notifications/roots/list_changed" }])).await;
        assert_eq!((told.status.as_u16(), told.body.as_str()), (202, ""));
        let later = Session::open(&stage, "alice").await;
        assert_eq!(later.send(&json!([tool(6, "add")])).await.status, 400);
    }
}
