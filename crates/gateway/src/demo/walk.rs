//! The demo tries itself out: one step after the other, each with the status that really came.

use std::{
    io::{self, Write},
    sync::Arc,
};

use bytes::Bytes;
use http::{Request, Response, header};
use outbound_http::{FetchError, GuardedClient, HttpClient, Limits, OutboundPolicy};
use serde_json::{Value, json};

use super::{
    Addresses,
    authorization_server::{DemoAuthorizationServer, DemoClaims},
};
use crate::adapters::SigningKey;

struct Walk<'a> {
    out: &'a mut (dyn Write + Send),
    http: GuardedClient,
    addresses: &'a Addresses,
    tokens: &'a Arc<DemoAuthorizationServer>,
    failed: usize,
}

/// Walks through the flow; answers how many steps did not go as they must.
pub(super) async fn run(
    out: &mut (dyn Write + Send),
    addresses: &Addresses,
    tokens: &Arc<DemoAuthorizationServer>,
) -> io::Result<usize> {
    let policy = OutboundPolicy { allow_loopback: true, ..OutboundPolicy::default() };
    let http = GuardedClient::new(policy).map_err(io::Error::other)?;
    writeln!(out, "The flow, step by step:\n")?;
    let mut walk = Walk { out, http, addresses, tokens, failed: 0 };
    walk.without_a_token().await?;
    walk.with_a_good_token().await?;
    walk.with_bad_tokens().await?;
    walk.without_the_scope().await?;
    Ok(walk.failed)
}

impl Walk<'_> {
    async fn without_a_token(&mut self) -> io::Result<()> {
        let answer = self.call(None).await;
        let challenge = challenge(&answer);
        let metadata_url = parameter(&challenge, "resource_metadata");
        let good =
            status(&answer) == 401 && metadata_url.is_some() && parameter(&challenge, "error").is_none();
        self.step("call without a token", &answer, good, &challenge)?;

        let answer = self.get(metadata_url.as_deref().unwrap_or_default()).await;
        let document = document(&answer);
        let good = document.get("resource") == Some(&json!(self.addresses.resource))
            && document.get("authorization_servers") == Some(&json!([self.addresses.issuer]));
        self.step("metadata found from the challenge", &answer, good, &document.to_string())
    }

    async fn with_a_good_token(&mut self) -> io::Result<()> {
        let answer = self.call(Some(self.tokens.token(&self.tokens.usual()))).await;
        let document = document(&answer);
        let text = document.pointer("/result/content/0/text");
        let good = status(&answer) == 200 && text == Some(&json!("5"));
        self.step("tools/call with a good token", &answer, good, &document.to_string())
    }

    async fn with_bad_tokens(&mut self) -> io::Result<()> {
        let usual = self.tokens.usual();
        let other = |change: fn(&mut DemoClaims)| {
            let mut claims = usual.clone();
            change(&mut claims);
            claims
        };
        let forger = SigningKey::generate().map_err(io::Error::other)?;
        let rows = [
            ("expired token", self.tokens.token(&other(|it| it.lifetime = -3600))),
            ("token for another audience", self.tokens.token(&other(|it| it.audience.push_str("/other")))),
            ("token of another issuer", self.tokens.token(&other(|it| it.issuer.push_str("/other")))),
            ("token with a bad signature", self.tokens.token_signed_by(&forger, &usual)),
        ];
        for (name, token) in rows {
            let answer = self.call(Some(token)).await;
            let challenge = challenge(&answer);
            let error = parameter(&challenge, "error");
            let good = status(&answer) == 401 && error.as_deref() == Some("invalid_token");
            self.step(name, &answer, good, &challenge)?;
        }
        Ok(())
    }

    async fn without_the_scope(&mut self) -> io::Result<()> {
        let claims = DemoClaims { scope: "something-else".to_owned(), ..self.tokens.usual() };
        let answer = self.call(Some(self.tokens.token(&claims))).await;
        let challenge = challenge(&answer);
        let good = status(&answer) == 403
            && parameter(&challenge, "error").as_deref() == Some("insufficient_scope")
            && parameter(&challenge, "scope").as_deref() == Some(super::DEMO_SCOPE);
        self.step("token without the scope", &answer, good, &challenge)
    }

    fn step(&mut self, name: &str, answer: &Answer, good: bool, shown: &str) -> io::Result<()> {
        let mark = if good { "ok  " } else { "FAIL" };
        self.failed += usize::from(!good);
        match answer {
            Ok(response) => writeln!(self.out, "  {mark} {name}: {}\n         {shown}", response.status()),
            Err(error) => writeln!(self.out, "  {mark} {name}: no answer: {error}"),
        }
    }

    /// A `tools/call`, with or without a token.
    async fn call(&self, token: Option<String>) -> Answer {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": "add", "arguments": { "a": 2, "b": 3 } } });
        let mut request = Request::post(&self.addresses.resource)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Bytes::from(body.to_string()))).await
    }

    async fn get(&self, url: &str) -> Answer {
        self.send(Request::get(url).body(Bytes::new())).await
    }

    async fn send(&self, request: http::Result<Request<Bytes>>) -> Answer {
        let request = request.map_err(|it| FetchError::Connection(it.into()))?;
        self.http.send(request, Limits::default()).await
    }
}

type Answer = Result<Response<Bytes>, FetchError>;

fn status(answer: &Answer) -> u16 {
    answer.as_ref().map_or(0, |it| it.status().as_u16())
}

fn challenge(answer: &Answer) -> String {
    let value = answer.as_ref().ok().and_then(|it| it.headers().get(header::WWW_AUTHENTICATE));
    value.and_then(|it| it.to_str().ok()).unwrap_or("no challenge").to_owned()
}

fn document(answer: &Answer) -> Value {
    answer.as_ref().ok().and_then(|it| serde_json::from_slice(it.body()).ok()).unwrap_or(Value::Null)
}

/// A quoted parameter of a challenge.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}
