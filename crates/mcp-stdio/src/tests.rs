//! The bridge before a real process, which misbehaves when it is asked to.

mod batches;
mod ends;
mod environment;
mod eras;
mod logged;
mod modern;
mod sessions;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use oauth_types::SystemEntropy;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    BoxError, Bridge, OnBehalf, StdioBody, StdioError, StdioReason, StdioSettings, Tenant, TenantEnd,
    Variable, VariableValue,
};

/// A bridge to the unruly server, which speaks these eras.
fn bridge(speaks: &[&str], change: impl FnOnce(&mut StdioSettings)) -> Arc<Bridge> {
    let mut settings = StdioSettings::new("/mcp", unruly());
    settings.arguments = speaks.iter().map(|it| (*it).to_owned()).collect();
    settings.bounds.grace = Duration::from_millis(500);
    settings.bounds.start = Duration::from_secs(20);
    change(&mut settings);
    Arc::new(Bridge::new(settings, Arc::new(SystemEntropy)))
}

/// The example of this crate, which is built with its tests.
fn unruly() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().with_file_name("examples").join("unruly-server");
    assert!(program.exists(), "run `cargo build -p mcp-stdio --examples`");
    program
}

/// Somebody whose grant ends when the test says so.
#[derive(Clone, Debug)]
struct Somebody {
    name: &'static str,
    ends: CancellationToken,
    environment: Vec<Variable>,
}

impl Somebody {
    fn named(name: &'static str) -> Self {
        Self { name, ends: CancellationToken::new(), environment: Vec::new() }
    }

    fn on_behalf(&self) -> OnBehalf {
        OnBehalf {
            principal: self.name.into(),
            stream_until: None,
            cancel: CancellationToken::new(),
            listening_ends: CancellationToken::new(),
            tenant: Arc::new(self.clone()),
        }
    }
}

#[async_trait::async_trait]
impl Tenant for Somebody {
    fn watch(&self) -> Option<Box<dyn TenantEnd>> {
        (!self.ends.is_cancelled()).then(|| Box::new(Watch(self.ends.clone())) as Box<dyn TenantEnd>)
    }

    async fn environment(&self) -> Result<Vec<Variable>, BoxError> {
        Ok(self.environment.clone())
    }
}

#[derive(Debug)]
struct Watch(CancellationToken);

impl TenantEnd for Watch {
    fn token(&self) -> &CancellationToken {
        &self.0
    }
}

/// A whole answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    messages: Vec<Value>,
}

impl Answer {
    /// The last message.
    #[track_caller]
    fn last(&self) -> &Value {
        self.messages.last().unwrap_or_else(|| panic!("no message: {self:?}"))
    }

    /// What a tool said, as text.
    #[track_caller]
    fn text(&self) -> &str {
        self.last()["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{self:?}"))
    }

    /// What a tool said, as JSON.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap()
    }
}

type Outcome = Result<Answer, StdioError>;

async fn read(response: Response<StdioBody>) -> Answer {
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let is_json = head.headers.get("content-type").is_some_and(|it| it == "application/json");
    let messages = if is_json {
        vec![serde_json::from_str(&text).unwrap()]
    } else {
        let data = text.lines().filter_map(|it| it.strip_prefix("data: "));
        data.map(|it| serde_json::from_str(it).unwrap()).collect()
    };
    Answer { status: head.status.as_u16(), headers: head.headers, messages }
}

fn request(method: &str, headers: &[(&str, &str)], body: &str) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()
}

/// A client of a revision with sessions.
struct Session {
    bridge: Arc<Bridge>,
    who: Somebody,
    id: String,
}

impl Session {
    async fn open(bridge: &Arc<Bridge>, who: &Somebody) -> Self {
        Self::try_open(bridge, who).await.unwrap()
    }

    async fn try_open(bridge: &Arc<Bridge>, who: &Somebody) -> Result<Self, StdioError> {
        let body = call(0, "initialize", &json!({ "protocolVersion": "2025-11-25", "capabilities": {} }));
        let answer = read(bridge.forward(request("POST", &[], &body), who.on_behalf()).await?).await;
        let id = answer.headers["mcp-session-id"].to_str().unwrap().to_owned();
        Ok(Self { bridge: Arc::clone(bridge), who: who.clone(), id })
    }

    async fn send(&self, body: &str) -> Result<Response<StdioBody>, StdioError> {
        let request = request("POST", &[("mcp-session-id", &self.id)], body);
        self.bridge.forward(request, self.who.on_behalf()).await
    }

    async fn tool(&self, id: u64, name: &str, arguments: Value) -> Outcome {
        let params = json!({ "name": name, "arguments": arguments });
        Ok(read(self.send(&call(id, "tools/call", &params)).await?).await)
    }

    async fn by_method(&self, method: &str) -> Result<Response<StdioBody>, StdioError> {
        let request = request(method, &[("mcp-session-id", &self.id)], "");
        self.bridge.forward(request, self.who.on_behalf()).await
    }
}

/// A call of a tool in the words of 2026-07-28.
async fn modern_tool(bridge: &Bridge, who: &Somebody, id: Value, name: &str, arguments: Value) -> Outcome {
    let params = json!({ "name": name, "arguments": arguments });
    Ok(read(modern(bridge, who, id, "tools/call", params).await?).await)
}

async fn modern(
    bridge: &Bridge,
    who: &Somebody,
    id: Value,
    method: &str,
    params: Value,
) -> Result<Response<StdioBody>, StdioError> {
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    let mut headers = vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
    if !name.is_empty() {
        headers.push(("mcp-name", &name));
    }
    let body = modern_body(id, method, params);
    bridge.forward(request("POST", &headers, &body), who.on_behalf()).await
}

fn modern_body(id: Value, method: &str, mut params: Value) -> String {
    let meta = &mut params["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

fn call(id: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

#[track_caller]
fn reason<T: std::fmt::Debug>(outcome: Result<T, StdioError>) -> StdioReason {
    outcome.unwrap_err().reason()
}

/// Waits, in real time, until `holds`.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = std::time::Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(20), "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a process is there, dead ones that nobody has reaped included.
fn is_there(pid: u64) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// The state of a process, such as `Z`; `None` if it is gone.
fn state_of(pid: u64) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
