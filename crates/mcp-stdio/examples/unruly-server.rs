//! An MCP server over stdin and stdout for tests, which misbehaves when it is asked to.
//!
//! Its arguments are the eras that it speaks: `legacy`, `modern`, both; and `silent` about `server/discover`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "that is how such servers speak")]
#![expect(clippy::indexing_slicing, reason = "what a JSON value lacks is null")]

use std::{
    collections::HashMap,
    fs,
    io::{self, BufRead, Write},
    process::{Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let server = Arc::new(Server { arguments, state: Mutex::default(), answered: Condvar::new() });
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        server.take(message);
    }
}

struct Server {
    arguments: Vec<String>,
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Default)]
struct State {
    /// What the client answered, by our id.
    answers: HashMap<String, Value>,
    /// The ids of requests that were cancelled.
    cancelled: Vec<Value>,
    subscriptions: Vec<Value>,
    asked: u64,
    /// How often its tools were listed from the start.
    listed: u64,
}

impl Server {
    fn speaks(&self, word: &str) -> bool {
        self.arguments.iter().any(|it| it == word)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>, message: Value) {
        let id = message.get("id").cloned();
        let method = message.get("method").and_then(Value::as_str).map(str::to_owned);
        match (method, id) {
            (Some(method), Some(id)) => self.answer(&method, id, &message["params"]),
            (Some(method), None) if method == "notifications/cancelled" => {
                self.state().cancelled.push(message["params"]["requestId"].clone());
            }
            (None, Some(id)) => {
                self.state().answers.insert(id.to_string(), message);
                self.answered.notify_all();
            }
            (Some(_) | None, None) => {}
        }
    }

    fn answer(self: &Arc<Self>, method: &str, id: Value, params: &Value) {
        let version = &params["_meta"]["io.modelcontextprotocol/protocolVersion"];
        match method {
            "initialize" if self.speaks("legacy") => say(&json!({ "jsonrpc": "2.0", "id": id, "result": {
                "protocolVersion": params["protocolVersion"], "capabilities": {},
                "serverInfo": { "name": "unruly", "version": "1" }
            } })),
            "server/discover" if self.speaks("silent") => {}
            "server/discover" if self.speaks("modern") => {
                say(&json!({ "jsonrpc": "2.0", "id": id, "result": {
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {}
            } }));
            }
            _ if version.is_string() && version != "2026-07-28" => {
                say(&json!({ "jsonrpc": "2.0", "id": id, "error": {
                "code": -32022, "message": "unsupported", "data": { "supported": ["2026-07-28"] }
            } }));
            }
            "subscriptions/listen" if self.speaks("modern") => {
                self.state().subscriptions.push(id.clone());
                say(&subscribed("notifications/subscriptions/acknowledged", &id));
            }
            "tools/list" if self.speaks("modern") => self.list(&id, params),
            "tools/call" => {
                let (server, params) = (Arc::clone(self), params.clone());
                thread::spawn(move || server.tool(&id, &params));
            }
            _ => {
                say(
                    &json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32601, "message": "unknown" } }),
                );
            }
        }
    }

    /// Two pages, of which the second has a tool with a mirrored argument.
    fn list(&self, id: &Value, params: &Value) {
        let result = if params["cursor"] == "more" {
            let region = json!({ "type": "string", "x-mcp-header": "Region" });
            let schema = json!({ "type": "object", "properties": { "region": region } });
            json!({ "tools": [{ "name": "region", "inputSchema": schema }] })
        } else {
            self.state().listed += 1;
            let schema = json!({ "type": "object" });
            json!({ "tools": [{ "name": "pid", "inputSchema": schema }], "nextCursor": "more" })
        };
        say(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    }

    fn tool(&self, id: &Value, params: &Value) {
        let arguments = &params["arguments"];
        let number = |name: &str| arguments[name].as_u64().unwrap_or_default();
        let token = &params["_meta"]["progressToken"];
        let name = params["name"].as_str().unwrap_or_default();
        let answer = match name {
            "echo" => {
                thread::sleep(Duration::from_millis(number("ms")));
                arguments["text"].clone()
            }
            "cancelled" => json!(self.state().cancelled),
            "region" => arguments["region"].clone(),
            "listed" => json!(self.state().listed),
            "batched" => return say_batched(id),
            "exit" => std::process::exit(3),
            "hang" => return begin(token),
            "noise" => noise(),
            "long-line" => return long_line(number("bytes")),
            "stderr" => {
                for line in 0..number("lines") {
                    eprintln!("line {line} {}", arguments["text"].as_str().unwrap_or_default());
                }
                json!("written")
            }
            "progress" => {
                for step in 1..=number("steps") {
                    notify("notifications/progress", &json!({ "progressToken": token, "progress": step }));
                    thread::sleep(Duration::from_millis(number("ms")));
                }
                json!(token)
            }
            "log" => {
                notify("notifications/message", &json!({ "level": "info", "data": arguments["text"] }));
                json!("logged")
            }
            "change" => {
                for subscription in &self.state().subscriptions {
                    say(&subscribed("notifications/tools/list_changed", subscription));
                }
                json!("changed")
            }
            "close-subscriptions" => {
                for subscription in self.state().subscriptions.drain(..) {
                    notify("notifications/cancelled", &json!({ "requestId": subscription }));
                }
                json!("closed")
            }
            "ask" => self.ask(),
            "allocate" => {
                let bytes = usize::try_from(number("bytes")).unwrap_or_default();
                json!(vec![1_u8; bytes].len())
            }
            _ => of_the_process(name),
        };
        let text = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
        say(
            &json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": text }] } }),
        );
    }

    /// Asks the client something, and returns what it answers.
    fn ask(&self) -> Value {
        let mut state = self.state();
        state.asked += 1;
        let id = json!(format!("ask-{}", state.asked));
        say(&json!({ "jsonrpc": "2.0", "id": id, "method": "sampling/createMessage", "params": {} }));
        loop {
            if let Some(answer) = state.answers.remove(&id.to_string()) {
                return answer["result"].clone();
            }
            let Ok(next) = self.answered.wait(state) else { return Value::Null };
            state = next;
        }
    }
}

