//! Where secrets may not be found: in no log, at no level, and not in the database (L12, M01, M07).

use test_support::github::{CLIENT_SECRET, GithubServer};

use super::{LOCAL, alice, echo};
use crate::{
    support::{Gateway, Page, call, tool_call},
    third_party::{
        client::{Client, TokenAnswer, Tokens},
        github,
        stage::{MASTER_KEY, PASSWORD, configuration, setup},
    },
};

/// What must be found nowhere, with what it is.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, text: &str) {
        // Of a signed token each part is a secret, of a long text its beginning is enough to find it.
        for part in text.split('.').filter(|it| it.len() >= 12) {
            self.0.push((what, part.chars().take(32).collect()));
        }
    }

    fn add_tokens(&mut self, tokens: &Tokens) {
        // The head of a signed token is the same for all, and no secret.
        let (_, rest) = tokens.access.split_once('.').unwrap_or(("", &tokens.access));
        self.add("access token", rest);
        self.add("refresh token", &tokens.refresh);
    }

    fn add_forms(&mut self, page: &Page) {
        for (name, value) in page.forms().iter().flat_map(|it| &it.fields) {
            if name == "csrf" {
                self.add("csrf token", value);
            }
        }
    }

    #[track_caller]
    fn assert_absent(&self, place: &str, content: &[u8]) {
        for (what, text) in &self.0 {
            let found = content.windows(text.len()).any(|it| it == text.as_bytes());
            assert!(!found, "{what} {text:?} in the {place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m01_m07_l12_no_secret_is_logged_or_stored_in_the_clear() {
    let (github, upstream) = (GithubServer::start().await, echo().await);
    github.expire_tokens();
    let providers =
        format!("{LOCAL}{}[log]\nlevel = \"trace\"\n", github::provider(&github, "everybody = true"));
    let address = upstream.uri("/mcp").to_string();
    let mut gateway = setup()
        .file("github.secret", CLIENT_SECRET)
        .start(|listen| configuration(listen, &address, &providers, ""));
    let secrets = live_through(&gateway).await;
    assert!(secrets.0.len() > 12, "there is something to look for: {:?}", secrets.0);

    gateway.signal("TERM");
    gateway.wait();
    let log = gateway.output();
    assert!(log.contains("/authorize") && log.contains("/callback/{provider}"), "the log tells of it: {log}");
    secrets.assert_absent("log", log.as_bytes());
    for token in ["gho_", "ghu_", "ghr_", "?code=", "&code=", "state="] {
        assert!(!log.contains(token), "{token} in the log: {log}");
    }
    let stored = std::fs::read(gateway.path("state.redb")).unwrap();
    assert!(stored.windows(8).any(|it| it == b"octocat\"") || stored.len() > 4096, "something is stored");
    secrets.assert_absent("database", &stored);
    for token in ["ghu_", "ghr_"] {
        assert!(!stored.windows(4).any(|it| it == token.as_bytes()), "{token} in the database");
    }
}

/// Sign-in by password and at GitHub, calls, refresh, reuse, failures; gives every secret that had a part in it.
async fn live_through(gateway: &Gateway) -> Secrets {
    let mut secrets = Secrets::default();
    secrets.add("password", PASSWORD);
    secrets.add("client secret", CLIENT_SECRET);
    secrets.add("master key", MASTER_KEY);
    let client = Client::register(gateway).await;
    for person in [alice(), github::octocat()] {
        let mut person = person.stops_at(&client.redirect_uri);
        let asked = client.asks_for(&[("login_hint", "canary-of-the-login-hint")]);
        secrets.add("verifier", &asked.verifier);
        secrets.add_forms(&person.opens(&asked.url).await);
        let code = asked.code_in(&person.goes_to(&asked.url).await);
        secrets.add("code", &code);
        let tokens = client.redeem(&code, &asked.verifier).await.tokens();
        let refreshed = client.refresh(&tokens.refresh).await.tokens();
        let newest = client.refresh(&refreshed.refresh).await.tokens();
        for tokens in [&tokens, &refreshed, &newest] {
            secrets.add_tokens(tokens);
            call(tool_call(&gateway.url("/mcp"), Some(&tokens.access))).await;
        }
        let account = person.goes_to(&gateway.url("/account")).await;
        secrets.add_forms(&account);
        assert_eq!(client.refresh(&tokens.refresh).await.status, 400, "reuse");
        assert_eq!(client.redeem(&code, &asked.verifier).await.status, 400, "replay");
        for cookie in person.cookie_values() {
            secrets.add("cookie", &cookie);
        }
    }
    secrets.add("login hint", "canary-of-the-login-hint");
    secrets
}
