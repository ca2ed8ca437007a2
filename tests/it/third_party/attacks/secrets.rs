//! Where secrets may not be found: in no log, at no level, and not in the database (L12, M01, M07).

mod machines;

use std::collections::BTreeSet;

use http::Request;
use serde_json::json;
use test_support::{
    github::{CLIENT_SECRET, GithubServer},
    issuer::TestKey,
};
use url::form_urlencoded;

use self::machines::Machines;
use super::{LOCAL, alice, dpop::fresh, echo};
use crate::{
    support::{Gateway, Page, Person, call, tool_call},
    third_party::{
        client::{Client, TokenAnswer, Tokens, post_form, register},
        connect, github,
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

    fn add_signed(&mut self, what: &'static str, token: &str) {
        // The head of a signed token is the same for all, and no secret.
        let (_, rest) = token.split_once('.').unwrap_or_else(|| panic!("{what} is not signed: {token}"));
        self.add(what, rest);
    }

    fn add_tokens(&mut self, tokens: &Tokens) {
        self.add_signed("access token", &tokens.access);
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
    let (address, machines) = (upstream.uri("/mcp").to_string(), Machines::new());
    let github = github::provider(&github, "everybody = true").replace("allow =", "connect = true\nallow =");
    let mut gateway = machines.known_to(setup()).file("github.secret", CLIENT_SECRET).start(|listen| {
        let sections = Machines::sections(listen, &address);
        let all = format!("{LOCAL}{github}{sections}[log]\nlevel = \"trace\"\n");
        configuration(listen, &address, &all, "")
    });
    let mut secrets = live_through(&gateway).await;
    connect_an_account(&gateway, &mut secrets).await;
    push_and_prove_a_key(&gateway, &mut secrets).await;
    machines.live_through(&gateway, &mut secrets).await;
    let kinds: BTreeSet<_> = secrets.0.iter().map(|(what, _)| *what).collect();
    assert!(secrets.0.len() > 40 && kinds.len() >= 20, "there is something to look for: {kinds:?}");

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

/// An account at GitHub, connected to a local one; what GitHub gives begins in a way that is found anywhere.
async fn connect_an_account(gateway: &Gateway, secrets: &mut Secrets) {
    let client = Client::register(gateway).await;
    let tokens = client.connect(&alice()).await;
    secrets.add_tokens(&tokens);
    let link = connect::link(gateway, &tokens.access);
    let mut person = alice().presses("decision=connect");
    let page = person.goes_to(&link).await;
    assert!(page.text().contains("Accounts that you have connected"), "{}", page.text());
    secrets.add_forms(&page);
    for cookie in person.cookie_values() {
        secrets.add("cookie", &cookie);
    }
}

/// A client that registers with a secret, pushes its request, and binds its tokens to a key.
async fn push_and_prove_a_key(gateway: &Gateway, secrets: &mut Secrets) {
    let metadata = json!({
        "client_name": "Confidential",
        "redirect_uris": ["http://127.0.0.1:1/callback"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let registered = register(gateway, &metadata).await.json();
    let text = |name: &str| registered[name].as_str().unwrap_or_else(|| panic!("{registered}")).to_owned();
    let (id, secret, management) =
        (text("client_id"), text("client_secret"), text("registration_access_token"));
    secrets.add("secret of a registered client", &secret);
    secrets.add("registration access token", &management);
    let request = Request::get(gateway.url(&format!("/register/{id}")));
    let request = request.header("authorization", format!("Bearer {management}"));
    assert_eq!(call(request.body(String::new()).unwrap()).await.status, 200);

    let client = Client::published(gateway, &id);
    let asked = client.asks();
    let query = asked.url.split_once('?').unwrap().1;
    let mut pushed: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pushed.push(("client_secret".to_owned(), secret.clone()));
    let pushed: Vec<_> = pushed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = post_form(&gateway.url("/par"), &pushed).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let name = answer.json()["request_uri"].as_str().unwrap().to_owned();
    secrets.add("name of a pushed request", name.rsplit(':').next().unwrap());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", &*id), ("request_uri", &*name)])
        .finish();
    let mut person: Person = alice().stops_at(&client.redirect_uri);
    let code = asked.code_in(&person.goes_to(&gateway.url(&format!("/authorize?{query}"))).await);
    secrets.add("code", &code);

    let proof = fresh(&TestKey::generate("ES256", "client"), &gateway.url("/token")).sign();
    secrets.add_signed("DPoP proof", &proof);
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("grant_type", "authorization_code"), ("client_id", &id), ("client_secret", &secret)])
        .extend_pairs([("code", &*code), ("code_verifier", &asked.verifier)])
        .append_pair("redirect_uri", &client.redirect_uri)
        .finish();
    let request = Request::post(gateway.url("/token")).header("dpop", proof);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let tokens = call(request.body(form).unwrap()).await.tokens();
    assert_eq!(tokens.whole["token_type"], "DPoP");
    secrets.add_tokens(&tokens);
}
