use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use mcp_message::{Body, Limits, Message, Operation, mirrored, mirrored::ToolParameters, read};
use serde_json::Value;

/// Headers that mirror the body, a line for each, then an empty line and the body: those that are taken say the same.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    if let Ok(text) = str::from_utf8(data) {
        decodes(text);
    }
    let Some(end) = data.windows(2).position(|it| it == b"\n\n") else { return false };
    let Some(headers) = headers(&data[..end]) else { return false };
    let Ok(body) = read(&data[end + 2..], &Limits::default()) else { return false };
    if mirrored::check(&headers, &body, &Limits::default()).is_err() {
        return false;
    }
    for message in body.messages() {
        agrees(&headers, message);
    }
    if let Body::Single(message) = &body {
        has_what_it_must(&headers, message);
    }
    if TOOLS.check(&headers, body.messages(), false, &Limits::default()).is_ok() {
        body.messages().iter().for_each(|it| arguments_agree(&headers, it));
    }
    true
}

/// A header that was taken says what the body says.
fn agrees(headers: &HeaderMap, message: &Message<'_>) {
    if let Some(method) = text(headers, mirrored::METHOD) {
        assert_eq!(message.method(), Some(method), "the header names another method");
    }
    let Some(name) = text(headers, mirrored::NAME) else { return };
    let operation = Operation::of(message).expect("a body that was taken names what it acts on");
    let named = operation.mirrored_name().expect("a header names what the body does not");
    assert!(stands_for(name, named), "the header names {name:?}, the body {named:?}");
}

/// Whoever says the revision in the body has it in a header, and its method and name too (MCP 2026-07-28).
fn has_what_it_must(headers: &HeaderMap, message: &Message<'_>) {
    let value: Value = serde_json::from_str(message.raw().get()).expect("what was read is JSON");
    let said = &value["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
    let (true, Some(said)) = (message.request_id().is_some(), said.as_str()) else { return };
    assert_eq!(text(headers, mirrored::PROTOCOL_VERSION), Some(said), "another revision");
    assert!(headers.contains_key(mirrored::METHOD), "no header for the method");
    let has_name = matches!(message.method(), Some("tools/call" | "prompts/get" | "resources/read"));
    assert!(!has_name || headers.contains_key(mirrored::NAME), "no header for the name");
}

/// A header that mirrors an argument says what it says; those of unknown tools and arguments say what they like.
fn arguments_agree(headers: &HeaderMap, message: &Message<'_>) {
    let value: Value = serde_json::from_str(message.raw().get()).expect("what was read is JSON");
    if value["method"] != "tools/call" || value["params"]["name"] != "echo" {
        return;
    }
    for (header, argument) in [("mcp-param-text", "text"), ("mcp-param-count", "count")] {
        let Some(said) = text(headers, header) else { continue };
        let agrees = match &value["params"]["arguments"][argument] {
            Value::String(text) => stands_for(said, text),
            Value::Bool(truth) => stands_for(said, &truth.to_string()),
            // Their values are compared, and may be written in many ways.
            Value::Number(_) => {
                said.contains(|it: char| it.is_ascii_digit()) || said.starts_with("=?base64?")
            }
            _ => false,
        };
        assert!(agrees, "{header}: {said:?}, and {value}");
    }
}

/// Whether a header of this text stands for `meant`, by a look at what `meant` may be written as.
fn stands_for(header: &str, meant: &str) -> bool {
    let encoded = format!("=?base64?{}?=", base64(meant.as_bytes()));
    let is_marked = header.starts_with("=?base64?") && header.ends_with("?=") && header.len() >= 11;
    header == encoded || (!is_marked && header == meant)
}

/// What is encoded is decoded again, and what has no marker stands for itself.
fn decodes(text: &str) {
    let encoded = format!("=?base64?{}?=", base64(text.as_bytes()));
    assert_eq!(mirrored::decode(&encoded).as_deref(), Ok(text), "encoded, it is another text");
    match mirrored::decode(text) {
        Ok(decoded) if !text.starts_with("=?base64?") => assert_eq!(decoded, text),
        Ok(_) | Err(_) => {}
    }
}

/// Standard base64 with padding, written apart from the one that is looked at.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            let shown = usize::try_from(index).map(|it| char::from(DIGITS[it])).expect("below 64");
            text.push(if digit <= part.len() { shown } else { '=' });
        }
    }
    text
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get(name)?;
    Some(value.to_str().expect("a header that was taken is text").trim_matches([' ', '\t']))
}

fn headers(lines: &[u8]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in lines.split(|it| *it == b'\n') {
        let colon = line.iter().position(|it| *it == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        headers.append(name, HeaderValue::from_bytes(&line[colon + 1..]).ok()?);
    }
    Some(headers)
}

/// What a list has told of the tool `echo`.
static TOOLS: LazyLock<ToolParameters> = LazyLock::new(|| {
    let tools = ToolParameters::default();
    let schema = r#"{"properties":{"text":{"x-mcp-header":"Text"},"count":{"x-mcp-header":"Count"}}}"#;
    tools.learn("echo", Some(schema));
    tools
});

/// What headers and bodies are made of.
pub const WORDS: &[&str] = &[
    "mcp-method:",
    "mcp-name:",
    "mcp-protocol-version:",
    "mcp-param-text:",
    "mcp-param-count:",
    "2026-07-28",
    "2025-11-25",
    "=?base64?",
    "?=",
    "ZWNobw==",
    "tools/call",
    "echo",
    " ",
    "\t",
    "\n",
    "\n\n",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}",
    "[",
    "]",
    "\"name\":\"other\"",
    "\"arguments\":",
    "\"text\"",
    "\"count\"",
    "null",
    "1e0",
    "=?BASE64?",
    "?=?=",
];
