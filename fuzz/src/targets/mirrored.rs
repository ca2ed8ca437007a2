use http::{HeaderMap, HeaderName, HeaderValue};
use mcp_message::{Limits, Operation, mirrored, read};

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
        if let Some(method) = headers.get(mirrored::METHOD) {
            let method = method.to_str().expect("a header that was taken is text");
            assert_eq!(message.method(), Some(method.trim()), "the header names another method");
        }
        let Some(name) = headers.get(mirrored::NAME) else { continue };
        let name = name.to_str().expect("a header that was taken is text");
        let name = mirrored::decode(name.trim()).expect("a header that was taken can be decoded");
        let operation = Operation::of(message).expect("a body that was taken names what it acts on");
        assert_eq!(operation.mirrored_name(), Some(&*name), "the header names something else");
    }
    true
}

/// What is encoded is decoded again, and what has no marker stands for itself.
fn decodes(text: &str) {
    match mirrored::decode(text) {
        Ok(decoded) if !text.starts_with("=?base64?") => assert_eq!(decoded, text),
        Ok(_) | Err(_) => {}
    }
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

/// What headers and bodies are made of.
pub const WORDS: &[&str] = &[
    "mcp-method:",
    "mcp-name:",
    "mcp-protocol-version:",
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
    "=?BASE64?",
    "?=?=",
];
