//! Rules about groups, where the gateway signs people in.

use std::{fs, process::Command};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use test_support::{
    github::{CLIENT_SECRET, GithubServer, Membership},
    upstream::RecordingUpstream,
};

use super::{
    attacks::{echo, until},
    client::{Client, TokenAnswer, Tokens},
    github::{octocat, provider},
    stage::{LOCAL, alice, configuration, corp, corp_alice, corp_person, setup},
};
use crate::support::{Gateway, Part, call, get, message};

/// A gateway whose server lets only some use the tool `delete`.
fn gateway(upstream: &RecordingUpstream, providers: &str, only: &str) -> Gateway {
    let upstream = upstream.uri("/mcp").to_string();
    let sections = format!("{providers}{}", rule(only));
    setup()
        .file("github.secret", CLIENT_SECRET)
        .start(move |listen| configuration(listen, &upstream, &sections, ""))
}

fn rule(only: &str) -> String {
    format!("[[server.rule]]\ntools = [\"delete\"]\nallow = {{ claims = {{ {only} }} }}\n")
}

/// What calls of the tools `delete` and `read` come to.
async fn calls(gateway: &Gateway, path: &str, tokens: &Tokens) -> (u16, u16) {
    let call = async |tool: &str| {
        let accept = "application/json, text/event-stream";
        let request =
            message(&gateway.url(path), &tokens.access, accept, "tools/call", json!({ "name": tool }));
        call(request).await.status.as_u16()
    };
    (call("delete").await, call("read").await)
}

fn claim(tokens: &Tokens, name: &str) -> Value {
    let payload = tokens.access.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims[name].clone()
}

/// By the next reload, after which everybody is asked about anew.
fn reload(gateway: &Gateway, times: usize) {
    gateway.signal("HUP");
    gateway.wait_for_times("the configuration was reloaded", times);
}

const BOTH: (u16, u16) = (200, 200);
const READ_ONLY: (u16, u16) = (403, 200);

/// A real OpenID provider tells the groups; whoever leaves one may do no more what was for it, and stays connected.
#[tokio::test(flavor = "multi_thread")]
async fn k05_j11_only_whom_the_provider_of_a_rule_puts_into_its_group_may_use_the_tool() {
    let (upstream, mut third_party) = (echo().await, Part::start("third-party.mjs", &[]));
    let everybody = corp(third_party.origin()).replace("groups = [\"staff\"] }", "everybody = true }");
    let local = LOCAL.replace("name = \"Alice Liddell\"", "name = \"Alice Liddell\"\ngroups = [\"staff\"]");
    let gateway = gateway(&upstream, &format!("{local}{everybody}"), r#"groups = ["corp:staff"]"#);
    let client = Client::register(&gateway).await;

    let tokens = client.connect(&corp_alice()).await;
    assert_eq!((claim(&tokens, "groups"), &tokens.whole["expires_in"]), (json!(["corp:staff"]), &json!(420)));
    assert_eq!(calls(&gateway, "/mcp", &tokens).await, BOTH);
    let bob = client.connect(&corp_person("bob", "builder")).await;
    assert_eq!((claim(&bob, "groups"), &bob.whole["expires_in"]), (Value::Null, &json!(3600)));
    assert_eq!(calls(&gateway, "/mcp", &bob).await, READ_ONLY);
    // A group of the same name, of another provider.
    let local = client.connect(&alice()).await;
    assert_eq!((claim(&local, "groups"), calls(&gateway, "/mcp", &local).await), (Value::Null, READ_ONLY));

    third_party.tell("groups alice visitors");
    let statistics = third_party.url("/statistics");
    until("the groups have changed", async || get(&statistics).await.json()["changes"] == 1).await;
    reload(&gateway, 1);
    let tokens = client.refresh(&tokens.refresh).await.tokens();
    assert_eq!((claim(&tokens, "groups"), calls(&gateway, "/mcp", &tokens).await), (Value::Null, READ_ONLY));
    third_party.tell("groups alice staff visitors");
    until("they have changed again", async || get(&statistics).await.json()["changes"] == 2).await;
    reload(&gateway, 2);
    let tokens = client.refresh(&tokens.refresh).await.tokens();
    assert_eq!(
        (claim(&tokens, "groups"), calls(&gateway, "/mcp", &tokens).await),
        (json!(["corp:staff"]), BOTH)
    );
}

/// Nothing that a client or a browser sends makes somebody a member.
#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_a_request_names_is_none_of_the_person() {
    let upstream = echo().await;
    let gateway = gateway(&upstream, LOCAL, r#"groups = ["local:admins"]"#);
    let client = Client::register(&gateway).await;
    let wish = r#"{"access_token":{"groups":{"value":"local:admins"}}}"#;
    let asked = client.asks_for(&[("claims", wish)]);
    let page = alice().stops_at(&client.redirect_uri).goes_to(&asked.url).await;
    assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"), "{}", page.url);

    let asked = client.asks_for(&[("groups", "local:admins"), ("groups[]", "local:admins")]);
    let code = client.code(&alice(), &asked).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", &client.id),
        ("code", &code),
        ("code_verifier", &asked.verifier),
        ("redirect_uri", &client.redirect_uri),
        ("claims", wish),
        ("groups", "local:admins"),
    ];
    let tokens = client.token(&form).await.tokens();
    assert_eq!((claim(&tokens, "groups"), calls(&gateway, "/mcp", &tokens).await), (Value::Null, READ_ONLY));
}

