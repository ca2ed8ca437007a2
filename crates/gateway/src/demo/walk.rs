//! The demo tries itself out: one step after the other, each with the status that really came.

use std::{
    io::{self, Write},
    sync::Arc,
};

use bytes::Bytes;
use http::Request;
use outbound_http::GuardedClient;
use serde_json::json;

use super::{
    Addresses,
    authorization_server::{DemoAuthorizationServer, DemoClaims},
    steps::{Answer, Steps, call, challenge, document, is_sum, loopback_client, parameter, send, status},
};
use crate::adapters::SigningKey;

struct Walk<'a> {
    steps: Steps<'a>,
    http: GuardedClient,
    addresses: &'a Addresses,
    tokens: &'a Arc<DemoAuthorizationServer>,
}

/// Walks through the flow; answers how many steps did not go as they must.
pub(super) async fn run(
    out: &mut (dyn Write + Send),
    addresses: &Addresses,
    tokens: &Arc<DemoAuthorizationServer>,
) -> io::Result<usize> {
    let mut walk = Walk { steps: Steps::new(out)?, http: loopback_client()?, addresses, tokens };
    walk.without_a_token().await?;
    walk.with_a_good_token().await?;
    walk.with_bad_tokens().await?;
    walk.without_the_scope().await?;
    Ok(walk.steps.failed())
}

impl Walk<'_> {
    async fn without_a_token(&mut self) -> io::Result<()> {
        let answer = call(&self.http, &self.addresses.resource, None).await;
        let challenge = challenge(&answer);
        let metadata_url = parameter(&challenge, "resource_metadata");
        let good =
            status(&answer) == 401 && metadata_url.is_some() && parameter(&challenge, "error").is_none();
        self.steps.step("call without a token", &answer, good, &challenge)?;

        let request = Request::get(metadata_url.as_deref().unwrap_or_default()).body(Bytes::new());
        let answer = send(&self.http, request).await;
        let document = document(&answer);
        let good = document.get("resource") == Some(&json!(self.addresses.resource))
            && document.get("authorization_servers") == Some(&json!([self.addresses.issuer]));
        self.steps.step("metadata found from the challenge", &answer, good, &document.to_string())
    }

    async fn with_a_good_token(&mut self) -> io::Result<()> {
        let answer = self.call_with(self.tokens.token(&self.tokens.usual())).await;
        let good = is_sum(&answer);
        self.steps.step("tools/call with a good token", &answer, good, &document(&answer).to_string())
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
            let answer = self.call_with(token).await;
            let challenge = challenge(&answer);
            let error = parameter(&challenge, "error");
            let good = status(&answer) == 401 && error.as_deref() == Some("invalid_token");
            self.steps.step(name, &answer, good, &challenge)?;
        }
        Ok(())
    }

    async fn without_the_scope(&mut self) -> io::Result<()> {
        let claims = DemoClaims { scope: "something-else".to_owned(), ..self.tokens.usual() };
        let answer = self.call_with(self.tokens.token(&claims)).await;
        let challenge = challenge(&answer);
        let good = status(&answer) == 403
            && parameter(&challenge, "error").as_deref() == Some("insufficient_scope")
            && parameter(&challenge, "scope").as_deref() == Some(super::DEMO_SCOPE);
        self.steps.step("token without the scope", &answer, good, &challenge)
    }

    async fn call_with(&self, token: String) -> Answer {
        call(&self.http, &self.addresses.resource, Some(&token)).await
    }
}
