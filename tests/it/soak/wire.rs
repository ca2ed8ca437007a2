//! Connections of callers to the gateway.

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use super::message::Message;

/// One or more connections to the gateway.
#[derive(Clone, Debug)]
pub(super) struct Wire(Client<HttpConnector, Full<Bytes>>);

impl Wire {
    /// Connections of HTTP/1.1 for one caller.
    pub(super) fn own() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// One connection of HTTP/2, for as many callers as share it.
    pub(super) fn shared() -> Self {
        Self(Client::builder(TokioExecutor::new()).http2_only(true).build_http())
    }

    /// # Errors
    /// What went wrong with the connection.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        token: &str,
        message: Message,
    ) -> Result<Response<Incoming>, String> {
        let mut request =
            Request::builder().method(method).uri(url).header("authorization", format!("Bearer {token}"));
        for (name, value) in message.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::from(message.body)).unwrap();
        self.0.request(request).await.map_err(|error| format!("{error:?}"))
    }
}

/// The whole of an answer.
///
/// # Errors
/// How it broke off.
pub(super) async fn text(body: Incoming) -> Result<String, String> {
    let bytes = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The messages of an answer: an event stream, or one message that is all of it.
pub(super) struct Events {
    body: Incoming,
    read: String,
}

impl Events {
    pub(super) fn of(body: Incoming) -> Self {
        Self { body, read: String::new() }
    }

    /// The next message, or `None` at the end of the answer.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some(end) = self.read.find("\n\n") {
                let rest = self.read.split_off(end + 2);
                let event = std::mem::replace(&mut self.read, rest);
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                if let Some(data) = data {
                    return Some(serde_json::from_str(data).unwrap_or_else(|_| panic!("no JSON: {data}")));
                }
            }
            let Some(frame) = self.body.frame().await else {
                let whole = std::mem::take(&mut self.read);
                return serde_json::from_str(&whole).ok();
            };
            let frame = frame.ok()?;
            // Everything here is ASCII, so no character is split.
            self.read.push_str(str::from_utf8(frame.data_ref()?).unwrap());
        }
    }
}
