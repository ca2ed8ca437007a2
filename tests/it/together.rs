//! Rules, filtered lists, quotas, a credential and the audit at once, before a server over HTTP and one over stdio.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_support::{
    parts,
    upstream::{Answer, Recorded, RecordingUpstream},
};

use crate::support::{self, Gateway, ISSUER, Issuer, Setup, call};

const SECRET: &str = "upstream-secret-Hq3vW8nZ5kTd";

/// What every server here has: a tool for whoever has a scope, at most twice an hour, and one for nobody.
const SERVER: &str = r#"scopes = ["mcp"]
filter_lists = true
[[server.rule]]
tools = ["variable"]
require = ["env:read"]
log_arguments = ["name"]
[[server.rule]]
tools = ["pid"]
deny = true
[[server.quota]]
per = ["principal", "tool"]
tools = ["variable"]
requests = 2
period = "1h"
[server.credential]
secret = { file = "upstream.secret" }
[audit]
file = "audit.jsonl"
[log]
level = "debug"
"#;

struct Stage {
    issuer: Issuer,
    gateway: Gateway,
}

impl Stage {
    fn set(upstream: &str) -> Self {
        let issuer = Issuer::new(ISSUER);
        let setup = Setup::new().keys("keys", &issuer).file("upstream.secret", SECRET);
        let gateway = setup.start(|listen| {
            let port = listen.rsplit(':').next().unwrap();
            format!(
                "public_url = \"http://localhost:{port}\"\n[listen]\naddress = \"{listen}\"\n\
                 [[authorization_server]]\nissuer = \"{ISSUER}\"\nkeys = {{ file = \"keys.json\" }}\n\
                 [[server]]\npath = \"/mcp\"\nupstream = {{ {upstream} }}\n{SERVER}"
            )
        });
        Self { issuer, gateway }
    }

