//! What is counted, written down and shown of somebody who is known.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use serde_json::{Value, json};
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use crate::support::{Gateway, ISSUER, Issuer, STDOUT, Setup, call, message, one_server};

fn gateway(issuer: &Issuer, upstream: &RecordingUpstream, further: &str) -> Gateway {
    Gateway::before(&upstream.uri("/mcp").to_string(), issuer, further)
}

/// Tools, prompts and resources, by the method that lists them.
fn list(method: &str) -> Value {
    match method {
        "tools/list" => {
            json!({ "tools": [{ "name": "read" }, { "name": "delete" }], "ttlMs": 9, "cacheScope": "public" })
        }
        "prompts/list" => json!({ "prompts": [{ "name": "read" }, { "name": "delete" }] }),
        "resources/list" => {
            json!({ "resources": [{ "uri": "file:///a", "name": "a" }, { "uri": "file:///etc/b", "name": "b" }] })
        }
        _ => json!({}),
    }
}

/// Answers lists in JSON to those who take nothing else, and as event streams to the others.
async fn upstream() -> RecordingUpstream {
    RecordingUpstream::start(|request: &Recorded| {
        let message: Value = serde_json::from_slice(&request.body).unwrap();
        let result = list(message["method"].as_str().unwrap());
        let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string();
        if request.header("accept").is_some_and(|it| it.contains("event-stream")) {
            let stream = format!("id: 7\r\ndata: {answer}\r\n\r\n");
            Answer::status(200).header("content-type", "text/event-stream").with_body(stream)
        } else {
            Answer::json(&answer)
        }
    })
    .await
}

const RULES: &str = r#"filter_lists = true
[[server.rule]]
tools = ["delete"]
prompts = ["delete"]
require = ["files:write"]
log_arguments = ["path"]
[[server.rule]]
resources = ["file:///etc/*"]
deny = true
"#;

#[tokio::test]
async fn e24_e25_lists_hold_just_what_their_reader_may_use() {
    let (issuer, upstream) = (Issuer::new(ISSUER), upstream().await);
    let gateway = gateway(&issuer, &upstream, RULES);
    let url = gateway.url("/mcp");
    for (scope, expected) in [("mcp", vec!["read"]), ("mcp files:write", vec!["read", "delete"])] {
        let token = issuer.token(&url).claim("scope", scope).sign();
        for accept in ["application/json", "application/json, text/event-stream"] {
            for (lists, key, uses) in
                [("tools/list", "tools", "tools/call"), ("prompts/list", "prompts", "prompts/get")]
            {
                let listed = call(message(&url, &token, accept, lists, json!({}))).await.result();
                let names: Vec<_> =
                    listed[key].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
                assert_eq!(names, expected, "{scope} {accept}");
                for name in ["read", "delete"] {
                    let used = call(message(&url, &token, accept, uses, json!({ "name": name }))).await;
                    assert_eq!(used.status == 200, names.contains(&name), "{uses} {name} {scope}");
                }
            }
            let tools = call(message(&url, &token, accept, "tools/list", json!({}))).await.result();
            assert_eq!((&tools["cacheScope"], &tools["ttlMs"]), (&json!("private"), &json!(9)));
            let resources = call(message(&url, &token, accept, "resources/list", json!({}))).await.result();
            assert_eq!(resources["resources"], json!([{ "uri": "file:///a", "name": "a" }]));
        }
    }
}

#[tokio::test]
async fn without_filters_no_list_is_touched() {
    let (issuer, upstream) = (Issuer::new(ISSUER), upstream().await);
    let gateway = gateway(&issuer, &upstream, &RULES.replace("filter_lists = true", ""));
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    let listed = call(message(&url, &token, "application/json", "tools/list", json!({}))).await.result();
    assert_eq!(listed, list("tools/list"));
}

