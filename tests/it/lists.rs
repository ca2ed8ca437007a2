//! Lists of an upstream: what becomes of each page of them, and what is learned from them.

use serde_json::{Value, json};
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use crate::support::{Gateway, ISSUER, Issuer, Setup, call, message, one_server};

/// An upstream that answers by what `result` makes of a message, as an event stream to those who take one.
async fn upstream(result: fn(&Value) -> Value) -> RecordingUpstream {
    RecordingUpstream::start(move |request: &Recorded| {
        let message: Value = serde_json::from_slice(&request.body).unwrap();
        let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result(&message) }).to_string();
        if request.header("accept").is_some_and(|it| it.contains("event-stream")) {
            let stream = format!("data: {answer}\n\n");
            Answer::status(200).header("content-type", "text/event-stream").with_body(stream)
        } else {
            Answer::json(&answer)
        }
    })
    .await
}

/// Two pages of tools, and templates of resources.
fn pages(message: &Value) -> Value {
    match (message["method"].as_str(), message["params"]["cursor"].as_str()) {
        (Some("tools/list"), None) => {
            json!({ "tools": [{ "name": "read" }, { "name": "delete_a" }], "nextCursor": "page 2" })
        }
        (Some("tools/list"), Some("page 2")) => {
            json!({ "tools": [{ "name": "delete_b" }, { "name": "write" }] })
        }
        (Some("resources/templates/list"), None) => json!({ "resourceTemplates": [
            { "uriTemplate": "file:///public/{name}", "name": "public" },
            { "uriTemplate": "file:///etc/{name}", "name": "etc" },
        ] }),
        _ => json!({}),
    }
}

const RULES: &str = r#"filter_lists = true
[[server.rule]]
tools = ["delete_*"]
require = ["files:write"]
[[server.rule]]
resources = ["file:///etc/*"]
require = ["files:admin"]
"#;

const FORMS: [&str; 2] = ["application/json", "application/json, text/event-stream"];

fn names(result: &Value, list: &str) -> Vec<String> {
    result[list].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn e24_each_page_of_a_list_holds_just_what_its_reader_may_use() {
    let (issuer, upstream) = (Issuer::new(ISSUER), upstream(pages).await);
    let gateway = Gateway::before(&upstream.uri("/mcp").to_string(), &issuer, RULES);
    let url = gateway.url("/mcp");
    for (scope, expected) in [
        ("mcp", [vec!["read"], vec!["write"]]),
        ("mcp files:write", [vec!["read", "delete_a"], vec!["delete_b", "write"]]),
    ] {
        let token = issuer.token(&url).claim("scope", scope).sign();
        for accept in FORMS {
            let first = call(message(&url, &token, accept, "tools/list", json!({}))).await.result();
            assert_eq!(names(&first, "tools"), expected[0], "{scope} {accept}");
            let next = json!({ "cursor": first["nextCursor"] });
            let second = call(message(&url, &token, accept, "tools/list", next)).await.result();
            assert_eq!(names(&second, "tools"), expected[1], "{scope} {accept}");
            assert_eq!(second["nextCursor"], Value::Null);
        }
    }
}

#[tokio::test]
async fn e24_templates_are_listed_to_those_who_may_read_by_them() {
    let (issuer, upstream) = (Issuer::new(ISSUER), upstream(pages).await);
    let gateway = Gateway::before(&upstream.uri("/mcp").to_string(), &issuer, RULES);
    let url = gateway.url("/mcp");
    for (scope, expected) in [("mcp", vec!["public"]), ("mcp files:admin", vec!["public", "etc"])] {
        let token = issuer.token(&url).claim("scope", scope).sign();
        for accept in FORMS {
            let request = message(&url, &token, accept, "resources/templates/list", json!({}));
            assert_eq!(
                names(&call(request).await.result(), "resourceTemplates"),
                expected,
                "{scope} {accept}"
            );
            let read =
                message(&url, &token, accept, "resources/read", json!({ "uri": "file:///etc/passwd" }));
            assert_eq!(call(read).await.status == 200, expected.contains(&"etc"), "{scope} {accept}");
        }
    }
}

/// A tool that only reads, one that destroys, and one that says nothing.
fn annotated(message: &Value) -> Value {
    if message["method"] != "tools/list" {
        return json!({});
    }
    json!({ "tools": [
        { "name": "look", "annotations": { "readOnlyHint": true } },
        { "name": "drop", "annotations": { "readOnlyHint": false, "destructiveHint": true } },
        { "name": "add", "annotations": { "destructiveHint": false } },
        { "name": "mute" },
    ] })
}

const BY_ANNOTATION: &str = r#"[[server.rule]]
read_only = true
[[server.rule]]
destructive = false
require = ["files:write"]
[[server.rule]]
tools = ["*"]
deny = true
"#;

#[tokio::test]
async fn what_a_list_says_of_tools_decides_from_then_on_and_as_long_as_the_upstream_is_the_same() {
    let (issuer, first, second) = (Issuer::new(ISSUER), upstream(annotated).await, upstream(annotated).await);
    let (first, second) = (first.uri("/mcp").to_string(), second.uri("/mcp").to_string());
    let gateway =
        Setup::new().keys("keys", &issuer).start(|listen| one_server(listen, &first, BY_ANNOTATION));
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).claim("scope", "mcp").sign();
    let statuses = async || {
        let mut all = Vec::new();
        for tool in ["look", "add", "drop", "mute"] {
            let answer = call(message(&url, &token, FORMS[0], "tools/call", json!({ "name": tool }))).await;
            let denied = answer.header("www-authenticate").is_empty();
            all.push((answer.status.as_u16(), denied));
        }
        all
    };
    let (allowed, step_up, denied) = ((200, true), (403, false), (403, true));
    let unknown = vec![denied; 4];
    let known = vec![allowed, step_up, denied, denied];
    assert_eq!(statuses().await, unknown, "nothing has been said of any tool");
    let list = message(&url, &token, FORMS[0], "tools/list", json!({}));
    assert_eq!(names(&call(list).await.result(), "tools"), ["look", "drop", "add", "mute"]);
    assert_eq!(statuses().await, known);

    let reload = |upstream: &str, times: usize| {
        let listen = gateway.address().to_string();
        gateway.rewrite("gateway.toml", &one_server(&listen, upstream, BY_ANNOTATION));
        gateway.signal("HUP");
        gateway.wait_for_times("the configuration was reloaded", times);
    };
    reload(&first, 1);
    assert_eq!(statuses().await, known, "the upstream is the same");
    reload(&second, 2);
    assert_eq!(statuses().await, unknown, "another server's tools may do something else");
}
