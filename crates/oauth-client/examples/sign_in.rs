//! Signs one person in through GitHub from a terminal, and says whether the rules let them in.
//!
//! `cargo run -p oauth-client --example sign_in -- CLIENT_ID SECRET_FILE ORGANIZATION`
//!
//! The OAuth app's callback must be `http://127.0.0.1:8999/callback/github`.
//! Nothing listens there: copy the address that the browser ends at and paste it here.

use std::{
    error::Error,
    io::{self, Write},
    sync::Arc,
};

use async_trait::async_trait;
use oauth_client::{
    AllowRules, CallbackParams, ClientSecret, ExpectedIdToken, IdTokenError, IdTokenVerifier, Provider,
    ProviderKind, ProviderPorts, ProviderSettings,
};
use oauth_types::{SystemClock, SystemEntropy};
use outbound_http::{GuardedClient, OutboundPolicy};
use serde_json::{Map, Value};
use url::Url;

/// GitHub has no ID tokens; for OpenID Connect this would be a JOSE library.
#[derive(Debug)]
struct NoIdTokens;

#[async_trait]
impl IdTokenVerifier for NoIdTokens {
    async fn verify(&self, _: &str, _: ExpectedIdToken<'_>) -> Result<Map<String, Value>, IdTokenError> {
        Err(IdTokenError::Invalid("nobody asked for an ID token"))
    }

    async fn verify_logout_token(
        &self,
        _: &str,
        _: ExpectedIdToken<'_>,
    ) -> Result<Map<String, Value>, IdTokenError> {
        Err(IdTokenError::Invalid("GitHub sends no logout tokens"))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [client_id, secret_file, organization] = arguments.as_slice() else {
        return Err("usage: sign_in CLIENT_ID SECRET_FILE ORGANIZATION".into());
    };
    let secret = std::fs::read_to_string(secret_file)?;
    let rules = AllowRules { organizations: [organization.clone()].into(), ..AllowRules::default() };
    let settings = ProviderSettings {
        client_secret: Some(ClientSecret::new(secret.trim().to_owned())),
        lookups: rules.lookups(),
        ..ProviderSettings::new("github".parse()?, ProviderKind::GithubOauthApp, client_id.parse()?)
    };
    let ports = ProviderPorts {
        http: Arc::new(GuardedClient::new(OutboundPolicy::default())?),
        clock: Arc::new(SystemClock::new()),
        entropy: Arc::new(SystemEntropy),
        id_tokens: Arc::new(NoIdTokens),
    };
    let github = Provider::new(settings, ports)?;

    let callback = Url::parse("http://127.0.0.1:8999/callback/github")?;
    let begun = github.begin(&callback).await?;
    let mut out = io::stdout().lock();
    writeln!(out, "open {}\nand paste the address where the browser ends:", begun.authorize_url)?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;

    let landed = Url::parse(line.trim())?;
    let params = CallbackParams::from_query(landed.query().unwrap_or_default())?;
    let signed_in = github.finish(begun.secrets, &callback, params).await?;
    let login = signed_in.identity.login.as_deref().unwrap_or("somebody");
    writeln!(out, "{login} is user {}", signed_in.identity.principal.subject)?;
    match rules.permits(&signed_in.identity) {
        Ok(()) => writeln!(out, "and may come in")?,
        Err(reason) => writeln!(out, "and stays outside: {reason}")?,
    }
    github.revoke(&signed_in.tokens).await?;
    Ok(())
}