#[tokio::test]
async fn e21_h8_headers_that_mirror_arguments_agree_with_them_once_a_list_has_told_which_do() {
    let schema = json!({ "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": "Region" } } });
    let upstream = RecordingUpstream::start(move |request: &Recorded| {
        let message: Value = serde_json::from_slice(&request.body).unwrap();
        let tools = json!([{ "name": "read", "inputSchema": schema }]);
        Answer::json(
            &json!({ "jsonrpc": "2.0", "id": message["id"], "result": { "tools": tools } }).to_string(),
        )
    })
    .await;
    let issuer = Issuer::new(ISSUER);
    let gateway = gateway(
        &issuer,
        &upstream,
        "filter_lists = true\n[[server.rule]]\ntools = [\"write\"]\ndeny = true\n",
    );
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    let send = async |region: Option<&str>| {
        let params = json!({ "name": "read", "arguments": { "region": "eu" } });
        let mut request = message(&url, &token, "application/json", "tools/call", params);
        if let Some(region) = region {
            request.headers_mut().insert("mcp-param-region", region.parse().unwrap());
        }
        call(request).await
    };
    // Whoever does not know a header leaves it alone, and passes it on.
    assert_eq!(send(Some("us")).await.status, 200);
    assert_eq!(upstream.requests().last().unwrap().header("mcp-param-region"), Some("us"));

    call(message(&url, &token, "application/json", "tools/list", json!({}))).await.result();
    let before = upstream.requests().len();
    for lie in ["us", "EU", "=?base64?dXM=?=", "=?base64?!?="] {
        let refused = send(Some(lie)).await;
        let body = refused.json();
        assert_eq!((refused.status.as_u16(), &body["error"]["code"]), (400, &json!(-32020)), "{lie}: {body}");
        assert_eq!(body["id"], "x-1");
    }
    assert_eq!(upstream.requests().len(), before, "no lie has reached the upstream");
    gateway.wait_for("header_mismatch");
    // Whether one is missing is for the server to say.
    for truth in [Some("eu"), Some("=?base64?ZXU=?="), None] {
        assert_eq!(send(truth).await.status, 200, "{truth:?}");
    }
    assert_eq!(upstream.requests().len(), before + 3);
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

