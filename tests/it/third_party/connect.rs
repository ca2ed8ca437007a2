//! An account at a further third party, connected by a person who is signed in (SPEC "URL Mode Elicitation"), and its
//! token as the person's credential for an upstream.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use test_support::{
    github::{CLIENT_SECRET, GithubServer},
    upstream::RecordingUpstream,
};

use super::{
    attacks::echo,
    client::{Client, TokenAnswer},
    credentials::{picky, shown},
    github::provider,
    stage::{LOCAL, PASSWORD, alice, configuration, setup},
};
use crate::support::{Answer, Gateway, Person, call, tool_call};

const OCTOCAT: u64 = 583_231;

/// The link that an MCP server makes for the holder of a token, of nothing but its `sub`.
pub(super) fn link(gateway: &Gateway, access_token: &str) -> String {
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

const BOB: &str = r#"
[[third_party.provider.account]]
username = "bob"
password_hash = "PASSWORD_HASH"
name = "Bob"
"#;

fn bob() -> Person {
    Person::new()
        .types("username", "bob")
        .types("password", PASSWORD)
        .presses("decision=signed-in")
        .presses("decision=provider:local")
}

/// alice and bob sign in here, and the upstream wants the token of an account at GitHub, which they may connect.
fn gateway_before(upstream: &RecordingUpstream, github: &GithubServer) -> Gateway {
    let section = provider(github, "everybody = true").replace("allow =", "connect = true\nallow =");
    let (providers, address) = (format!("{LOCAL}{BOB}{section}"), upstream.uri("/mcp").to_string());
    setup().file("github.secret", CLIENT_SECRET).start(move |listen| {
        configuration(listen, &address, &providers, "").replace(
            "[third_party]\nstorage",
            "[server.credential]\nthird_party = \"github\"\n[third_party]\nstorage",
        )
    })
}

async fn access_token(gateway: &Gateway, person: &Person) -> String {
    Client::register(gateway).await.connect(person).await.access
}

/// The page that an answer sends its person to: it is said to people and to programs.
#[track_caller]
fn sent_to(answer: &Answer) -> String {
    assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (403, ""), "{answer:?}");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let place = body["connect_uri"].as_str().unwrap().to_owned();
    assert!(body["error_description"].as_str().unwrap().contains(&place), "{body}");
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn x12_e30_the_token_of_a_connected_account_goes_to_the_upstream_that_wants_it() {
    let (github, (upstream, banned)) = (GithubServer::start().await, picky().await);
    github.expire_tokens();
    let mut gateway = gateway_before(&upstream, &github);
    let url = gateway.url("/mcp");
    let access = access_token(&gateway, &alice()).await;
    let call_as = async |token: &str| call(tool_call(&url, Some(token))).await;

    let place = sent_to(&call_as(&access).await);
    assert_eq!(place, link(&gateway, &access));
    gateway.wait_for("credential_not_connected");
    assert!(upstream.requests().is_empty());

    let page = alice().presses("decision=connect").goes_to(&place).await;
    assert_eq!(page.url.as_str(), gateway.url("/account"), "{}", page.text());
    assert_eq!(call_as(&access).await.status, 200);
    let [first] = shown(&upstream).try_into().unwrap();
    assert!(first.starts_with("Bearer ghu_"), "{first}");
    // Nobody else has it, and another client of the same person does.
    let others = access_token(&gateway, &bob()).await;
    assert_ne!(sent_to(&call_as(&others).await), place);
    let again = access_token(&gateway, &alice()).await;
    assert_eq!(call_as(&again).await.status, 200);
    assert_eq!(shown(&upstream), [first.clone(), first.clone()]);

    // What the upstream refuses is refreshed once for all who wait, and is there after a crash.
    banned.lock().unwrap().push(first.clone());
    let asked_for_tokens = || github.requests().iter().filter(|it| it.contains("access_token")).count();
    let before = asked_for_tokens();
    let answers = futures_util::future::join_all((0..10).map(|_| call_as(&access))).await;
    assert!(answers.iter().all(|it| it.status == 200));
    assert_eq!(asked_for_tokens(), before + 1, "{:?}", github.requests());
    gateway.crash_and_restart();
    assert_eq!(call_as(&access).await.status, 200);
    let second = shown(&upstream).pop().unwrap();
    assert_ne!(second, first);
    assert_eq!(asked_for_tokens(), before + 1);

    // GitHub has taken it back: the person connects anew, and the client stays connected all the while.
    banned.lock().unwrap().push(second);
    github.revoke(OCTOCAT);
    assert_eq!(sent_to(&call_as(&access).await), place);
    alice().presses("decision=connect").goes_to(&place).await;
    assert_eq!(call_as(&access).await.status, 200);
    assert!(!gateway.output().contains("ghu_") && !gateway.output().contains("ghr_"));
}
