//! A plain HTTP client.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A header's text, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    /// The result of a message that was answered, as JSON or in the first event of a stream.
    #[track_caller]
    pub(crate) fn result(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        let text = self.body.lines().find_map(|it| it.strip_prefix("data: ")).unwrap_or(&self.body);
        serde_json::from_str::<Value>(text).unwrap()["result"].take()
    }
}

/// A message with a token, of a client that takes `accept`.
pub(crate) fn message(url: &str, token: &str, accept: &str, method: &str, params: Value) -> Request<String> {
    let message = json!({ "jsonrpc": "2.0", "id": "x-1", "method": method, "params": params });
    Request::post(url)
        .header("content-type", "application/json")
        .header("accept", accept)
        .header("authorization", format!("Bearer {token}"))
        .body(message.to_string())
        .unwrap()
}

/// Sends `request` on a connection of its own and hands out the body as it comes.
pub(crate) async fn open(request: Request<String>) -> Response<Incoming> {
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    client.request(request.map(|it| Full::new(Bytes::from(it)))).await.unwrap()
}

/// Sends `request` and reads the answer whole.
pub(crate) async fn call(request: Request<String>) -> Answer {
    let (head, body) = open(request).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: head.status, headers: head.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

pub(crate) async fn get(url: &str) -> Answer {
    call(Request::get(url).body(String::new()).unwrap()).await
}

/// A `tools/call` in the making.
pub(crate) fn tool_call(url: &str, token: Option<&str>) -> Request<String> {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "echo" } });
    let mut request = Request::post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(message.to_string()).unwrap()
}
