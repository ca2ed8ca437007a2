//! MCP servers over stdin and stdout behind the real binary.

mod batches;
mod everyday;
mod real;

use serde_json::{Value, json};
use test_support::parts;

use crate::support::{Answer, Gateway, Issuer, Setup, call};

const ISSUER: &str = "https://as.example";

/// A gateway that starts a program for each session or person.
struct Stage {
    issuer: Issuer,
    gateway: Gateway,
}

impl Stage {
    /// A gateway before the program `command`, with further keys of `upstream` and further lines of `[server.stdio]`.
    fn set(command: &[String], upstream: &str, bounds: &str) -> Self {
        Self::set_with(command, upstream, "", bounds)
    }

    /// The same with further lines of `[[server]]`.
    fn set_with(command: &[String], upstream: &str, server: &str, bounds: &str) -> Self {
        let issuer = Issuer::new(ISSUER);
        let command = json!(command).to_string();
        let setup = Setup::new().keys("keys", &issuer);
        let gateway = setup.start(|listen| {
            let port = listen.rsplit(':').next().unwrap();
            format!(
                r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[[authorization_server]]
issuer = "{ISSUER}"
keys = {{ file = "keys.json" }}
[[server]]
path = "/mcp"
upstream = {{ stdio = {command}{upstream} }}
scopes = ["mcp"]
{server}
[server.stdio]
{bounds}
"#
            )
        });
        Self { issuer, gateway }
    }

    fn url(&self) -> String {
        self.gateway.url("/mcp")
    }

    /// A token of this person.
    fn token(&self, subject: &str) -> String {
        self.issuer.token(&self.url()).claim("sub", subject).sign()
    }
}

/// The words of the command that runs a program of `tests/real/`.
fn real(program: &str) -> Vec<String> {
    words(&parts::command(program))
}

/// The words of the command that runs the main file of an npm package.
fn npm(file: &str) -> Vec<String> {
    let mut words = real("common.mjs");
    words.truncate(1);
    words.push(parts::root().join(".parts/node/node_modules").join(file).display().to_string());
    words
}

fn words(command: &std::process::Command) -> Vec<String> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|it| it.to_str().unwrap().to_owned()).collect()
}

/// A client of a revision with sessions.
struct Session<'a> {
    stage: &'a Stage,
    token: String,
    id: String,
    revision: &'static str,
}

impl<'a> Session<'a> {
    async fn open(stage: &'a Stage, subject: &str) -> Self {
        Self::open_as(stage, subject, "2025-11-25").await
    }

    /// The same for a client of this revision.
    async fn open_as(stage: &'a Stage, subject: &str, revision: &'static str) -> Self {
        let token = stage.token(subject);
        let params = json!({ "protocolVersion": revision, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let answer = post(stage, &token, &[], &request(0, "initialize", params)).await;
        assert_eq!(answer.status, 200, "{}\n{}", answer.body, stage.gateway.output());
        let session = Self { stage, token, id: answer.header("mcp-session-id").to_owned(), revision };
        assert!(session.id.len() >= 43, "{:?}", session.id);
        let accepted =
            session.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        assert_eq!((accepted.status.as_u16(), accepted.body.as_str()), (202, ""));
        session
    }

    async fn send(&self, message: &Value) -> Answer {
        let headers = [("mcp-session-id", self.id.as_str()), ("mcp-protocol-version", self.revision)];
        post(self.stage, &self.token, &headers, message).await
    }

    /// The answer to a call of a tool, the last message that came.
    async fn tool(&self, id: u64, name: &str, arguments: Value) -> Value {
        let params = json!({ "name": name, "arguments": arguments });
        last_message(&self.send(&request(id, "tools/call", params)).await)
    }
}

fn request(id: u64, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

async fn post(stage: &Stage, token: &str, headers: &[(&str, &str)], message: &Value) -> Answer {
    call(post_request(stage, token, headers, message)).await
}

fn post_request(
    stage: &Stage,
    token: &str,
    headers: &[(&str, &str)],
    message: &Value,
) -> http::Request<String> {
    let mut request = http::Request::post(stage.url())
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(message.to_string()).unwrap()
}

/// The messages of an answer, whichever form it has.
fn messages(answer: &Answer) -> Vec<Value> {
    if answer.header("content-type").starts_with("application/json") {
        return vec![answer.json()];
    }
    let data = answer.body.lines().filter_map(|it| it.strip_prefix("data: "));
    data.map(|it| serde_json::from_str(it).unwrap()).collect()
}

fn last_message(answer: &Answer) -> Value {
    messages(answer).pop().unwrap_or_else(|| panic!("no message: {answer:?}"))
}