    /// A request in the words of 2026-07-28, by somebody with these scopes.
    async fn asks(
        &self,
        (subject, scope): (&str, &str),
        method: &str,
        tool: Option<&str>,
    ) -> support::Answer {
        let url = self.gateway.url("/mcp");
        let token = self.issuer.token(&url).claim("sub", subject).claim("scope", scope).sign();
        let mut params = json!({ "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        } });
        let mut request = http::Request::post(&url)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        if let Some(tool) = tool {
            request = request.header("mcp-name", tool);
            params["name"] = json!(tool);
            params["arguments"] = json!({ "name": "API_TOKEN", "a": 2, "b": 3 });
        }
        let message = json!({ "jsonrpc": "2.0", "id": "x-7", "method": method, "params": params });
        call(request.body(message.to_string()).unwrap()).await
    }

    async fn calls(&self, who: (&str, &str), tool: &str) -> support::Answer {
        self.asks(who, "tools/call", Some(tool)).await
    }

    async fn lists(&self, who: (&str, &str)) -> BTreeSet<String> {
        let listed = message(&self.asks(who, "tools/list", None).await);
        assert_ne!(listed["result"]["cacheScope"], "public", "{listed}");
        let tools = listed["result"]["tools"].as_array().unwrap_or_else(|| panic!("{listed}"));
        tools.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Of each line of the audit what was asked for, and how and by which rule it was decided.
    fn audit(&self) -> Vec<(String, String, Value)> {
        let text = std::fs::read_to_string(self.gateway.path("audit.jsonl")).unwrap();
        assert!(!text.contains(SECRET));
        let lines = text.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        lines
            .map(|it| {
                let what = format!("{} {} {}", text(&it["subject"]), text(&it["method"]), text(&it["tool"]));
                (what.trim_end().to_owned(), text(&it["reason"]), it["rule"].clone())
            })
            .collect()
    }
}

/// The answer, of either form.
fn message(answer: &support::Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = answer.body.lines().filter_map(|it| it.strip_prefix("data: ")).next_back();
    serde_json::from_str(data.unwrap_or(&answer.body)).unwrap()
}

/// The same conversation, whatever the server is reached by; `shows` is how its tool shows the credential.
async fn conversation(stage: &Stage, shows: &str) {
    let (reader, plain) = (("alice", "mcp env:read"), ("alice", "mcp"));
    let names = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(stage.lists(plain).await, names(&["add", "slow_count"]));
    assert_eq!(stage.lists(reader).await, names(&["add", "slow_count", "variable"]));

    let denied = stage.calls(reader, "pid").await;
    assert_eq!((denied.status.as_u16(), &denied.json()["id"]), (403, &json!("x-7")), "{}", denied.body);
    // What is refused is not taken from the quota, however often it is asked for.
    for _ in 0..3 {
        let step_up = stage.calls(plain, "variable").await;
        assert_eq!(step_up.status, 403);
        assert!(step_up.header("www-authenticate").contains(r#"scope="env:read mcp""#), "{step_up:?}");
    }
    for _ in 0..2 {
        let told = message(&stage.calls(reader, "variable").await);
        assert_eq!(
            (&told["id"], told["result"]["content"][0]["text"].as_str()),
            (&json!("x-7"), Some(shows))
        );
    }
    let spent = stage.calls(reader, "variable").await;
    assert_eq!((spent.status.as_u16(), &spent.json()["id"]), (429, &json!("x-7")), "{}", spent.body);
    assert!(spent.header("retry-after").parse::<u64>().is_ok_and(|it| it > 0), "{spent:?}");

    // Neither the list nor another tool nor another person is held to that.
    assert_eq!(stage.lists(reader).await, names(&["add", "slow_count", "variable"]));
    assert!(message(&stage.calls(plain, "add").await)["result"].to_string().contains('5'));
    let bob = message(&stage.calls(("bob", "mcp env:read"), "variable").await);
    assert_eq!(bob["result"]["content"][0]["text"].as_str(), Some(shows));

    let (list, rule) = (("alice tools/list".to_owned(), "ok".to_owned(), Value::Null), json!(1));
    let line = |what: &str, reason: &str, rule: Value| (what.to_owned(), reason.to_owned(), rule);
    let variable = |reason: &str| line("alice tools/call variable", reason, rule.clone());
    let expected = [
        list.clone(),
        list.clone(),
        line("alice tools/call pid", "operation_denied", json!(2)),
        variable("operation_scope_insufficient"),
        variable("operation_scope_insufficient"),
        variable("operation_scope_insufficient"),
        variable("ok"),
        variable("ok"),
        variable("quota_spent"),
        list,
        line("alice tools/call add", "ok", Value::Null),
        line("bob tools/call variable", "ok", rule.clone()),
    ];
    assert_eq!(stage.audit(), expected);
    let audit = std::fs::read_to_string(stage.gateway.path("audit.jsonl")).unwrap();
    assert_eq!(audit.matches(r#""arguments":{"name":"API_TOKEN"}"#).count(), 7, "{audit}");
    assert!(!stage.gateway.output().contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn e20_e24_e30_e50_m10_all_of_it_holds_together_over_http() {
    let upstream = RecordingUpstream::start(|request: &Recorded| {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let result = match asked["params"]["name"].as_str() {
            None => {
                let tools = ["add", "pid", "slow_count", "variable"].map(|it| json!({ "name": it }));
                json!({ "tools": tools, "ttlMs": 1000, "cacheScope": "public" })
            }
            Some("variable") => {
                json!({ "content": [{ "type": "text", "text": request.header("authorization") }] })
            }
            Some(_) => json!({ "content": [{ "type": "text", "text": "5" }] }),
        };
        Answer::json(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result }).to_string())
    })
    .await;
    let stage = Stage::set(&format!("http = \"{}\"", upstream.uri("/mcp")));
    conversation(&stage, &format!("Bearer {SECRET}")).await;
    // What was refused has reached nobody: three lists, three calls for the variable, one sum.
    assert_eq!(upstream.requests().len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn e20_e24_e30_e50_m10_all_of_it_holds_together_over_stdio() {
    let program = parts::command("stdio-python.py");
    let words: Vec<_> = std::iter::once(program.get_program())
        .chain(program.get_args())
        .map(|it| it.to_str().unwrap().to_owned())
        .collect();
    let stage = Stage::set(&format!("stdio = {}, credential_env = \"API_TOKEN\"", json!(words)));
    conversation(&stage, SECRET).await;
}
