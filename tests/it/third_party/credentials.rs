//! The tokens of people's sign-ins as their credentials for the upstream.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use test_support::{
    github::{CLIENT_SECRET, GithubServer, GithubUser, Mood},
    parts,
    upstream::{Answer, Recorded, RecordingUpstream},
};

use super::{
    attacks::{echo, until},
    client::{Client, TokenAnswer},
    github::{octocat, provider},
    stage::{LOCAL, alice, configuration, setup},
};
use crate::support::{Answer as Answered, Gateway, call, tool_call};

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

/// A gateway that starts the Python server for each person, and tells it their token of GitHub.
fn gateway_before_programs(github: &GithubServer) -> Gateway {
    let program = parts::command("stdio-python.py");
    let words = std::iter::once(program.get_program()).chain(program.get_args());
    let words = json!(words.map(|it| it.to_str().unwrap()).collect::<Vec<_>>());
    let sections = format!("{LOCAL}{}\n[log]\nlevel = \"debug\"\n", provider(github, "everybody = true"));
    setup().file("github.secret", CLIENT_SECRET).start(move |listen| {
        configuration(listen, "UPSTREAM", &sections, "")
            .replace(
                "{ http = \"UPSTREAM\" }",
                &format!("{{ stdio = {words}, credential_env = \"GITHUB_TOKEN\" }}"),
            )
            .replace(
                "[third_party]\nstorage",
                "[server.credential]\nthird_party = \"github\"\n[third_party]\nstorage",
            )
    })
}

/// Calls a tool of the Python server, in the words of 2026-07-28.
async fn tool(url: &str, token: &str, name: &str, arguments: Value) -> Answered {
    let params = json!({ "name": name, "arguments": arguments, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    } });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let request = http::Request::post(url)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", name);
    call(request.body(message.to_string()).unwrap()).await
}

/// The text in the result of a call.
fn told(answer: &Answered) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = answer.body.lines().filter_map(|it| it.strip_prefix("data: ")).next_back();
    let message: Value = serde_json::from_str(data.unwrap_or(&answer.body)).unwrap();
    message["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{message}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn e30_k10_a_program_finds_the_token_of_its_persons_sign_in_in_its_environment() {
    let github = GithubServer::start().await;
    github.expire_tokens();
    github.add_user(GithubUser { id: 77, login: "hubot".to_owned(), ..GithubUser::default() });
    let gateway = gateway_before_programs(&github);
    let url = gateway.url("/mcp");
    let variable = |name: &str| json!({ "name": name });
    let mut seen = Vec::new();
    for user in [OCTOCAT, 77] {
        github.sign_in_as(user);
        let access = connected(&gateway, &octocat(), "/mcp").await;
        let token = told(&tool(&url, &access, "variable", variable("GITHUB_TOKEN")).await);
        assert!(token.starts_with("ghu_"), "{token}");
        // Nothing else of it is there, and nothing of the gateway's own.
        for name in ["AUTHORIZATION", "API_TOKEN", "GITHUB_SECRET"] {
            assert_eq!(told(&tool(&url, &access, "variable", variable(name)).await), "not set", "{name}");
        }
        let pid = told(&tool(&url, &access, "pid", json!({})).await);
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        let environment = String::from_utf8_lossy(&environment).into_owned();
        assert!(environment.contains(&token) && !environment.contains(&access), "{environment}");
        assert!(!environment.contains(CLIENT_SECRET) && !environment.contains("ghr_"), "{environment}");
        seen.push((access, token, pid));
    }
    let [(first, token, pid), (second, other, other_pid)] = <[_; 2]>::try_from(seen).unwrap();
    assert!(token != other && pid != other_pid, "each person has a process and a token of their own");
    assert_eq!(told(&tool(&url, &first, "variable", variable("GITHUB_TOKEN")).await), token);
    assert_eq!(told(&tool(&url, &second, "variable", variable("GITHUB_TOKEN")).await), other);

    // Whoever signed in elsewhere has none, and no process is started for them.
    let access = connected(&gateway, &alice(), "/mcp").await;
    let refused = tool(&url, &access, "pid", json!({})).await;
    assert_eq!((refused.status.as_u16(), refused.header("www-authenticate")), (403, ""), "{}", refused.body);
    gateway.wait_for("credential_denied");
    assert!(!gateway.output().contains("ghu_") && !gateway.output().contains("ghr_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k08_k10_a_program_ends_with_the_grant_that_its_token_came_from() {
    let github = GithubServer::start().await;
    let gateway = gateway_before_programs(&github);
    let url = gateway.url("/mcp");
    let client = Client::register(&gateway).await;
    let tokens = client.connect(&octocat()).await;
    let pid = told(&tool(&url, &tokens.access, "pid", json!({})).await);
    let lives = || std::path::Path::new(&format!("/proc/{pid}")).exists();
    assert!(lives());
    client.revoke(&tokens.refresh).await;
    assert_eq!(tool(&url, &tokens.access, "pid", json!({})).await.status, 401);
    until("the process is gone", async || !lives()).await;

    // A new grant has a process of its own, with the token of the new sign-in.
    let again = client.connect(&octocat()).await;
    assert_ne!(told(&tool(&url, &again.access, "pid", json!({})).await), pid);
    let token = told(&tool(&url, &again.access, "variable", json!({ "name": "GITHUB_TOKEN" })).await);
    assert!(token.starts_with("gh"), "{token}");
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
