//! Conversations through a [`Proxy`] with a scripted upstream.

mod events;
mod failures;
mod leaving;
mod legacy;
mod loops;
mod redirects;
mod renewals;
mod requests;
mod responses;
mod sessions;
mod transports;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use test_support::upstream::{Answer, Recorded, RecordingUpstream};
use tokio_util::sync::CancellationToken;

use crate::{ForwardError, OnBehalf, Proxy, ProxyBody, SessionKey, UpstreamSettings, UpstreamTarget};

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#;
const MODERN: (&str, &str) = ("mcp-protocol-version", "2026-07-28");
const OLDER: (&str, &str) = ("mcp-protocol-version", "2025-11-25");

/// The defaults, for the endpoint `/mcp` of `upstream`.
fn settings(upstream: &RecordingUpstream) -> UpstreamSettings {
    UpstreamSettings::new("/mcp", UpstreamTarget::Http(upstream.uri("/mcp")))
}

fn proxy(settings: UpstreamSettings) -> Proxy {
    Proxy::new(settings, SessionKey::new(&[7; 32])).unwrap()
}

fn proxy_to(upstream: &RecordingUpstream) -> Proxy {
    proxy(settings(upstream))
}

fn request(method: Method, headers: &[(&str, &str)], body: &str) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri("/gateway/path");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::from(body.to_owned())).unwrap()
}

fn post(headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    request(Method::POST, headers, CALL)
}

fn get(headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    request(Method::GET, headers, "")
}

fn on_behalf_of(principal: &str) -> OnBehalf {
    OnBehalf::new(principal, HeaderValue::from_static("req-1"))
}

fn alice() -> OnBehalf {
    on_behalf_of("https://as.example alice")
}

async fn text(answer: Response<ProxyBody>) -> String {
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The next data of a streamed answer, or `None` at its end.
async fn next(answer: &mut Response<ProxyBody>) -> Option<Bytes> {
    answer.body_mut().frame().await.map(|frame| frame.unwrap().into_data().unwrap())
}

/// What must happen without delay; fails the test where it would wait for ever.
async fn soon<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), event).await.expect("it happens")
}

/// What the upstream sees of `request`, and what the client gets for `answer`.
async fn converse(request: Request<Full<Bytes>>, answer: Answer) -> (Recorded, Response<ProxyBody>) {
    let upstream = RecordingUpstream::answering([answer]).await;
    let answer = proxy_to(&upstream).forward(request, alice()).await.unwrap();
    (upstream.request(), answer)
}

/// What the upstream sees of `request`.
async fn seen(request: Request<Full<Bytes>>) -> Recorded {
    converse(request, Answer::json("{}")).await.0
}

/// What the client gets for `answer`.
async fn relayed(answer: Answer) -> Response<ProxyBody> {
    converse(post(&[]), answer).await.1
}

/// Why the client gets nothing for `answer`.
async fn refused(answer: Answer) -> ForwardError {
    let upstream = RecordingUpstream::answering([answer]).await;
    proxy_to(&upstream).forward(post(&[]), alice()).await.unwrap_err()
}