fn say(message: &Value) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{message}");
    let _ = out.flush();
}

/// A line that belongs on stderr.
fn noise() -> Value {
    println!("what is no message");
    json!("after the noise")
}

/// A notification and an empty answer on one line.
fn say_batched(id: &Value) {
    let log = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} });
    say(&json!([log, { "jsonrpc": "2.0", "id": id, "result": { "content": [] } }]));
}

/// Says that something has begun, if anybody wants to know.
fn begin(token: &Value) {
    if !token.is_null() {
        notify("notifications/progress", &json!({ "progressToken": token, "progress": 0 }));
    }
}

fn notify(method: &str, params: &Value) {
    say(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
}

fn subscribed(method: &str, subscription: &Value) -> Value {
    let meta = json!({ "io.modelcontextprotocol/subscriptionId": subscription });
    json!({ "jsonrpc": "2.0", "method": method, "params": { "_meta": meta } })
}

/// What a tool tells of this process, if it is one of those.
fn of_the_process(tool: &str) -> Value {
    match tool {
        "env" => json!(std::env::vars().collect::<HashMap<_, _>>()),
        "open-files" => json!(open_files()),
        "pid" => json!(std::process::id()),
        "folder" => json!(std::env::current_dir().ok()),
        "limits" => json!(fs::read_to_string("/proc/self/limits").ok()),
        "grandchild" => json!(grandchild()),
        _ => json!("unknown"),
    }
}

/// What each open descriptor leads to.
fn open_files() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let targets = entries.filter_map(|it| fs::read_link(it.path()).ok());
    // The folder itself is open while it is read.
    targets.map(|it| it.display().to_string()).filter(|it| !it.starts_with("/proc/")).collect()
}

/// Starts what would keep our pipes open for long.
fn grandchild() -> Option<u32> {
    Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().ok().map(|it| it.id())
}

/// One line of that many bytes, in pieces, without an end.
fn long_line(bytes: u64) {
    let piece = vec![b'x'; 65536];
    let mut out = io::stdout().lock();
    for _ in 0..bytes / 65536 {
        if out.write_all(&piece).is_err() {
            return;
        }
    }
}
