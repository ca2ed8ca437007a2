//! Accounts at further third parties, and what somebody gains who sends another person the link: nothing.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use token_manager::SessionKey;

use super::world::*;

const OTHER: &str = "This link was made for somebody else";

/// What an MCP server makes of the `sub` of a token.
fn link(subject: &str) -> String {
    let digest = digest::digest(&digest::SHA256, subject.as_bytes());
    format!("/connect/hub?subject={}", URL_SAFE_NO_PAD.encode(digest))
}

async fn world() -> World {
    World::with(|it| {
        it.local = true;
        it.local_rules = everybody();
    })
    .await
}

/// Signs in on the page where the browser is; where that leads.
async fn types(jar: &mut Jar<'_>, consent: &str, username: &str) -> String {
    let page = jar.get(consent).await;
    let answer = jar.decide(&page, "provider:local").await;
    let page = jar.get(answer.location()).await;
    let (transaction, csrf) = (page.hidden("transaction"), page.hidden("csrf"));
    let fields =
        [("transaction", &*transaction), ("csrf", &*csrf), ("username", username), ("password", PASSWORD)];
    jar.post("/sign-in", &fields).await.location().to_owned()
}

async fn sign_in(jar: &mut Jar<'_>, username: &str) {
    let begun = jar.get("/account").await;
    assert_eq!(types(jar, begun.location(), username).await, "/account");
}

async fn press(jar: &mut Jar<'_>, page: &Page) -> Page {
    let (csrf, subject) = (page.hidden("csrf"), page.hidden("subject"));
    jar.post("/connect/hub", &[("csrf", &csrf), ("subject", &subject), ("decision", "connect")]).await
}

/// The names under which connected accounts are kept.
async fn kept(world: &World) -> Vec<SessionKey> {
    let all = world.tokens.beginning_with(b"").await.unwrap();
    all.into_iter().filter(|it| it.as_bytes().contains(&b'+')).collect()
}

#[tokio::test]
async fn x12_a_person_connects_a_further_account_sees_it_and_takes_it_away() {
    let world = world().await;
    let mut jar = world.jar();
    // The link first: whoever is not signed in signs in, and comes to the page.
    let begun = jar.get(&link("local:alice")).await;
    let page_of = types(&mut jar, begun.location(), "alice").await;
    assert_eq!(page_of, link("local:alice"));
    let session = jar.session().map(str::to_owned);
    let page = jar.get(&page_of).await;
    page.expect(200, "Connect your account at <bdi>The hub</bdi>?");
    assert!(page.body.contains("Alice Local") && world.http.requests().is_empty());

    let away = press(&mut jar, &page).await.location_url();
    assert_eq!(away.host_str(), Some("hub.example"));
    assert_eq!(jar.back(&away).await.location(), "/account");
    assert_eq!(jar.session().map(str::to_owned), session, "nobody is signed in by it");
    let account = jar.get("/account").await;
    account.expect(200, "disconnect:hub");
    assert!(account.body.contains("Person 583231") && account.body.contains("Alice Local"), "{account:?}");
    let [key] = kept(&world).await.try_into().unwrap();
    assert_eq!(world.tokens.access_token(&key).await.unwrap().expose(), "gho_583231");

    // Once more, with another account of theirs: there is one for each third party.
    world.answers(2);
    let page = jar.get(&page_of).await;
    let away = press(&mut jar, &page).await.location_url();
    jar.back(&away).await;
    assert_eq!(world.tokens.access_token(&key).await.unwrap().expose(), "gho_2");
    assert_eq!(kept(&world).await, [key]);

    let account = jar.get("/account").await;
    let csrf = account.hidden("csrf");
    let forged = jar.post("/account", &[("csrf", "forged"), ("action", "disconnect:hub")]).await;
    forged.expect(403, "This form was not sent from our page");
    let away = jar.post("/account", &[("csrf", &csrf), ("action", "disconnect:hub")]).await;
    away.expect(200, "is not used any more");
    assert!(!away.body.contains("disconnect:hub") && kept(&world).await.is_empty());
}

#[tokio::test]
async fn x12_whoever_sends_the_link_to_somebody_else_gains_nothing() {
    let world = world().await;
    let (mut alice, mut mallory) = (world.jar(), world.jar());
    sign_in(&mut alice, "alice").await;
    sign_in(&mut mallory, "mallory").await;

    // The attacker's own link, which the attacker's own app made.
    alice.get(&link("local:mallory")).await.expect(403, OTHER);
    let page = mallory.get(&link("local:mallory")).await;
    let subject = page.hidden("subject");
    let (account, csrf) = (alice.get("/account").await, page.hidden("csrf"));
    for csrf in [csrf, account.hidden("csrf")] {
        let fields = [("csrf", &*csrf), ("subject", &*subject), ("decision", "connect")];
        assert_eq!(alice.post("/connect/hub", &fields).await.status, 403);
    }
    // Somebody who is not signed in signs in as themselves, and learns the same.
    let mut fresh = world.jar();
    let begun = fresh.get(&link("local:mallory")).await;
    let led = types(&mut fresh, begun.location(), "alice").await;
    fresh.get(&led).await.expect(403, OTHER);
    assert!(world.http.requests().is_empty() && kept(&world).await.is_empty());

    // A link with the victim's subject in it, made up by the attacker: the victim's account stays the victim's.
    let page = alice.get(&link("local:alice")).await;
    let away = press(&mut alice, &page).await.location_url();
    assert_eq!(alice.back(&away).await.location(), "/account");
    assert!(alice.get("/account").await.body.contains("disconnect:hub"));
    assert!(!mallory.get("/account").await.body.contains("disconnect:hub"));
}

