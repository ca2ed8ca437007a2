use serde::Serialize;
use serde_json::value::RawValue;

use crate::{ErrorCode, Id};

/// The body of a JSON-RPC error response. The id is that of the request as it was written, or null.
#[must_use]
pub fn error_body(id: Option<Id<'_>>, code: ErrorCode, message: &str) -> String {
    let error = Error { code: code.number(), message, data: None };
    render(id, error)
}

/// As [`error_body`], with `data`.
#[must_use]
pub fn error_body_with(
    id: Option<Id<'_>>,
    code: ErrorCode,
    message: &str,
    data: &serde_json::Value,
) -> String {
    let error = Error { code: code.number(), message, data: Some(data) };
    render(id, error)
}

#[derive(Serialize)]
struct Response<'a> {
    jsonrpc: &'static str,
    id: Option<&'a RawValue>,
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: i32,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a serde_json::Value>,
}

#[expect(clippy::expect_used, reason = "strings, numbers and JSON can be written as JSON")]
fn render(id: Option<Id<'_>>, error: Error<'_>) -> String {
    let response = Response { jsonrpc: "2.0", id: id.map(Id::raw), error };
    serde_json::to_string(&response).expect("texts, numbers and JSON values are JSON")
}
