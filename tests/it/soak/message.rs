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

    /// A request.
    pub(super) fn request(self, id: u64, method: &str, mut params: Value) -> Message {
        let mut headers = self.headers();
        if self == Self::Stateless {
            headers.push(("mcp-method", method.to_owned()));
            if let Some(name) = params["name"].as_str() {
                headers.push(("mcp-name", name.to_owned()));
            }
            let meta = &mut params["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = json!(self.revision());
            meta["io.modelcontextprotocol/clientInfo"] = client();
            meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string();
        Message { headers, body }
    }

    /// A call of `tool`; everybody's progress token is the same.
    pub(super) fn call(self, id: u64, tool: &str, secret: &str) -> Message {
        let arguments = json!({ "secret": secret });
        let params =
            json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": PROGRESS_TOKEN } });
        self.request(id, "tools/call", params)
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

/// How a session of the older era begins.
pub(super) fn initialize() -> Message {
    let capabilities = json!({ "sampling": {} });
    let version = Era::Sessions.revision();
    let params = json!({ "protocolVersion": version, "capabilities": capabilities, "clientInfo": client() });
    let mut message = Era::Sessions.request(1, "initialize", params);
    message.headers.retain(|(name, _)| *name != "mcp-protocol-version");
    message
}

fn client() -> Value {
    json!({ "name": "soak", "version": "1.0.0" })
}

pub(super) const PROGRESS_TOKEN: u64 = 1;
