use mcp_message::{Body, Limits, Message, Operation, Target, read};
use serde_json::Value;

/// A body of JSON-RPC: what is taken is read alike by the most common reader, and by ourselves when it is written anew.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Ok(body) = read(data, &Limits::default()) else { return false };
    let whole: Value = serde_json::from_slice(data).expect("what was read is JSON");
    let written = whole.to_string();
    let again = read(written.as_bytes(), &Limits::default()).expect("the same, written anew");
    assert_eq!(body.messages().len(), again.messages().len());
    for (at, (message, again)) in body.messages().iter().zip(again.messages()).enumerate() {
        let value = if matches!(body, Body::Batch(_)) { &whole[at] } else { &whole };
        agrees(message, value);
        assert_eq!(message.method(), again.method());
        assert_eq!(Operation::of(message), Operation::of(again), "decided differently when written anew");
    }
    true
}

fn agrees(message: &Message<'_>, value: &Value) {
    assert_eq!(value["jsonrpc"], "2.0");
    assert_eq!(message.method(), value["method"].as_str(), "another method");
    let raw: Value = serde_json::from_str(message.raw().get()).expect("a message as it was written");
    assert_eq!(raw, *value, "another message");
    if let Some(id) = message.request_id() {
        let id: Value = serde_json::from_str(id.raw().get()).expect("an id as it was written");
        assert_eq!(id, value["id"], "another id");
    }
    let Ok(operation) = Operation::of(message) else { return };
    let params = &value["params"];
    match &operation.target {
        Target::Tool(name) => assert_eq!(params["name"], **name, "another tool"),
        Target::Task(id) => assert_eq!(params["taskId"], **id, "another task"),
        Target::Prompt(name) => {
            let named =
                if operation.method == "prompts/get" { &params["name"] } else { &params["ref"]["name"] };
            assert_eq!(named, &**name, "another prompt");
        }
        Target::Resources(uris) => {
            let named = match &*operation.method {
                "subscriptions/listen" => params["notifications"]["resourceSubscriptions"].clone(),
                "completion/complete" => Value::from(vec![params["ref"]["uri"].clone()]),
                _ => Value::from(vec![params["uri"].clone()]),
            };
            let named = if named.is_null() { Value::from(Vec::<Value>::new()) } else { named };
            assert_eq!(
                named,
                Value::from(uris.iter().map(ToString::to_string).collect::<Vec<_>>()),
                "other resources"
            );
        }
        Target::None => {}
    }
    match &*operation.method {
        "tools/call" => assert!(matches!(operation.target, Target::Tool(_)), "a call of no tool"),
        "prompts/get" => assert!(matches!(operation.target, Target::Prompt(_)), "no prompt"),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
            assert!(matches!(operation.target, Target::Resources(_)), "no resource");
        }
        "tasks/get" | "tasks/result" | "tasks/cancel" | "tasks/update" => {
            assert!(matches!(operation.target, Target::Task(_)), "no task");
        }
        _ => {}
    }
}

/// What messages are made of.
pub const WORDS: &[&str] = &[
    "\"jsonrpc\"",
    "\"2.0\"",
    "\"method\"",
    "\"id\"",
    "\"params\"",
    "\"result\"",
    "\"error\"",
    "\"name\"",
    "\"uri\"",
    "\"_meta\"",
    "\"tools/call\"",
    "\"prompts/get\"",
    "\"resources/read\"",
    "\"tasks/get\"",
    "\"taskId\"",
    "\"Method\"",
    "\"\\u006eame\"",
    "null",
    "1",
    "\"1\"",
    "1.0",
    "1e1",
    "-0",
    "{}",
    "[]",
    "[",
    "]",
    ",",
    ":",
    "\\ud800",
    "\\u0000",
    "\u{17f}",
    "__proto__",
];
