//! Rules that shut somebody out who is signed in.

use std::collections::BTreeMap;

use oauth_client::{AllowRules, ProviderKind};
use serde_json::json;
use test_support::fake_http::Reply;

use super::world::*;

const PEOPLE: [&str; 4] = ["hub", "idp", "idp alone", "local"];

fn users(who: &str) -> AllowRules {
    AllowRules { users: [who.to_owned()].into(), ..AllowRules::default() }
}

/// What each of the ways to sign in calls the person.
fn rules(way: &str) -> AllowRules {
    users(match way {
        "hub" => "583231",
        "local" => "alice",
        _ => "alice@ok.example",
    })
}

/// A configuration with `rules` for everybody.
fn configure(world: &mut World, way: &str, rules: AllowRules) {
    world.setup.local = true;
    world.setup.local_rules = rules.clone();
    world.setup.rules = rules;
    // Cognito has a userinfo endpoint that nobody asks.
    world.reload(&["hub", "idp"], |it| {
        if way == "idp alone" && it.id.as_str() == "idp" {
            it.kind = ProviderKind::Cognito;
        }
    });
}

/// Signs in by `way`, and answers how that ended.
async fn sign_in(jar: &mut Jar<'_>, way: &str) -> Page {
    let provider = way.split(' ').next().unwrap();
    let page = jar.asked().await;
    let answer = jar.decide(&page, &format!("provider:{provider}")).await;
    if way == "hub" {
        return jar.back(&answer.location_url()).await;
    }
    if way == "local" {
        let page = jar.get(answer.location()).await;
        let (transaction, csrf) = (page.hidden("transaction"), page.hidden("csrf"));
        let fields =
            [("transaction", &*transaction), ("csrf", &*csrf), ("username", "alice"), ("password", PASSWORD)];
        return jar.post("/sign-in", &fields).await;
    }
    let away = answer.location_url();
    let nonce = away.query_pairs().find(|it| it.0 == "nonce").unwrap().1.into_owned();
    let now = NOW.as_seconds();
    let claims = json!({
        "iss": IDP, "sub": "alice-1", "aud": "gateway-1", "iat": now, "exp": now + 300, "nonce": nonce,
        "email": "alice@ok.example", "email_verified": true,
    });
    let token = json!({
        "access_token": "access-1", "token_type": "Bearer", "expires_in": 3600,
        "id_token": id_token(&claims, "good"),
    });
    jar.world.http.set(IDP_TOKEN, Reply::json(&token));
    jar.get(&callback(&away, &[("code", "code-1"), ("iss", IDP)])).await
}

/// Signs in, then loads a configuration with `later`; the cookies of the browser.
async fn signed_in_before(world: &mut World, way: &str, later: AllowRules) -> BTreeMap<String, String> {
    configure(world, way, rules(way));
    let mut jar = world.jar();
    assert!(sign_in(&mut jar, way).await.answered("code").is_some(), "{way}");
    let cookies = jar.cookies;
    configure(world, way, later);
    cookies
}

/// Whether the client gets a code; otherwise the person is asked again, without the account.
fn brings_code(answer: &Page) -> bool {
    answer.location().starts_with(REDIRECT) && answer.answered("code").is_some()
}

#[tokio::test]
async fn g38_k05_whom_the_rules_shut_out_approves_nothing_new_with_an_old_session() {
    for way in PEOPLE {
        for (later, lives) in [(rules(way), true), (users("other@ok.example"), false)] {
            let mut world = World::new().await;
            let cookies = signed_in_before(&mut world, way, later).await;
            let asked = world.http.requests().len();
            let mut jar = Jar { cookies, ..world.jar() };
            let page = jar.asked().await;
            let shown = page.body.contains("value=\"signed-in\"");
            assert_eq!(shown, lives, "{way}: {page:?}");
            let answer = jar.decide(&page, "signed-in").await;
            assert_eq!(brings_code(&answer), lives, "{way}: {answer:?}");
            let account = jar.get("/account").await;
            assert_eq!(account.status == 200, lives, "{way}: {account:?}");
            assert_eq!(world.http.requests().len(), asked, "nobody is asked for that");
        }
    }
}

#[tokio::test]
async fn g38_k05_a_page_from_before_the_change_approves_nothing_after_it() {
    for way in PEOPLE {
        for (later, lives) in [(rules(way), true), (users("other@ok.example"), false)] {
            let mut world = World::new().await;
            let cookies = signed_in_before(&mut world, way, rules(way)).await;
            let mut jar = Jar { cookies, ..world.jar() };
            let page = jar.asked().await;
            let cookies = jar.cookies;
            configure(&mut world, way, later);
            let mut jar = Jar { cookies, ..world.jar() };
            let answer = jar.decide(&page, "signed-in").await;
            assert_eq!(brings_code(&answer), lives, "{way}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn g38_k05_who_confirms_a_second_time_is_judged_by_the_rules_of_then() {
    for (later, lives) in [(rules("hub"), true), (users("other@ok.example"), false)] {
        let mut world = World::new().await;
        configure(&mut world, "hub", everybody());
        let mut jar = world.jar();
        // The page then shows somebody else than who signs in.
        assert!(sign_in(&mut jar, "local").await.answered("code").is_some());
        let question = sign_in(&mut jar, "hub").await;
        let question = jar.get(question.location()).await;
        let cookies = jar.cookies;
        configure(&mut world, "hub", later);
        let mut jar = Jar { cookies, ..world.jar() };
        let answer = jar.decide(&question, "signed-in").await;
        if lives {
            assert!(answer.answered("code").is_some());
        } else {
            answer.expect(403, "You have no access to this server");
        }
    }
}
