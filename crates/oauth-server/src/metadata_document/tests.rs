mod content;
mod fetching;
mod keeping;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use outbound_http::{FetchError, Limits};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::*;
use crate::{
    Client, Clients,
    clients::testing::{World, id},
};

const URL: &str = "https://app.example/client.json";

/// What a URL answers: the last thing that a test said.
#[derive(Clone)]
enum Reply {
    Answer(u16, Vec<(&'static str, String)>, Bytes),
    Fails(fn() -> FetchError),
}

/// The internet: answers by URL, and a record of what was asked.
#[derive(Default)]
struct Web {
    replies: Mutex<HashMap<String, Reply>>,
    requests: Mutex<Vec<Request<Bytes>>>,
    limits: Mutex<Vec<Limits>>,
    /// Holds every answer back until it is told to let one go.
    gate: Mutex<Option<Arc<Notify>>>,
}

impl Web {
    fn set(&self, url: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(url.to_owned(), reply);
    }

    fn publish(&self, url: &str, document: &Value, headers: &[(&'static str, &str)]) {
        let mut all = vec![("content-type", "application/json".to_owned())];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.set(url, Reply::Answer(200, all, document.to_string().into()));
    }

    fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    fn hold(&self) -> Arc<Notify> {
        let gate = Arc::new(Notify::new());
        *self.gate.lock().unwrap() = Some(gate.clone());
        gate
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Web")
    }
}

#[async_trait]
impl HttpClient for Web {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, FetchError> {
        let url = request.uri().to_string();
        self.requests.lock().unwrap().push(request);
        self.limits.lock().unwrap().push(limits);
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.notified().await;
        }
        let reply = self.replies.lock().unwrap().get(&url).cloned();
        let (status, headers, body) = match reply {
            None => return Err(FetchError::Unresolved),
            Some(Reply::Fails(error)) => return Err(error()),
            Some(Reply::Answer(status, headers, body)) => (status, headers, body),
        };
        if body.len() > limits.max_body {
            return Err(FetchError::TooLarge(limits.max_body));
        }
        let mut answer = Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(name, value);
        }
        Ok(answer.body(body).unwrap())
    }
}

fn document(url: &str) -> Value {
    json!({
        "client_id": url,
        "client_name": "App",
        "redirect_uris": ["https://app.example/cb", "http://localhost/callback"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

struct Scene {
    world: World,
    web: Arc<Web>,
    clients: Clients,
}

impl Scene {
    fn with(settings: DocumentSettings) -> Self {
        let world = World::new();
        let web = Arc::new(Web::default());
        let mut sources = world.sources();
        sources.documents = Some(MetadataDocuments::new(web.clone(), world.clock.clone(), settings));
        Self { clients: Clients::new(sources), world, web }
    }

    fn new() -> Self {
        Self::with(DocumentSettings::default())
    }

    async fn find(&self, url: &str) -> Result<Client, FindClientError> {
        self.clients.find(&id(url)).await
    }
}
