//! Rules for single operations, before a real MCP server.

use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use test_support::upstream::{Answer as UpstreamAnswer, Recorded, RecordingUpstream};

use crate::support::{Answer, Gateway, ISSUER, Issuer, Part, Setup, call, get, one_server, open};

/// The reference server behind rules: `get-sum` needs a scope, `get-env` is denied, and resources are for one group.
struct Stage {
    issuer: Issuer,
    gateway: Gateway,
    _upstream: Part,
}

impl Stage {
    fn set() -> Self {
        let (issuer, upstream) = (Issuer::new(ISSUER), Part::start("server-everything.mjs", &[]));
        let gateway = Gateway::before(&upstream.url("/mcp"), &issuer, RULES);
        Self { issuer, gateway, _upstream: upstream }
    }

    fn url(&self) -> String {
        self.gateway.url("/mcp")
    }

    fn token(&self, scope: &str) -> String {
        self.issuer.token(&self.url()).claim("scope", scope).claim("groups", json!(["staff"])).sign()
    }

    /// Sends a body, with further headers, by somebody with these scopes.
    async fn send(&self, scope: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let request = Request::post(self.url())
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("authorization", format!("Bearer {}", self.token(scope)));
        let request = headers.iter().fold(request, |it, (name, value)| it.header(*name, *value));
        call(request.body(body.to_string()).unwrap()).await
    }

    /// Begins an MCP session as revisions up to 2025-11-25 do.
    async fn session(&self, scope: &str) -> String {
        let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        }});
        let answer = self.send(scope, &[], &hello).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let session = answer.header("mcp-session-id").to_owned();
        let told = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(self.send(scope, &[("mcp-session-id", &session)], &told).await.status, 202);
        session
    }
}

const RULES: &str = r#"offered_scopes = ["mcp:read"]
[[server.rule]]
tools = ["get-sum"]
require = ["math"]
[[server.rule]]
tools = ["get-env"]
deny = true
[[server.rule]]
methods = ["resources/*"]
resources = ["demo://*"]
allow = { claims = { groups = ["admins"] } }
"#;

fn tool(name: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": "one", "method": "tools/call", "params": {
        "name": name, "arguments": { "a": 2, "b": 3, "message": "hello" },
    }})
}

