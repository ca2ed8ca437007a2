//! An account at a further third party, connected by a person who is signed in (SPEC "URL Mode Elicitation").

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use test_support::github::{CLIENT_SECRET, GithubServer};

use super::{
    attacks::echo,
    client::{Client, TokenAnswer},
    github::provider,
    stage::{LOCAL, alice, configuration, setup},
};
use crate::support::{Gateway, Person};

const OCTOCAT: u64 = 583_231;

/// The link that an MCP server makes for the holder of a token, of nothing but its `sub`.
fn link(gateway: &Gateway, access_token: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(access_token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let digest = digest::digest(&digest::SHA256, claims["sub"].as_str().unwrap().as_bytes());
    gateway.url(&format!("/connect/github?subject={}", URL_SAFE_NO_PAD.encode(digest)))
}

#[tokio::test(flavor = "multi_thread")]
async fn x12_an_account_at_github_is_connected_to_a_local_one_and_goes_with_it() {
    let (github, upstream) = (GithubServer::start().await, echo().await);
    let github_section = provider(&github, "everybody = true").replace("allow =", "connect = true\nallow =");
    let (providers, address) = (format!("{LOCAL}{github_section}"), upstream.uri("/mcp").to_string());
    let gateway = setup()
        .file("github.secret", CLIENT_SECRET)
        .start(move |listen| configuration(listen, &address, &providers, ""));
    let client = Client::register(&gateway).await;
    let mut person = alice().stops_at(&client.redirect_uri);
    let asked = client.asks();
    let code = asked.code_in(&person.goes_to(&asked.url).await);
    let tokens = client.redeem(&code, &asked.verifier).await.tokens();
    let link = link(&gateway, &tokens.access);

    // Whoever is signed in at GitHub, and here as somebody else, gets nothing by the link.
    let mut stranger = Person::new().presses("decision=provider:github").presses("decision=connect");
    let page = stranger.goes_to(&link).await;
    assert_eq!(page.status, 403, "{}", page.text());
    assert!(page.text().contains("made for somebody else"), "{}", page.text());
    assert_eq!(github.tokens_of(OCTOCAT).0, 1, "of the stranger's own sign-in");

    let page = person.clone().presses("decision=connect").goes_to(&link).await;
    assert_eq!(page.url.as_str(), gateway.url("/account"), "{}", page.text());
    assert!(page.text().contains("Accounts that you have connected"), "{}", page.text());
    assert_eq!(github.tokens_of(OCTOCAT).0, 2);
    gateway.wait_for("account connected");

    // It outlives a restart, and is taken away by a button, here and there.
    let mut gateway = gateway;
    gateway.crash_and_restart();
    let page = person.opens(&gateway.url("/account")).await;
    let page = person.presses_only(&page, "action=disconnect:github").await;
    assert!(page.text().contains("is not used any more"), "{}", page.text());
    gateway.wait_for("account disconnected");
    let page = person.opens(&gateway.url("/account")).await;
    assert!(!page.text().contains("Accounts that you have connected"), "{}", page.text());
    client.refresh(&tokens.refresh).await.tokens();
}
