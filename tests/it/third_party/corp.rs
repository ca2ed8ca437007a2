//! Sign-in at a real OpenID provider.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use super::{
    attacks::{
        streams::{endless, ends},
        until,
    },
    client::{Client, TokenAnswer},
    stage::{Stage, corp, corp_alice, corp_person, gateway},
};
use crate::support::{Part, Person, call, open, tool_call};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_the_rules_name_comes_in_and_nobody_else() {
    let stage = Stage::with_corp();
    let client = Client::register(&stage.gateway).await;
    let tokens = client.connect(&corp_alice()).await;
    let answer = call(tool_call(&stage.url(), Some(&tokens.access))).await;
    assert_ne!(answer.status, 401, "{}", answer.body);

    let mut bob = corp_person("bob", "builder").stops_at(&client.redirect_uri);
    let page = bob.goes_to(&client.asks().url).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (403, "/callback/corp"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn j04_i20_a_refusal_there_is_told_to_the_client_without_its_text() {
    let stage = Stage::with_corp();
    let client = Client::register(&stage.gateway).await;
    let refuses = Person::new()
        .types("login", "alice")
        .types("password", "wonderland")
        .presses("decision=provider:corp")
        .presses("decision=sign-in")
        .presses("decision=refuse");
    let page = refuses.stops_at(&client.redirect_uri).goes_to(&client.asks().url).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"), "{}: {}", page.url, page.text());
    assert!(!page.url.as_str().contains("here"), "{}", page.url);
}

/// A real provider that calls us at a sign-out there, which the page after our own sign-out leads to.
#[tokio::test(flavor = "multi_thread")]
async fn k07_whoever_signs_out_there_is_signed_out_here_at_once() {
    let upstream = endless().await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let provider = corp(&format!("http://127.0.0.1:{port}"));
    let gateway = gateway(&upstream.uri("/mcp").to_string(), &provider, "");
    let logout = gateway.url("/backchannel-logout/corp");
    let _third_party = Part::start("third-party.mjs", &["--port", &port, "--logout", &logout]);

    let client = Client::register(&gateway).await;
    let mut alice = corp_alice().stops_at(&client.redirect_uri);
    let asked = client.asks();
    let code = asked.code_in(&alice.goes_to(&asked.url).await);
    let tokens = client.redeem(&code, &asked.verifier).await.tokens();
    let elsewhere = client.connect(&corp_alice()).await;
    let status =
        async |access: &str| open(tool_call(&gateway.url("/mcp"), Some(access))).await.status().as_u16();
    assert_eq!((status(&tokens.access).await, status(&elsewhere.access).await), (200, 200));

    let account = alice.goes_to(&gateway.url("/account")).await;
    let signed_out = alice.presses_only(&account, "action=sign-out").await;
    let link = format!("http://127.0.0.1:{port}/session/end?client_id=gateway");
    assert!(signed_out.body.contains(&link), "{}", signed_out.body);
    assert_eq!(status(&tokens.access).await, 200, "signing out here leaves clients connected");

    let stream = open(tool_call(&gateway.url("/mcp"), Some(&tokens.access))).await;
    assert_eq!(stream.status(), 200);
    let mut alice = alice.presses("logout=yes");
    // From the press of the button there: what this machine needs for the pages counts too.
    let began = Instant::now();
    let there = alice.goes_to(&link).await;
    assert!(there.status.is_success() || there.status.is_redirection(), "{}", there.text());
    until("the grant has ended", async || status(&tokens.access).await == 401).await;
    let took = began.elapsed();
    println!("FI-13: ended {} ms after the person began to sign out there", took.as_millis());
    assert!(took < Duration::from_secs(5), "{took:?}");
    ends(stream, "a call that the sign-out had ended").await;
    assert_eq!(client.refresh(&tokens.refresh).await.refusal(), (400, "invalid_grant".to_owned()));
    assert!(gateway.output().contains("third_party_logout"), "{}", gateway.output());
    assert_eq!(status(&elsewhere.access).await, 200, "another sign-in of the same person goes on");
}