#[track_caller]
fn assert_denied(answer: &Answer, id: &Value) {
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(!answer.headers.contains_key("www-authenticate"));
    let body = answer.json();
    assert_eq!((&body["id"], &body["error"]["code"]), (id, &json!(403)), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_does_what_rules_allow_and_is_not_asked_for_the_rest() {
    let stage = Stage::set();
    let session = stage.session("mcp").await;
    let headers = [("mcp-session-id", session.as_str()), ("mcp-protocol-version", "2025-06-18")];

    let allowed = stage.send("mcp", &headers, &tool("echo")).await;
    assert_eq!(allowed.status, 200, "{}", allowed.body);
    assert!(allowed.body.contains("hello"), "{}", allowed.body);
    assert_denied(&stage.send("mcp", &headers, &tool("get-env")).await, &json!("one"));

    let read = json!({ "jsonrpc": "2.0", "id": "one", "method": "resources/read",
        "params": { "uri": "demo://resource/static/document/features.md" } });
    assert_denied(&stage.send("mcp", &headers, &read).await, &json!("one"));
    for rule in ["rule 2: tools/call get-env", "rule 3: resources/read demo://"] {
        stage.gateway.wait_for(rule);
    }
    assert_eq!(stage.gateway.output().matches("operation_denied").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_which_scopes_to_ask_for_and_comes_back_with_them() {
    let stage = Stage::set();
    let session = stage.session("mcp mcp:read").await;
    let headers = [("mcp-session-id", session.as_str())];

    let step_up = stage.send("mcp mcp:read", &headers, &tool("get-sum")).await;
    assert_eq!(step_up.status, 403, "{}", step_up.body);
    let challenge = step_up.header("www-authenticate");
    assert!(challenge.starts_with(r#"Bearer error="insufficient_scope""#), "{challenge}");
    assert!(challenge.contains(r#"scope="math mcp mcp:read""#), "{challenge}");
    let answered = stage.send("math mcp mcp:read", &headers, &tool("get-sum")).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert!(answered.body.contains('5'), "{}", answered.body);

    let document = get(&stage.gateway.url("/.well-known/oauth-protected-resource/mcp")).await.json();
    assert_eq!(document["scopes_supported"], json!(["math", "mcp", "mcp:read"]));
    let first = call(Request::post(stage.url()).body(String::new()).unwrap()).await;
    assert!(first.header("www-authenticate").contains(r#"scope="mcp""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn e20_e21_neither_batches_nor_headers_hide_a_denied_call() {
    let stage = Stage::set();
    let session = stage.session("mcp").await;
    let session = ("mcp-session-id", session.as_str());
    let batch = json!([tool("echo"), tool("get-env")]);
    assert_denied(&stage.send("mcp", &[session], &batch).await, &Value::Null);

    let harmless = [session, ("mcp-method", "tools/call"), ("mcp-name", "echo")];
    let lie = stage.send("mcp", &harmless, &tool("get-env")).await;
    assert_eq!((lie.status.as_u16(), &lie.json()["error"]["code"]), (400, &json!(-32020)), "{}", lie.body);
    assert_eq!(lie.json()["id"], "one");
    assert_eq!(stage.send("mcp", &harmless, &tool("echo")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn e22_a_denied_call_is_denied_in_every_revision() {
    let stage = Stage::set();
    let session = stage.session("mcp").await;
    let session = ("mcp-session-id", session.as_str());
    for revision in ["", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "garbage"] {
        let version = ("mcp-protocol-version", revision);
        assert_denied(&stage.send("mcp", &[session, version], &tool("get-env")).await, &json!("one"));
    }
    assert_denied(&stage.send("mcp", &[session], &tool("get-env")).await, &json!("one"));
    let mut modern = tool("get-env");
    modern["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mirrors =
        [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "get-env")];
    assert_denied(&stage.send("mcp", &mirrors, &modern).await, &json!("one"));
}

/// An upstream of HTTP+SSE, whose stream names where messages are posted and stays open.
async fn old_upstream() -> RecordingUpstream {
    let mut streams = Vec::new();
    RecordingUpstream::start(move |request: &Recorded| {
        if request.method != http::Method::GET {
            return UpstreamAnswer::status(202);
        }
        let (events, answer) = UpstreamAnswer::events();
        let sender = events.clone();
        tokio::spawn(async move { sender.send("event: endpoint\ndata: /messages?id=1\n\n").await });
        streams.push(events);
        answer
    })
    .await
}

#[tokio::test]
async fn e28_rules_and_audit_hold_for_what_is_posted_to_an_old_server() {
    let (issuer, upstream) = (Issuer::new(ISSUER), old_upstream().await);
    let address = upstream.uri("/sse").to_string();
    let gateway = Setup::new().keys("keys", &issuer).start(|listen| {
        let further = format!("{RULES}[audit]\nfile = \"audit.jsonl\"\n");
        one_server(listen, &address, &further).replace("{ http =", "{ sse =")
    });
    let url = gateway.url("/mcp");
    let token = |scope: &str| issuer.token(&url).claim("scope", scope).sign();
    let request = |method: &str, url: &str, scope: &str, body: &Value| {
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", token(scope)));
        request.body(body.to_string()).unwrap()
    };
    let mut stream = open(request("GET", &url, "mcp", &Value::Null)).await.into_body();
    let first = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    let first = std::str::from_utf8(&first).unwrap();
    let messages = gateway.url(first.lines().find_map(|it| it.strip_prefix("data: ")).unwrap());
    let post = async |scope: &str, body: &Value| call(request("POST", &messages, scope, body)).await;

    assert_eq!(post("mcp", &tool("echo")).await.status, 202);
    assert_denied(&post("mcp", &tool("get-env")).await, &json!("one"));
    let step_up = post("mcp", &tool("get-sum")).await;
    assert_eq!(step_up.status, 403, "{}", step_up.body);
    assert!(step_up.header("www-authenticate").contains(r#"scope="math mcp""#));
    assert_eq!(post("mcp math", &tool("get-sum")).await.status, 202);
    assert_denied(&post("mcp", &json!([tool("echo"), tool("get-env")])).await, &Value::Null);

    let posted = upstream.requests().iter().filter(|it| it.method == http::Method::POST).count();
    assert_eq!(posted, 2, "what was refused was not passed on");
    let lines = std::fs::read_to_string(gateway.path("audit.jsonl")).unwrap();
    let lines = lines.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    let of =
        |line: Value| ["http_method", "tool", "reason"].map(|it| line[it].as_str().unwrap_or("").to_owned());
    let expected = [
        ["GET", "", "ok"],
        ["POST", "echo", "ok"],
        ["POST", "get-env", "operation_denied"],
        ["POST", "get-sum", "operation_scope_insufficient"],
        ["POST", "get-sum", "ok"],
        ["POST", "", "operation_denied"],
    ];
    assert_eq!(lines.map(of).collect::<Vec<_>>(), expected.map(|it| it.map(str::to_owned)));
}
