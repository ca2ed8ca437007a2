//! The demo connects as a client does and signs in as a person does, then tries what must not work.

mod client;

use std::io::{self, Write};

use outbound_http::GuardedClient;
use serde_json::{Value, json};
use url::Url;

use self::client::{Client, Tokens};
use super::{
    Account, Addresses,
    person::{Browser, location, sent, text},
};
use crate::demo::steps::{
    Answer, Steps, call, challenge, document, is_sum, loopback_client, parameter, status,
};

struct Walk<'a> {
    steps: Steps<'a>,
    http: &'a GuardedClient,
    addresses: &'a Addresses,
    account: &'a Account,
}

/// Walks through the flow; answers how many steps did not go as they must.
pub(super) async fn run(
    out: &mut (dyn Write + Send),
    addresses: &Addresses,
    account: &Account,
) -> io::Result<usize> {
    let http = loopback_client()?;
    let mut walk = Walk { steps: Steps::new(out)?, http: &http, addresses, account };
    let Some(client) = walk.discover_and_register().await? else { return Ok(walk.steps.failed()) };
    let mut browser = walk.browser()?;
    walk.deny(&client, &mut browser).await?;
    let Some(tokens) = walk.connect(&client, &mut browser).await? else { return Ok(walk.steps.failed()) };
    walk.refresh(&client, tokens).await?;
    let Some(tokens) = walk.connect_signed_in(&client, &mut browser).await? else {
        return Ok(walk.steps.failed());
    };
    let page = walk.see_the_account(&mut browser).await?;
    walk.revoke(&client, tokens).await?;
    walk.sign_out(&page, &mut browser).await?;
    Ok(walk.steps.failed())
}