/// What the configuration decides can be asked beforehand, with the values that tokens have.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_explained_whom_a_rule_about_a_group_lets_in() {
    let upstream = echo().await;
    let gateway = gateway(&upstream, LOCAL, r#"groups = ["local:admins"]"#);
    for (claims, expected) in [
        (r#"{"groups":["local:admins"]}"#, "allowed: tools/call delete at /mcp\n"),
        (r#"{"groups":["admins","corp:admins"]}"#, "denied: tools/call delete at /mcp\n"),
        ("{}", "denied: "),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"))
            .args([
                "check",
                "--explain",
                "tools/call delete",
                "--scopes",
                "mcp",
                "--claims",
                claims,
                "--config",
            ])
            .arg(gateway.path("gateway.toml"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.starts_with(expected), "{claims}: {text}");
        assert!(text.contains(r#"claims = { "groups" = ["local:admins"] }"#), "{text}");
    }
}

/// Each token says what is asked of it where it is good, by the accounts and the rules of the last reload.
#[tokio::test(flavor = "multi_thread")]
async fn o06_groups_of_accounts_are_said_where_rules_name_them_and_as_the_file_has_them() {
    let upstream = echo().await;
    let search = format!(
        "{}[[server]]\npath = \"/search\"\nupstream = {{ http = \"{}\" }}\nscopes = [\"mcp\"]\n{}",
        rule(r#"groups = ["local:admins"]"#),
        upstream.uri("/mcp"),
        rule(r#"groups = ["local:staff", "local:none"]"#)
    );
    let account = |groups: &str| {
        LOCAL.replace("name = \"Alice Liddell\"", &format!("name = \"Alice Liddell\"\ngroups = [{groups}]"))
    };
    let (before, address) = (r#""staff", "admins", "board""#, upstream.uri("/mcp").to_string());
    let gateway =
        setup().start(|listen| configuration(listen, &address, &format!("{}{search}", account(before)), ""));
    let client = Client::register(&gateway).await;
    let connect = async |path: &str| {
        let asked = client.asks_for(&[("resource", &gateway.url(path))]);
        let code = client.code(&alice(), &asked).await;
        client.redeem(&code, &asked.verifier).await.tokens()
    };
    let (mcp, other) = (connect("/mcp").await, connect("/search").await);
    assert_eq!((claim(&mcp, "groups"), calls(&gateway, "/mcp", &mcp).await), (json!(["local:admins"]), BOTH));
    assert_eq!(claim(&other, "groups"), json!(["local:staff"]));
    assert_eq!(calls(&gateway, "/search", &other).await, BOTH);

    let file = fs::read_to_string(gateway.path("gateway.toml")).unwrap();
    gateway.rewrite("gateway.toml", &file.replace(before, r#""staff""#));
    gateway.wait_for("the configuration was reloaded");
    let mcp = client.refresh(&mcp.refresh).await.tokens();
    let other = client.refresh(&other.refresh).await.tokens();
    assert_eq!((claim(&mcp, "groups"), calls(&gateway, "/mcp", &mcp).await), (Value::Null, READ_ONLY));
    assert_eq!(calls(&gateway, "/search", &other).await, BOTH);
}

/// A rule that comes by a reload asks GitHub for what nobody was asked before.
#[tokio::test(flavor = "multi_thread")]
async fn k05_j14_an_organisation_of_github_lets_its_members_use_the_tool() {
    let (github, upstream) = (GithubServer::start().await, echo().await);
    let acme = Membership { id: 9919, login: "Acme".to_owned(), active: true };
    github.change(583_231, |it| {
        it.organizations = vec![acme.clone()];
        it.teams = vec![(7, "ops".to_owned(), 9919, "Acme".to_owned())];
    });
    let rules = |organization: &str| {
        format!("organizations = [\"{organization}\", \"github:other\"], teams = \"github:acme/ops\"")
    };
    let gateway = gateway(&upstream, &provider(&github, "everybody = true"), r#"client_id = "x""#);
    let client = Client::register(&gateway).await;
    let earlier = client.connect(&octocat()).await;
    assert_eq!(calls(&gateway, "/mcp", &earlier).await, READ_ONLY);
    let file = fs::read_to_string(gateway.path("gateway.toml")).unwrap();
    gateway.rewrite("gateway.toml", &file.replace(r#"client_id = "x" }"#, &(rules("github:acme") + " }")));
    gateway.wait_for("the configuration was reloaded");

    // Whoever signed in before was not asked for the scope, and stays connected without the group.
    let earlier = client.refresh(&earlier.refresh).await.tokens();
    assert_eq!(
        (claim(&earlier, "organizations"), calls(&gateway, "/mcp", &earlier).await),
        (Value::Null, READ_ONLY)
    );
    let tokens = client.connect(&octocat()).await;
    assert_eq!(claim(&tokens, "organizations"), json!(["github:acme"]));
    assert_eq!(
        (claim(&tokens, "teams"), claim(&tokens, "groups")),
        (json!(["github:acme/ops"]), Value::Null)
    );
    assert_eq!(calls(&gateway, "/mcp", &tokens).await, BOTH);

    github.change(583_231, |it| it.organizations.clear());
    reload(&gateway, 2);
    let tokens = client.refresh(&tokens.refresh).await.tokens();
    assert_eq!((claim(&tokens, "organizations"), claim(&tokens, "teams")), (Value::Null, Value::Null));
    assert_eq!(calls(&gateway, "/mcp", &tokens).await, READ_ONLY);
}