/// Login CSRF: the victim is not to have the attacker's account connected, nor the attacker the victim's.
#[tokio::test]
async fn x12_j02_an_answer_of_another_browser_connects_nothing() {
    let world = world().await;
    let (mut alice, mut mallory) = (world.jar(), world.jar());
    sign_in(&mut alice, "alice").await;
    sign_in(&mut mallory, "mallory").await;
    let page = mallory.get(&link("local:mallory")).await;
    let away = press(&mut mallory, &page).await.location_url();
    alice.back(&away).await.expect(403, "This sign-in cannot go on");
    assert_eq!((world.exchanges(), kept(&world).await.len()), (0, 0));
    // At the callback of another third party, and twice (mix-up, replay).
    let mixed = callback(&away, &[("code", "code-1")]).replace("/callback/hub", "/callback/idp");
    mallory.get(&mixed).await.expect(400, "The sign-in did not work");
    assert_eq!(mallory.back(&away).await.location(), "/account", "the right one is not used up");
    assert_eq!((world.exchanges(), kept(&world).await.len()), (1, 1));
    mallory.back(&away).await.expect(403, "This sign-in cannot go on");
    assert_eq!(world.exchanges(), 1);
}

#[tokio::test]
async fn x12_i04_only_our_own_page_connects() {
    let world = world().await;
    let (mut alice, mut mallory) = (world.jar(), world.jar());
    sign_in(&mut alice, "alice").await;
    sign_in(&mut mallory, "mallory").await;
    let page = alice.get(&link("local:alice")).await;
    let (csrf, subject) = (page.hidden("csrf"), page.hidden("subject"));
    let foreign = mallory.get(&link("local:mallory")).await.hidden("csrf");
    let fields = |csrf| [("csrf", csrf), ("subject", &*subject), ("decision", "connect")];
    let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    alice.post_with("/connect/hub", &elsewhere, &fields(&csrf)).await.expect(403, "not sent from our page");
    alice.post("/connect/hub", &fields(&foreign)).await.expect(403, "not sent from our page");
    alice
        .post("/connect/hub", &[("subject", &*subject), ("decision", "connect")])
        .await
        .expect(403, "not sent");
    let cancelled =
        alice.post("/connect/hub", &[("csrf", &*csrf), ("subject", &*subject), ("decision", "cancel")]).await;
    assert_eq!(cancelled.location(), "/account");
    assert!(world.http.requests().is_empty());
    assert_eq!(press(&mut alice, &page).await.location_url().host_str(), Some("hub.example"));
}

/// Somebody else signs in in the same browser while the person is at the third party.
#[tokio::test]
async fn x12_an_account_is_connected_to_whoever_pressed_the_button_only() {
    let world = world().await;
    let mut jar = world.jar();
    sign_in(&mut jar, "alice").await;
    let page = jar.get(&link("local:alice")).await;
    let away = press(&mut jar, &page).await.location_url();
    let account = jar.get("/account").await.hidden("csrf");
    jar.post("/account", &[("csrf", &account), ("action", "sign-out")]).await.expect(200, "signed out");
    sign_in(&mut jar, "mallory").await;
    jar.back(&away).await.expect(403, OTHER);
    assert!(kept(&world).await.is_empty());
    assert!(!jar.get("/account").await.body.contains("disconnect:hub"));

    // Nor does the consent page of other transactions decide about this one.
    let page = jar.get(&link("local:mallory")).await;
    let away = press(&mut jar, &page).await.location_url();
    let transactions: Vec<_> = jar.cookies.keys().filter(|it| it.contains("transaction")).cloned().collect();
    assert!(!jar.cookies.is_empty(), "{transactions:?}");
    assert_eq!(jar.back(&away).await.location(), "/account");
}

#[tokio::test]
async fn x12_k10_a_connected_account_ends_with_the_session() {
    let world = world().await;
    let mut jar = world.jar();
    sign_in(&mut jar, "alice").await;
    let page = jar.get(&link("local:alice")).await;
    let away = press(&mut jar, &page).await.location_url();
    jar.back(&away).await;
    assert_eq!(kept(&world).await.len(), 1);

    let person =
        oauth_types::Principal { provider: "local".parse().unwrap(), subject: "alice".parse().unwrap() };
    let [session] = world.third_party_sessions.for_principal(&person).await.unwrap().try_into().unwrap();
    let cause = session_binding::EndCause::Revoked;
    let ended = world.third_party_sessions.end(&session.id, cause).await.unwrap().unwrap();
    world.foundations().end_all(&ended).await.unwrap();
    assert!(kept(&world).await.is_empty());

    // An answer that comes after the end keeps nothing either.
    sign_in(&mut jar, "alice").await;
    let page = jar.get(&link("local:alice")).await;
    let away = press(&mut jar, &page).await.location_url();
    let [session] = world.third_party_sessions.for_principal(&person).await.unwrap().try_into().unwrap();
    let ended = world.third_party_sessions.end(&session.id, cause).await.unwrap().unwrap();
    world.foundations().end_all(&ended).await.unwrap();
    assert_eq!(jar.back(&away).await.status, 403);
    assert!(kept(&world).await.is_empty());
}

#[tokio::test]
async fn x12_there_is_a_page_where_the_operator_wants_one_only() {
    let world = world().await;
    let mut jar = world.jar();
    sign_in(&mut jar, "alice").await;
    for provider in ["idp", "local", "nobody", "%2e%2e"] {
        let target = link("local:alice").replace("hub", provider);
        jar.get(&target).await.expect(404, "There is no such page");
    }
    for query in ["", "?subject=", "?subject=alice", "?subject=a&subject=b"] {
        jar.get(&format!("/connect/hub{query}")).await.expect(400, "This request cannot be understood");
    }
    jar.get(&link("local:alice")).await.expect(200, "The hub");
}
