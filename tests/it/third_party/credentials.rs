//! The tokens of people's sign-ins as their credentials for the upstream.

use std::sync::{Arc, Mutex};

use test_support::{
    github::{CLIENT_SECRET, GithubServer, Mood},
    upstream::{Answer, Recorded, RecordingUpstream},
};

use super::{
    attacks::echo,
    client::{Client, TokenAnswer},
    github::{octocat, provider},
    stage::{LOCAL, alice, configuration, setup},
};
use crate::support::{Gateway, call, tool_call};

const OCTOCAT: u64 = 583_231;

/// A gateway that shows `first` the token of GitHub, and `second`, at `/second`, nothing.
fn gateway(github: &GithubServer, first: &RecordingUpstream, second: &RecordingUpstream) -> Gateway {
    let (first, second) = (first.uri("/mcp").to_string(), second.uri("/mcp").to_string());
    let sections = format!(
        "{LOCAL}{}\n[[server]]\npath = \"/second\"\nupstream = {{ http = \"{second}\" }}\nscopes = [\"mcp\"]\n\
         [log]\nlevel = \"debug\"\n",
        provider(github, "everybody = true")
    );
    setup().file("github.secret", CLIENT_SECRET).start(move |listen| {
        configuration(listen, &first, &sections, "").replace(
            "[third_party]\nstorage",
            "[server.credential]\nthird_party = \"github\"\n[third_party]\nstorage",
        )
    })
}

/// Takes every credential but those that the test has banned.
pub(super) async fn picky() -> (RecordingUpstream, Arc<Mutex<Vec<String>>>) {
    let banned = Arc::<Mutex<Vec<String>>>::default();
    let list = Arc::clone(&banned);
    let upstream = RecordingUpstream::start(move |request: &Recorded| {
        let shown = request.header("authorization").unwrap_or_default().to_owned();
        if list.lock().unwrap().contains(&shown) {
            return Answer::status(401).header("www-authenticate", "Bearer realm=\"upstream\"");
        }
        Answer::json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)
    })
    .await;
    (upstream, banned)
}

pub(super) fn shown(upstream: &RecordingUpstream) -> Vec<String> {
    let requests = upstream.requests();
    requests.iter().map(|it| it.header("authorization").unwrap_or("none").to_owned()).collect()
}

/// Tokens of a client for one server.
async fn connected(gateway: &Gateway, person: &crate::support::Person, path: &str) -> String {
    let client = Client::register(gateway).await;
    let asked = client.asks_for(&[("resource", &gateway.url(path))]);
    let code = client.code(person, &asked).await;
    client.redeem(&code, &asked.verifier).await.tokens().access
}

#[tokio::test(flavor = "multi_thread")]
async fn e30_k10_the_token_of_a_sign_in_goes_to_the_upstream_that_it_is_configured_for() {
    let (github, first, second) = (GithubServer::start().await, echo().await, echo().await);
    github.expire_tokens();
    let gateway = gateway(&github, &first, &second);
    let access = connected(&gateway, &octocat(), "/mcp").await;
    let answer = call(tool_call(&gateway.url("/mcp"), Some(&access))).await;
    assert_eq!(answer.status, 200);
    assert!(!format!("{answer:?}").contains("ghu_"));
    let [credential] = shown(&first).try_into().unwrap();
    assert!(credential.starts_with("Bearer ghu_"), "{credential}");
    assert!(!format!("{:?}", first.requests()).contains(&access));

    // The same person at another server, and somebody who signed in elsewhere at this one.
    let access = connected(&gateway, &octocat(), "/second").await;
    assert_eq!(call(tool_call(&gateway.url("/second"), Some(&access))).await.status, 200);
    assert_eq!(shown(&second), ["none"]);
    let access = connected(&gateway, &alice(), "/mcp").await;
    let answer = call(tool_call(&gateway.url("/mcp"), Some(&access))).await;
    assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (403, ""));
    gateway.wait_for("credential_denied");
    assert_eq!(first.requests().len(), 1);
    assert!(!gateway.output().contains("ghu_") && !gateway.output().contains("ghr_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn e48_k04_a_refused_token_of_a_sign_in_is_refreshed_once_and_then_we_challenge() {
    let (github, (first, banned), second) = (GithubServer::start().await, picky().await, echo().await);
    github.expire_tokens();
    let gateway = gateway(&github, &first, &second);
    let url = gateway.url("/mcp");
    let access = connected(&gateway, &octocat(), "/mcp").await;
    assert_eq!(call(tool_call(&url, Some(&access))).await.status, 200);
    let old = shown(&first)[0].clone();
    banned.lock().unwrap().push(old);
    let asked_for_tokens = || github.requests().iter().filter(|it| it.contains("access_token")).count();
    let before = asked_for_tokens();
    let calls = (0..10).map(|_| call(tool_call(&url, Some(&access))));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|it| it.status == 200));
    let distinct: std::collections::BTreeSet<_> = shown(&first).into_iter().collect();
    assert_eq!((distinct.len(), asked_for_tokens()), (2, before + 1), "{:?}", github.requests());

    // Nothing that GitHub gives is good any more.
    banned.lock().unwrap().extend(distinct);
    github.revoke(OCTOCAT);
    let answer = call(tool_call(&url, Some(&access))).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").contains("invalid_token"), "{answer:?}");
    assert!(!answer.header("www-authenticate").contains("upstream"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn k02_a_third_party_in_trouble_is_not_the_fault_of_the_caller() {
    let (github, (first, banned), second) = (GithubServer::start().await, picky().await, echo().await);
    github.expire_tokens();
    let gateway = gateway(&github, &first, &second);
    let url = gateway.url("/mcp");
    let access = connected(&gateway, &octocat(), "/mcp").await;
    github.set_mood(Mood::Down);
    assert_eq!(call(tool_call(&url, Some(&access))).await.status, 200);
    banned.lock().unwrap().extend(shown(&first));
    let answer = call(tool_call(&url, Some(&access))).await;
    assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (503, ""));
    gateway.wait_for("credential_unavailable");
}
