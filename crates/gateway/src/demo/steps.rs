//! The steps of a demo: what came back, and whether it is what must come.

use std::io::{self, Write};

use bytes::Bytes;
use http::{Request, Response, header};
use outbound_http::{FetchError, GuardedClient, HttpClient, Limits, OutboundPolicy};
use serde_json::{Value, json};

/// What a request brought.
pub(crate) type Answer = Result<Response<Bytes>, FetchError>;

/// Prints each step with the status that really came, and counts those that did not go as they must.
pub(crate) struct Steps<'a> {
    out: &'a mut (dyn Write + Send),
    failed: usize,
}

impl<'a> Steps<'a> {
    /// No step yet.
    pub(crate) fn new(out: &'a mut (dyn Write + Send)) -> io::Result<Self> {
        writeln!(out, "The flow, step by step:\n")?;
        Ok(Self { out, failed: 0 })
    }

    /// Prints one step.
    pub(crate) fn step(&mut self, name: &str, answer: &Answer, good: bool, shown: &str) -> io::Result<()> {
        let mark = if good { "ok  " } else { "FAIL" };
        self.failed += usize::from(!good);
        match answer {
            Ok(response) => writeln!(self.out, "  {mark} {name}: {}\n         {shown}", response.status()),
            Err(error) => writeln!(self.out, "  {mark} {name}: no answer: {error}"),
        }
    }

    /// How many steps did not go as they must.
    pub(crate) const fn failed(&self) -> usize {
        self.failed
    }
}

/// A client for loopback, which follows no redirect.
pub(crate) fn loopback_client() -> io::Result<GuardedClient> {
    let policy = OutboundPolicy { allow_loopback: true, ..OutboundPolicy::default() };
    GuardedClient::new(policy).map_err(io::Error::other)
}

/// Sends what was built.
pub(crate) async fn send(http: &GuardedClient, request: http::Result<Request<Bytes>>) -> Answer {
    let request = request.map_err(|it| FetchError::Connection(it.into()))?;
    http.send(request, Limits::default()).await
}

/// A `tools/call` of `add` with 2 and 3, with or without a token.
pub(crate) async fn call(http: &GuardedClient, resource: &str, token: Option<&str>) -> Answer {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "add", "arguments": { "a": 2, "b": 3 } } });
    let mut request = Request::post(resource)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    send(http, request.body(Bytes::from(body.to_string()))).await
}

/// Whether the call of [`call`] was answered by the MCP server.
pub(crate) fn is_sum(answer: &Answer) -> bool {
    status(answer) == 200 && document(answer).pointer("/result/content/0/text") == Some(&json!("5"))
}

/// The status; 0 if there is no answer.
pub(crate) fn status(answer: &Answer) -> u16 {
    answer.as_ref().map_or(0, |it| it.status().as_u16())
}

/// A header as text.
pub(crate) fn header_text(answer: &Answer, name: header::HeaderName) -> Option<String> {
    answer.as_ref().ok()?.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// The challenge (RFC 6750 section 3).
pub(crate) fn challenge(answer: &Answer) -> String {
    header_text(answer, header::WWW_AUTHENTICATE).unwrap_or_else(|| "no challenge".to_owned())
}

/// The body as JSON; null if it is none.
pub(crate) fn document(answer: &Answer) -> Value {
    answer.as_ref().ok().and_then(|it| serde_json::from_slice(it.body()).ok()).unwrap_or(Value::Null)
}

/// A quoted parameter of a challenge.
pub(crate) fn parameter(challenge: &str, name: &str) -> Option<String> {
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}
