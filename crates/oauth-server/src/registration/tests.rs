mod bounds;
mod faults;
mod lives;
mod managing;
mod metadata;
mod sharing;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::*;
use crate::clients::testing::{World, id};

struct Scene {
    world: World,
    registrations: Registrations,
}

impl Scene {
    async fn new() -> Self {
        Self::with(settings()).await
    }

    async fn with(settings: RegistrationSettings) -> Self {
        let world = World::new();
        Self { registrations: world.registrations(settings).await, world }
    }

    async fn register(&self, metadata: &Value) -> Response<Bytes> {
        self.registrations.register(&json_headers(), metadata.to_string().as_bytes(), None).await
    }

    /// Registers what must be good; the answer's body.
    async fn good(&self, metadata: &Value) -> Value {
        let answer = self.register(metadata).await;
        assert_eq!(answer.status(), 201, "{metadata} {answer:?}");
        body(&answer)
    }

    async fn is_known(&self, client: &str) -> bool {
        self.registrations.find(&id(client)).await.is_ok()
    }
}

fn settings() -> RegistrationSettings {
    RegistrationSettings::new("https://mcp.example.com/register".parse().unwrap())
}

fn json_headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

fn public() -> Value {
    json!({
        "client_name": "App",
        "redirect_uris": ["https://app.example/cb", "http://localhost/callback"],
        "token_endpoint_auth_method": "none",
    })
}

fn confidential() -> Value {
    with("token_endpoint_auth_method", json!("client_secret_post"))
}

/// A public client with one member replaced, or taken away by `null`.
fn with(name: &str, value: Value) -> Value {
    let mut metadata = public();
    if value.is_null() {
        metadata.as_object_mut().unwrap().remove(name);
    } else {
        metadata[name] = value;
    }
    metadata
}

fn body(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// An answer as it goes over the wire, for the golden files.
fn wire(answer: &Response<Bytes>) -> String {
    let mut text = format!("{}\n", answer.status());
    for (name, value) in answer.headers() {
        text += &[name.as_str(), ": ", value.to_str().unwrap(), "\n"].concat();
    }
    text += "\n";
    if !answer.body().is_empty() {
        text += &serde_json::to_string_pretty(&body(answer)).unwrap();
        text += "\n";
    }
    text
}
