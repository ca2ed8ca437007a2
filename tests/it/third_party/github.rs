//! Sign-in at a server like GitHub: opaque tokens, answers with status 200 whatever happens, organisations.

use serde_json::json;
use test_support::{
    github::{CLIENT_ID, CLIENT_SECRET, GithubServer, MOST_TOKENS, Membership, Mood},
    upstream::{Answer, Recorded, RecordingUpstream},
};

use super::{
    attacks::until,
    client::{Client, TokenAnswer},
    stage::{configuration, setup},
};
use crate::support::{Gateway, Person, call, tool_call};

const OCTOCAT: u64 = 583_231;

/// The section of the provider, with its rule of who may come in.
pub(super) fn provider(github: &GithubServer, allow: &str) -> String {
    format!(
        r#"
[[third_party.provider]]
id = "github"
preset = "github"
client_id = "{CLIENT_ID}"
client_secret = {{ file = "github.secret" }}
allow = {{ {allow} }}
[third_party.provider.endpoints]
authorization = "{}"
token = "{}"
userinfo = "{}"
"#,
        github.url("/login/oauth/authorize"),
        github.url("/login/oauth/access_token"),
        github.url("/user"),
    )
}

fn gateway(github: &GithubServer, upstream: &RecordingUpstream, allow: &str) -> Gateway {
    let (provider, upstream) = (provider(github, allow), upstream.uri("/mcp").to_string());
    setup()
        .file("github.secret", CLIENT_SECRET)
        .start(move |listen| configuration(listen, &upstream, &provider, ""))
}

async fn echo() -> RecordingUpstream {
    RecordingUpstream::start(|_: &Recorded| Answer::json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).await
}

/// Somebody who is signed in at GitHub.
pub(super) fn octocat() -> Person {
    Person::new().presses("decision=signed-in").presses("decision=provider:github")
}

fn join(github: &GithubServer, active: bool) {
    let membership = Membership { id: 9919, login: "github".to_owned(), active };
    github.change(OCTOCAT, |it| it.organizations = vec![membership]);
}

#[tokio::test(flavor = "multi_thread")]
async fn j14_a_member_of_the_organisation_comes_in_and_nobody_else() {
    let (github, upstream) = (GithubServer::start().await, echo().await);
    let gateway = gateway(&github, &upstream, r#"organizations = ["9919"]"#);
    let client = Client::register(&gateway).await;
    let refused = async || {
        let page = octocat().stops_at(&client.redirect_uri).goes_to(&client.asks().url).await;
        assert!(page.url.as_str().starts_with(&gateway.url("/callback/github")), "{}", page.url);
        assert_eq!(page.status, 403, "{}", page.text());
    };

    refused().await;
    join(&github, false);
    refused().await;
    join(&github, true);
    let tokens = client.connect(&octocat()).await;
    let url = gateway.url("/mcp");
    assert_eq!(call(tool_call(&url, Some(&tokens.access))).await.status, 200);
    github.set_api_mood(Mood::Down);
    let page = octocat().stops_at(&client.redirect_uri).goes_to(&client.asks().url).await;
    assert!(page.status.is_server_error(), "{}: {}", page.status, page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn i20_whoever_denies_is_sent_back_and_github_is_not_asked() {
    let (github, upstream) = (GithubServer::start().await, echo().await);
    let gateway = gateway(&github, &upstream, "everybody = true");
    let client = Client::register(&gateway).await;
    let deny = Person::new().presses("decision=deny").stops_at(&client.redirect_uri);
    let page = deny.clone().goes_to(&client.asks().url).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(page.parameter("iss").as_deref(), Some(gateway.origin()));
    assert_eq!(github.requests(), [""; 0]);

    github.deny();
    let page = octocat().stops_at(&client.redirect_uri).goes_to(&client.asks().url).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"), "{}: {}", page.url, page.text());
    assert!(!page.url.as_str().contains("<b>") && !page.url.as_str().contains("%3Cb%3E"), "{}", page.url);
}

/// GitHub ends the oldest of more than ten tokens; all connections of a person rest on the newest one.
#[tokio::test(flavor = "multi_thread")]
async fn more_clients_than_github_gives_tokens_for_stay_connected() {
    let (github, upstream) = (GithubServer::start().await, echo().await);
    join(&github, true);
    let gateway = gateway(&github, &upstream, r#"organizations = ["9919"]"#);
    let mut connected = Vec::new();
    for number in 0..MOST_TOKENS + 3 {
        let client =
            Client::register_as(&gateway, json!({ "client_name": format!("Client {number}") })).await;
        let tokens = client.connect(&octocat()).await;
        connected.push((client, tokens));
    }
    assert_eq!(github.tokens_of(OCTOCAT), (MOST_TOKENS, MOST_TOKENS + 3), "the oldest are dead");

    // After a reload everybody is asked about again, with the token that is kept.
    gateway.signal("HUP");
    gateway.wait_for("the configuration was reloaded");
    let asked_before = github.requests().len();
    for (client, tokens) in &mut connected {
        *tokens = client.refresh(&tokens.refresh).await.tokens();
        assert_eq!(call(tool_call(&gateway.url("/mcp"), Some(&tokens.access))).await.status, 200);
    }
    assert!(github.requests().len() > asked_before, "GitHub was asked");

    // And it does know one that is dead.
    github.revoke(OCTOCAT);
    gateway.rewrite("gateway.toml", &(std::fs::read_to_string(gateway.path("gateway.toml")).unwrap() + "\n"));
    let (first, tokens) = &mut connected[0];
    until("GitHub is asked again", async || {
        let answer = first.refresh(&tokens.refresh).await;
        if answer.status == 200 {
            *tokens = answer.tokens();
        }
        answer.status == 400
    })
    .await;
    for (client, tokens) in &connected {
        assert_eq!(client.refresh(&tokens.refresh).await.refusal(), (400, "invalid_grant".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g37_e01_no_token_of_github_reaches_client_or_upstream() {
    let (github, upstream) = (GithubServer::start().await, echo().await);
    github.expire_tokens();
    let gateway = gateway(&github, &upstream, "everybody = true");
    let client = Client::register(&gateway).await;
    let asked = client.asks();
    let code = client.code(&octocat(), &asked).await;
    let answer = client.redeem(&code, &asked.verifier).await;
    assert!(!answer.body.contains("ghu_") && !answer.body.contains("ghr_"), "{}", answer.body);
    let tokens = answer.tokens();
    assert_eq!(tokens.whole["token_type"], json!("Bearer"));
    assert_eq!(call(tool_call(&gateway.url("/mcp"), Some(&tokens.access))).await.status, 200);
    let seen = format!("{:?}", upstream.request());
    assert!(!seen.contains("ghu_") && !seen.contains(&tokens.access), "{seen}");
}