impl<'a> Walk<'a> {
    fn browser(&self) -> io::Result<Browser<'a>> {
        let origin = Url::parse(&self.addresses.gateway).map_err(io::Error::other)?;
        Ok(Browser::new(self.http, origin))
    }

    /// From the address alone to a registered client (MCP authorization, RFC 9728, 8414, 7591).
    async fn discover_and_register(&mut self) -> io::Result<Option<Client<'a>>> {
        let answer = call(self.http, &self.addresses.resource, None).await;
        let challenge = challenge(&answer);
        let metadata = parameter(&challenge, "resource_metadata");
        self.steps.step(
            "call without a token",
            &answer,
            status(&answer) == 401 && metadata.is_some(),
            &challenge,
        )?;

        let answer = client::get(self.http, metadata.as_deref().unwrap_or_default()).await;
        let resource = document(&answer);
        let issuer = resource.pointer("/authorization_servers/0").and_then(Value::as_str).unwrap_or_default();
        let good = issuer == self.addresses.gateway;
        self.steps.step("metadata of the resource", &answer, good, &resource.to_string())?;

        let answer =
            client::get(self.http, &format!("{issuer}/.well-known/oauth-authorization-server")).await;
        let server = document(&answer);
        let good = server.get("issuer") == Some(&json!(issuer))
            && server.get("code_challenge_methods_supported") == Some(&json!(["S256"]));
        self.steps.step("metadata of the authorization server", &answer, good, &server.to_string())?;

        let (answer, client) = Client::register(self.http, &server, &self.addresses.resource).await;
        let shown = document(&answer).get("client_id").map(ToString::to_string).unwrap_or_default();
        let good = status(&answer) == 201 && client.is_some();
        self.steps.step("registration of a client", &answer, good, &format!("client_id {shown}"))?;
        Ok(client)
    }

    /// The person says no.
    async fn deny(&mut self, client: &Client<'_>, browser: &mut Browser<'_>) -> io::Result<()> {
        let request = client.authorization_request();
        let page = self.consent_page(&request.url, browser).await?;
        let answer = browser.submit(&page, "/consent", &[("decision", "deny")]).await;
        let good = status(&answer) == 303
            && sent(&answer, "error").as_deref() == Some("access_denied")
            && sent(&answer, "state").as_deref() == Some(&request.state);
        self.steps.step("the person says no", &answer, good, &without_code(&answer))
    }

    /// The person signs in with the wrong password, then the right one, and the client gets tokens.
    async fn connect(
        &mut self,
        client: &Client<'_>,
        browser: &mut Browser<'_>,
    ) -> io::Result<Option<Tokens>> {
        let request = client.authorization_request();
        let page = self.consent_page(&request.url, browser).await?;
        let answer = browser.submit(&page, "/consent", &[("decision", "provider:demo")]).await;
        self.steps.step("the person approves", &answer, status(&answer) == 303, "on to the sign-in page")?;
        let page = browser.follow(&answer).await;
        let Account { name, password } = self.account;
        let wrong = [("username", name.as_str()), ("password", "not the password")];
        let page = browser.submit(&page, "/sign-in", &wrong).await;
        let good = location(&page).is_none() && text(&page).contains("<form");
        self.steps.step("a wrong password", &page, good, "the page again, with what is wrong")?;
        let right = [("username", name.as_str()), ("password", password.as_str())];
        let answer = browser.submit(&page, "/sign-in", &right).await;
        self.redeem(client, &request, "the right password", answer).await
    }

    /// The person is signed in already and only approves.
    async fn connect_signed_in(
        &mut self,
        client: &Client<'_>,
        browser: &mut Browser<'_>,
    ) -> io::Result<Option<Tokens>> {
        let request = client.authorization_request();
        let page = self.consent_page(&request.url, browser).await?;
        let answer = browser.submit(&page, "/consent", &[("decision", "signed-in")]).await;
        self.redeem(client, &request, "approval while signed in", answer).await
    }

    async fn redeem(
        &mut self,
        client: &Client<'_>,
        request: &client::Request,
        name: &str,
        answer: Answer,
    ) -> io::Result<Option<Tokens>> {
        let code = sent(&answer, "code");
        let good = status(&answer) == 303
            && code.is_some()
            && sent(&answer, "state").as_deref() == Some(&request.state)
            && sent(&answer, "iss").as_deref() == Some(&self.addresses.gateway);
        self.steps.step(name, &answer, good, &without_code(&answer))?;

        let (answer, tokens) = client.redeem(&code.unwrap_or_default(), request).await;
        let good = status(&answer) == 200 && tokens.is_some();
        self.steps.step("the code for tokens", &answer, good, &without_tokens(&answer))?;
        if let Some(tokens) = &tokens {
            self.use_token("tools/call with the access token", &tokens.access, true).await?;
        }
        Ok(tokens)
    }

    /// Rotation, a lost response, and a thief.
    async fn refresh(&mut self, client: &Client<'_>, first: Tokens) -> io::Result<()> {
        let (answer, second) = client.refresh(&first.refresh).await;
        let Some(second) = second else {
            return self.steps.step("refresh", &answer, false, &without_tokens(&answer));
        };
        let good = status(&answer) == 200 && second.refresh != first.refresh;
        self.steps.step("refresh", &answer, good, &without_tokens(&answer))?;

        let (answer, again) = client.refresh(&first.refresh).await;
        let good = status(&answer) == 200 && again.is_some_and(|it| it.refresh == second.refresh);
        self.steps.step(
            "the same refresh again, as after a lost response",
            &answer,
            good,
            "the same successor",
        )?;

        let (answer, third) = client.refresh(&second.refresh).await;
        let good = status(&answer) == 200 && third.is_some();
        self.steps.step("refresh with the successor", &answer, good, &without_tokens(&answer))?;
        let Some(third) = third else { return Ok(()) };
        self.use_token("tools/call with the newest access token", &third.access, true).await?;

        let (answer, none) = client.refresh(&first.refresh).await;
        let error = document(&answer).get("error").cloned();
        let good = status(&answer) == 400 && none.is_none() && error == Some(json!("invalid_grant"));
        self.steps.step(
            "an old refresh token, as from a thief",
            &answer,
            good,
            &document(&answer).to_string(),
        )?;
        self.use_token("tools/call after that: the grant has ended", &third.access, false).await?;
        let (answer, none) = client.refresh(&third.refresh).await;
        let good = status(&answer) == 400 && none.is_none();
        self.steps.step("refresh after that", &answer, good, &document(&answer).to_string())
    }

    async fn revoke(&mut self, client: &Client<'_>, tokens: Tokens) -> io::Result<()> {
        let answer = client.revoke(&tokens.refresh).await;
        self.steps.step(
            "revocation of the refresh token",
            &answer,
            status(&answer) == 200,
            "the grant ends with it",
        )?;
        self.use_token("tools/call after the revocation", &tokens.access, false).await
    }

    /// What the person sees of the client, and how they leave.
    async fn see_the_account(&mut self, browser: &mut Browser<'_>) -> io::Result<Answer> {
        let page = browser.open("/account").await;
        let shown = text(&page);
        let good = status(&page) == 200 && shown.contains(client::NAME) && shown.contains("value=\"end:");
        self.steps.step("the account page", &page, good, "which clients hold access, and a way to end it")?;
        Ok(page)
    }

    async fn sign_out(&mut self, page: &Answer, browser: &mut Browser<'_>) -> io::Result<()> {
        let answer = browser.submit(page, "/account", &[("action", "sign-out")]).await;
        let good = matches!(status(&answer), 200 | 303);
        self.steps.step("sign-out", &answer, good, "the browser is signed in no more")
    }

    async fn consent_page(&mut self, url: &str, browser: &mut Browser<'_>) -> io::Result<Answer> {
        let answer = browser.open(url).await;
        let page = browser.follow(&answer).await;
        let good = status(&page) == 200 && text(&page).contains(client::NAME);
        self.steps.step("the consent page", &page, good, "who asks, for what, and where the answer goes")?;
        Ok(page)
    }

    async fn use_token(&mut self, name: &str, token: &str, works: bool) -> io::Result<()> {
        let answer = call(self.http, &self.addresses.resource, Some(token)).await;
        let (good, shown) = if works {
            (is_sum(&answer), document(&answer).to_string())
        } else {
            let challenge = challenge(&answer);
            let refused = parameter(&challenge, "error").as_deref() == Some("invalid_token");
            (status(&answer) == 401 && refused, challenge)
        };
        self.steps.step(name, &answer, good, &shown)
    }
}

/// Where a browser is sent, without what is worth something.
fn without_code(answer: &Answer) -> String {
    let Some(location) = location(answer) else { return "no redirect".to_owned() };
    match sent(answer, "code") {
        Some(code) => location.replace(&code, "…"),
        None => location,
    }
}

/// A token response without its tokens.
fn without_tokens(answer: &Answer) -> String {
    let mut document = document(answer);
    for name in ["access_token", "refresh_token"] {
        if let Some(token) = document.get_mut(name) {
            *token = json!("…");
        }
    }
    document.to_string()
}
