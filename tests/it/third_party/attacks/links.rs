//! Links that somebody else began (I03, I04, I12, I13, I15).

use test_support::{
    github::{CLIENT_ID, CLIENT_SECRET, GithubServer},
    upstream::RecordingUpstream,
};

use super::{alice, echo};
use crate::{
    support::{Gateway, Person},
    third_party::{
        client::Client,
        github,
        stage::{LOCAL, configuration, setup},
    },
};

struct Stage {
    github: GithubServer,
    gateway: Gateway,
    client: Client,
    _upstream: RecordingUpstream,
}

impl Stage {
    async fn set() -> Self {
        let (github, upstream) = (GithubServer::start().await, echo().await);
        let providers = format!("{LOCAL}{}", github::provider(&github, "everybody = true"));
        let address = upstream.uri("/mcp").to_string();
        let gateway = setup()
            .file("github.secret", CLIENT_SECRET)
            .start(|listen| configuration(listen, &address, &providers, ""));
        let client = Client::register(&gateway).await;
        assert!(!CLIENT_ID.is_empty());
        Self { github, gateway, client, _upstream: upstream }
    }

    fn exchanges(&self) -> usize {
        self.github.requests().iter().filter(|it| *it == "POST /login/oauth/access_token").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i12_i15_what_one_browser_approved_another_cannot_finish() {
    let stage = Stage::set().await;
    let callback = stage.gateway.url("/callback/github");
    let mut attacker = github::octocat().stops_at(stage.github.url("/").as_str());
    let at_github = attacker.goes_to(&stage.client.asks().url).await;
    let link = at_github.address();
    assert!(link.contains("/login/oauth/authorize"), "{link}");

    // The victim is signed in at GitHub, and only has to follow the link.
    let victims = Person::new().follows_link("https://evil.example/", &link).await;
    assert!(victims.url.as_str().starts_with(&callback), "{}", victims.url);
    assert_eq!(victims.status, 403, "{}", victims.text());
    assert_eq!(stage.exchanges(), 0);

    // The other way round: what the attacker brought back from GitHub, in the victim's browser, who is on the way too.
    let mut victim = github::octocat().stops_at(stage.github.url("/").as_str());
    victim.goes_to(&stage.client.asks().url).await;
    let mut attacker = attacker.stops_at(&callback);
    let stolen = attacker.opens(&link).await.address();
    let refused = victim.clone().follows_link("https://evil.example/", &stolen).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(stage.exchanges(), 0);

    let own = attacker.stops_at(&stage.client.redirect_uri).opens(&stolen).await;
    assert!(own.parameter("code").is_some(), "the browser that began finishes: {}", own.url);
    assert_eq!(stage.exchanges(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_a_link_into_the_middle_works_in_its_own_browser_only() {
    let stage = Stage::set().await;
    let mut attacker = alice();
    let consent = attacker.opens(&stage.client.asks().url).await;
    assert_eq!(consent.status, 200);
    let sign_in = attacker.presses_only(&consent, "decision=provider:local").await;
    assert!(sign_in.url.path() == "/sign-in", "{}", sign_in.url);

    for page in [&consent, &sign_in] {
        let refused = Person::new().follows_link("https://evil.example/", &page.address()).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
        assert_eq!(refused.forms().len(), 0);
        let form = page.forms().remove(0);
        let refused = alice().sends(page, form).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
    }
    let end = attacker.stops_at(&stage.client.redirect_uri).goes_to(&sign_in.address()).await;
    assert!(end.parameter("code").is_some(), "{}", end.url);
}

#[tokio::test(flavor = "multi_thread")]
async fn i03_i04_a_decision_needs_the_page_of_this_transaction() {
    let stage = Stage::set().await;
    let mut person = alice().stops_at(&stage.client.redirect_uri);
    let page = person.opens(&stage.client.asks().url).await;
    let other = person.opens(&stage.client.asks().url).await;
    let form = page.forms().remove(0);
    let csrf = |page: &crate::support::Page| {
        page.forms()[0].fields.iter().find(|(name, _)| name == "csrf").unwrap().1.clone()
    };

    for forged in ["", "x", &csrf(&other)] {
        let mut form = form.clone();
        assert!(form.fill("csrf", forged));
        let refused = person.clone().sends(&page, form).await;
        assert_eq!(refused.status, 403, "csrf {forged:?}: {}", refused.text());
    }
    let mut foreign = page.clone();
    foreign.url = "https://evil.example/".parse().unwrap();
    let mut elsewhere = form.clone();
    elsewhere.action = stage.gateway.url("/consent");
    let refused = person.clone().sends(&foreign, elsewhere).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let mut by_get = form.clone();
    by_get.is_post = false;
    let refused = person.clone().sends(&page, by_get).await;
    assert!(
        !refused.url.path().starts_with("/sign-in") && refused.parameter("code").is_none(),
        "{}",
        refused.url
    );

    let sign_in = person.sends(&page, form).await;
    assert_eq!((sign_in.status.as_u16(), sign_in.url.path()), (200, "/sign-in"));
}
