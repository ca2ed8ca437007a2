//! What callers send, in the words of two eras.

use serde_json::{Value, json};

/// The revisions that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// 2025-11-25: a session, and a stream of its own for what the server has to say.
    Sessions,
    /// 2026-07-28: each request for itself.
    Stateless,
}

/// A message and the headers that go with it.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Era {
    pub(super) const fn revision(self) -> &'static str {
        match self {
            Self::Sessions => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }

    /// A request of the caller `name`.
    pub(super) fn request(self, id: u64, method: &str, mut params: Value, name: &str) -> Message {
        let mut headers = self.headers();
        if self == Self::Stateless {
            headers.push(("mcp-method", method.to_owned()));
            if let Some(name) = params["name"].as_str() {
                headers.push(("mcp-name", name.to_owned()));
            }
            let meta = &mut params["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = json!(self.revision());
            meta["io.modelcontextprotocol/clientInfo"] = client(name);
            meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string();
        Message { headers, body }
    }

    /// A call of `tool` by the caller `name`.
    pub(super) fn call(self, id: u64, tool: &str, secret: &str, name: &str) -> Message {
        let arguments = json!({ "secret": secret });
        let token = progress_token(self, id);
        let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": token } });
        self.request(id, "tools/call", params, name)
    }

    /// A message that is no request.
    pub(super) fn other(self, body: &Value) -> Message {
        Message { headers: self.headers(), body: body.to_string() }
    }

    pub(super) fn headers(self) -> Vec<(&'static str, String)> {
        vec![
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
            ("mcp-protocol-version", self.revision().to_owned()),
        ]
    }
}

/// How a session of the older era begins for the caller `name`.
pub(super) fn initialize(name: &str) -> Message {
    let capabilities = json!({ "sampling": {} });
    let version = Era::Sessions.revision();
    let params =
        json!({ "protocolVersion": version, "capabilities": capabilities, "clientInfo": client(name) });
    let mut message = Era::Sessions.request(1, "initialize", params, name);
    message.headers.retain(|(name, _)| *name != "mcp-protocol-version");
    message
}

fn client(name: &str) -> Value {
    json!({ "name": name, "version": "1.0.0" })
}

/// The progress token of the request `id`: everybody's is the same.
///
/// Those that are under way in one session must differ (MCP 2025-11-25, progress), so it is the id there.
pub(super) const fn progress_token(era: Era, id: u64) -> u64 {
    match era {
        Era::Sessions => id,
        Era::Stateless => 1,
    }
}
