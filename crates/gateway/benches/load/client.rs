//! What an MCP client does, in its simplest form.

use std::{io, net::SocketAddr};

use oauth_types::{CodeChallenge, CodeVerifier};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::{
    browser::{expect, parameter},
    connection::Connection,
};

/// A public client that has registered itself.
pub(crate) struct Client {
    client_id: String,
    gateway: SocketAddr,
}

impl Client {
    /// Registers at the gateway (RFC 7591).
    pub(crate) async fn register(gateway: SocketAddr) -> io::Result<Self> {
        let body = json!({
            "client_name": "Load",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        });
        let request = post(gateway, "/register", "application/json", &body.to_string());
        let answer = Connection::open(gateway).await?.exchange(&request).await?;
        let client_id = text(&expect(answer, 201, "registration")?.body, "client_id")?;
        Ok(Self { client_id, gateway })
    }

    /// The target of an authorization request (OAuth 2.1 section 4.1.1).
    pub(crate) fn authorization_request(&self, state: &str) -> String {
        let challenge = CodeChallenge::of(&CodeVerifier::new(VERIFIER.to_owned()));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "mcp"),
            ("state", state),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("resource", &self.resource()),
        ]);
        format!("/authorize?{query}")
    }

    /// Looks at what the browser brought, and redeems the code (OAuth 2.1 section 4.1.3); answers the access token.
    pub(crate) async fn redeem(
        &self,
        connection: &mut Connection,
        brought: &Url,
        state: &str,
    ) -> io::Result<String> {
        let issuer = format!("http://{}", self.gateway);
        let good = brought.as_str().starts_with(REDIRECT_URI)
            && parameter(brought, "state").as_deref() == Some(state)
            && parameter(brought, "iss") == Some(issuer);
        let code = parameter(brought, "code").filter(|_| good);
        let code = code.ok_or_else(|| io::Error::other("the client was sent something else than a code"))?;
        let body = form(&[
            ("grant_type", "authorization_code"),
            ("client_id", &self.client_id),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
            ("resource", &self.resource()),
        ]);
        let request = post(self.gateway, "/token", "application/x-www-form-urlencoded", &body);
        let answer = connection.exchange(&request).await?;
        text(&expect(answer, 200, "token request")?.body, "access_token")
    }

    fn resource(&self) -> String {
        format!("http://{}/mcp", self.gateway)
    }
}

fn post(address: SocketAddr, target: &str, content_type: &str, body: &str) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: client/1\r\nAccept: application/json\r\n\
         Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn text(document: &str, name: &str) -> io::Result<String> {
    let document: Value = serde_json::from_str(document)?;
    let value = document.get(name).and_then(Value::as_str);
    value.map(str::to_owned).ok_or_else(|| io::Error::other(format!("an answer without {name}")))
}

/// Nobody listens there: the client reads the redirect and does not follow it.
const REDIRECT_URI: &str = "http://127.0.0.1/callback";
/// That of RFC 7636 appendix B: it is the gateway's work that is measured, not the client's.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
