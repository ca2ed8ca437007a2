//! A small MCP server over streamable HTTP: what stands behind the gateway in the demo.
//!
//! It speaks the revisions with `initialize` and the stateless 2026-07-28, without sessions,
//! and knows nothing of OAuth, which is the point.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// The server's one route, `/mcp`.
pub(crate) fn router() -> Router {
    Router::new().route("/mcp", post(answer))
}

async fn answer(body: Bytes) -> Response {
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return reply(StatusCode::BAD_REQUEST, &error(&Value::Null, -32700, "parse error"));
    };
    let (Some(id), Some(method)) = (message.get("id"), message.get("method").and_then(Value::as_str)) else {
        return StatusCode::ACCEPTED.into_response();
    };
    let params = message.get("params").unwrap_or(&Value::Null);
    let modern = params.pointer(PROTOCOL_VERSION_POINTER).is_some();
    if method == "tools/call" && params.get("name") == Some(&json!("count")) {
        return count(id, params, modern);
    }
    match result(method, params) {
        Ok(result) => reply(StatusCode::OK, &success(id, result, modern)),
        Err(Unknown::Method) => {
            let status = if modern { StatusCode::NOT_FOUND } else { StatusCode::OK };
            reply(status, &error(id, -32601, "method not found"))
        }
        Err(Unknown::Tool) => reply(StatusCode::OK, &error(id, -32602, "unknown tool")),
    }
}

enum Unknown {
    Method,
    Tool,
}

fn result(method: &str, params: &Value) -> Result<Value, Unknown> {
    match method {
        "initialize" => Ok(json!({
            "protocolVersion": negotiated(params),
            "capabilities": { "tools": {} },
            "serverInfo": server_info(),
            "instructions": "Try `add`, `echo` and `count`.",
        })),
        "server/discover" => Ok(json!({
            "supportedVersions": [MODERN],
            "capabilities": { "tools": {} },
            "instructions": "Try `add`, `echo` and `count`.",
            "ttlMs": 60_000,
            "cacheScope": "public",
            "_meta": { "io.modelcontextprotocol/serverInfo": server_info() },
        })),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({ "tools": tools(), "ttlMs": 60_000, "cacheScope": "public" })),
        "tools/call" => call(params),
        _ => Err(Unknown::Method),
    }
}

fn call(params: &Value) -> Result<Value, Unknown> {
    let argument = |name: &str| params.get("arguments").and_then(|it| it.get(name));
    let number = |name| argument(name).and_then(Value::as_f64).unwrap_or_default();
    match params.get("name").and_then(Value::as_str) {
        Some("add") => Ok(text(&(number("a") + number("b")).to_string())),
        Some("echo") => Ok(text(argument("text").and_then(Value::as_str).unwrap_or_default())),
        _ => Err(Unknown::Tool),
    }
}

/// Counts to `steps` with a progress notification for each, as an event stream.
fn count(id: &Value, params: &Value, modern: bool) -> Response {
    let steps = params.pointer("/arguments/steps").and_then(Value::as_u64).unwrap_or(5).min(MOST_STEPS);
    let token = params.pointer("/_meta/progressToken").cloned();
    let notifications = (1..=steps).filter_map(move |step| {
        Some(json!({
            "jsonrpc": "2.0",
            "method": "notifications/progress",
            "params": { "progressToken": token.clone()?, "progress": step, "total": steps },
        }))
    });
    let last = success(id, text(&format!("counted to {steps}")), modern);
    let events = stream::iter(notifications)
        .then(|message| async move {
            tokio::time::sleep(STEP).await;
            message
        })
        .chain(stream::iter([last]))
        .map(|message| Ok::<_, Infallible>(Bytes::from(format!("event: message\ndata: {message}\n\n"))));
    let mut response = Response::new(Body::from_stream(events));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

fn negotiated(params: &Value) -> &str {
    let asked = params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    if LEGACY.contains(&asked) { asked } else { LEGACY[0] }
}

fn server_info() -> Value {
    json!({ "name": "mcp-gateway-demo", "version": env!("CARGO_PKG_VERSION") })
}

fn tools() -> Value {
    json!([
        {
            "name": "add",
            "description": "Adds two numbers.",
            "inputSchema": {
                "type": "object",
                "properties": { "a": { "type": "number" }, "b": { "type": "number" } },
                "required": ["a", "b"],
            },
        },
        {
            "name": "echo",
            "description": "Gives a text back.",
            "inputSchema": {
                "type": "object",
                "properties": { "text": { "type": "string" } },
                "required": ["text"],
            },
        },
        {
            "name": "count",
            "description": "Counts slowly and reports its progress.",
            "inputSchema": {
                "type": "object",
                "properties": { "steps": { "type": "integer", "minimum": 1, "maximum": MOST_STEPS } },
            },
        },
    ])
}

fn text(text: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": text }] })
}

fn success(id: &Value, mut result: Value, modern: bool) -> Value {
    if let (true, Some(members)) = (modern, result.as_object_mut()) {
        members.insert("resultType".to_owned(), json!("complete"));
    }
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

fn reply(status: StatusCode, message: &Value) -> Response {
    let mut response = (status, message.to_string()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

const PROTOCOL_VERSION_POINTER: &str = "/_meta/io.modelcontextprotocol~1protocolVersion";
const MODERN: &str = "2026-07-28";
const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
const MOST_STEPS: u64 = 100;
const STEP: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn ask(message: Value) -> (StatusCode, String) {
        let response = answer(Bytes::from(message.to_string())).await;
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn both_eras_are_answered() {
        let (status, body) = ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": { "protocolVersion": "2025-06-18" } }))
        .await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("\"protocolVersion\":\"2025-06-18\"") && !body.contains("resultType"));
        let (status, body) = ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover",
            "params": { "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } } }))
        .await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("\"resultType\":\"complete\"") && body.contains(MODERN));
    }

    #[tokio::test]
    async fn a_tool_answers_and_an_unknown_one_does_not() {
        let call = |name: &str| {
            ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": { "name": name, "arguments": { "a": 2, "b": 3 } } }))
        };
        assert!(call("add").await.1.contains("\"text\":\"5\""));
        assert!(call("none").await.1.contains("-32602"));
        assert_eq!(ask(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await.0, 202);
    }

    #[tokio::test(start_paused = true)]
    async fn counting_reports_each_step() {
        let (_, body) = ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "count", "arguments": { "steps": 3 }, "_meta": { "progressToken": "t" } } }))
        .await;
        assert_eq!(body.matches("notifications/progress").count(), 3);
        assert!(body.contains("counted to 3"));
    }
}