#[tokio::test]
async fn m10_each_decision_about_somebody_who_is_known_has_a_line() {
    let (issuer, upstream) = (Issuer::new(ISSUER), upstream().await);
    let further = format!("{RULES}[audit]\nfile = \"audit.jsonl\"\n");
    let gateway = gateway(&issuer, &upstream, &further);
    let url = gateway.url("/mcp");
    let token = |scope: &str| issuer.token(&url).claim("scope", scope).claim("client_id", "inspector").sign();
    let (plain, writer) = (token("mcp"), token("mcp files:write"));
    let call_delete = |token: &str| {
        let arguments = json!({ "path": "/tmp/\u{202e}\r\n{\"outcome\":\"allowed\"}", "secret": "canary" });
        message(
            &url,
            token,
            "application/json",
            "tools/call",
            json!({ "name": "delete", "arguments": arguments }),
        )
    };
    let mut ids = Vec::new();
    for request in [
        call_delete(&writer),
        call_delete(&plain),
        message(&url, &plain, "application/json", "resources/read", json!({ "uri": "file:///etc/b" })),
        message(&url, &plain, "application/json", "tools/list", json!({})),
        message(&url, &token("other"), "application/json", "tools/list", json!({})),
    ] {
        ids.push(call(request).await.header("x-request-id").to_owned());
    }
    call(message(&url, "nonsense", "application/json", "tools/list", json!({}))).await;
    let path = gateway.path("audit.jsonl");
    let raw = std::fs::read_to_string(&path).unwrap();
    assert!(!raw.contains("canary") && raw.is_ascii() && raw.lines().count() == ids.len(), "{raw}");
    let mut golden = String::new();
    for (line, id) in raw.lines().zip(&ids) {
        let (time, rest) = line.strip_prefix(r#"{"time":""#).unwrap().split_once('"').unwrap();
        assert_eq!(time.len(), "2026-11-28T20:25:37Z".len(), "{time}");
        golden.push_str(r#"{"time":"TIME""#);
        golden.push_str(&rest.replace(id.as_str(), "ID"));
        golden.push('\n');
    }
    test_support::golden!("audit.jsonl", &golden);
}

#[tokio::test]
async fn m10_a_reload_opens_the_file_anew_and_keeps_it() {
    let (issuer, upstream) = (Issuer::new(ISSUER), upstream().await);
    let gateway = gateway(&issuer, &upstream, "[audit]\nfile = \"audit.jsonl\"\n");
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    let ping = || message(&url, &token, "application/json", "ping", json!({}));
    let (path, moved) = (gateway.path("audit.jsonl"), gateway.path("moved"));
    call(ping()).await;
    std::fs::rename(&path, &moved).unwrap();
    gateway.signal("HUP");
    gateway.wait_for("reloaded");
    call(ping()).await;
    assert_eq!((lines(&moved).len(), lines(&path).len()), (1, 1));
    let line = &lines(&path)[0];
    assert_eq!((&line["outcome"], &line["http_method"]), (&json!("allowed"), &json!("POST")));
}

#[tokio::test]
async fn m10_without_a_file_the_lines_go_to_standard_output_and_nothing_else_does() {
    let (issuer, upstream) = (Issuer::new(ISSUER), upstream().await);
    let address = upstream.uri("/mcp").to_string();
    let start = |further: &str| {
        let setup = Setup::new().keys("keys", &issuer).stdout_in_file();
        setup.start(|listen| one_server(listen, &address, further))
    };
    let call_tools = async |gateway: &Gateway| {
        let url = gateway.url("/mcp");
        let token = issuer.token(&url).sign();
        for tool in ["read", "delete"] {
            let params = json!({ "name": tool });
            call(message(&url, &token, "application/json", "tools/call", params)).await;
        }
        lines(&gateway.path(STDOUT))
    };
    let said = call_tools(&start(&format!("{RULES}[audit]\n"))).await;
    let of = |line: &Value| ["tool", "outcome", "reason"].map(|it| line[it].as_str().unwrap().to_owned());
    let expected = [["read", "allowed", "ok"], ["delete", "refused", "operation_scope_insufficient"]];
    assert_eq!(said.iter().map(of).collect::<Vec<_>>(), expected.map(|it| it.map(str::to_owned)));
    assert!(call_tools(&start(RULES)).await.is_empty());
}

/// What `/metrics` says to operators.
fn figures(socket: &Path) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn m10_a_full_disk_is_told_and_stops_requests_only_where_it_shall() {
    for (policy, expected) in [("continue", 200), ("refuse", 503)] {
        let (issuer, upstream) = (Issuer::new(ISSUER), upstream().await);
        let further = format!(
            "[audit]\nfile = \"/dev/full\"\nif_failing = \"{policy}\"\n[admin]\nsocket = \"admin.sock\"\n"
        );
        let gateway = gateway(&issuer, &upstream, &further);
        let url = gateway.url("/mcp");
        let token = issuer.token(&url).sign();
        for _ in 0..2 {
            let answer = call(message(&url, &token, "application/json", "ping", json!({}))).await;
            assert_eq!(answer.status, expected, "{policy}");
        }
        gateway.wait_for("the audit cannot be written");
        assert_eq!(gateway.output().matches("the audit cannot be written").count(), 1);
        assert_eq!(upstream.requests().len(), if expected == 200 { 2 } else { 0 });
        let figures = figures(&gateway.path("admin.sock"));
        assert!(figures.contains("\nmcp_gateway_audit_lines_lost_total 2\n"), "{figures}");
    }
}

#[tokio::test]
async fn e50_a_spent_quota_is_answered_to_the_message() {
    let (issuer, upstream) = (Issuer::new(ISSUER), upstream().await);
    let quotas = "[[server.quota]]\nper = [\"principal\"]\nrequests = 2\nperiod = \"1h\"\n";
    let gateway = gateway(&issuer, &upstream, quotas);
    let url = gateway.url("/mcp");
    let of = |subject: &str| issuer.token(&url).claim("sub", subject).sign();
    let ping = |token: &str| {
        let mut ping = message(&url, token, "application/json", "ping", json!({}));
        ping.headers_mut().insert("mcp-protocol-version", "2026-07-28".parse().unwrap());
        ping
    };
    for _ in 0..2 {
        assert_eq!(call(ping(&of("alice"))).await.status, 200);
    }
    // Neither another token nor another address makes it another principal.
    let mut spent = ping(&of("alice"));
    spent.headers_mut().insert("x-forwarded-for", "192.0.2.7".parse().unwrap());
    let refused = call(spent).await;
    assert_eq!(refused.status, 429);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=1800).contains(&seconds), "{seconds}");
    let body = refused.json();
    assert_eq!(
        (&body["jsonrpc"], &body["id"], &body["error"]["code"]),
        (&json!("2.0"), &json!("x-1"), &json!(429))
    );
    assert_eq!(body["error"]["data"]["request_id"], refused.header("x-request-id"));
    assert_eq!(call(ping(&of("bob"))).await.status, 200);
    assert_eq!(upstream.requests().len(), 3);
}
