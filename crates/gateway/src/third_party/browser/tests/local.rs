use std::time::Duration;

use super::world::*;

const WRONG: &str = "The name or the password is not right";

async fn typed(jar: &mut Jar<'_>, page: &Page, username: &str, password: &str) -> Page {
    let (transaction, csrf) = (page.hidden("transaction"), page.hidden("csrf"));
    let fields =
        [("transaction", &*transaction), ("csrf", &*csrf), ("username", username), ("password", password)];
    jar.post("/sign-in", &fields).await
}

async fn sign_in_page(jar: &mut Jar<'_>) -> Page {
    let page = jar.asked().await;
    let answer = jar.decide(&page, "provider:local").await;
    assert!(answer.location().starts_with("/sign-in?transaction="));
    jar.get(answer.location()).await
}

#[tokio::test]
async fn a_built_in_account_signs_in_without_any_third_party() {
    let world = World::with(|it| it.local = true).await;
    let mut jar = world.jar();
    let page = sign_in_page(&mut jar).await;
    page.expect(200, "name=\"password\"");
    for (username, password) in [("alice", "wrong horse"), ("nobody", PASSWORD), ("alice", "")] {
        typed(&mut jar, &page, username, password).await.expect(403, WRONG);
    }
    assert_eq!((jar.session(), world.counts()), (None, (0, 0)));

    // The rules keep another account out, which leaves the way open for this one.
    typed(&mut jar, &page, "mallory", PASSWORD).await.expect(403, "You have no access to this server");
    assert_eq!(jar.session(), None);

    let answer = typed(&mut jar, &page, "alice", PASSWORD).await;
    let grant = world.redeem(&answer.answered("code").unwrap()).await.unwrap();
    let principal = world.grants.find(grant).await.unwrap().unwrap().principal;
    assert_eq!(principal.to_subject().unwrap().as_str(), "local:alice");
    assert!(jar.session().is_some() && world.http.requests().is_empty());
    typed(&mut jar, &page, "alice", PASSWORD).await.expect(403, "This sign-in cannot go on");
}

#[tokio::test]
async fn i03_i15_a_forged_sign_in_form_signs_nobody_in_and_costs_no_attempt() {
    let world = World::with(|it| it.local = true).await;
    let (mut jar, mut attacker) = (world.jar(), world.jar());
    let (page, foreign) = (sign_in_page(&mut jar).await, sign_in_page(&mut attacker).await);
    let (transaction, csrf) = (page.hidden("transaction"), foreign.hidden("csrf"));
    let fields =
        [("transaction", &*transaction), ("csrf", &*csrf), ("username", "alice"), ("password", "wrong")];
    for _ in 0..12 {
        jar.post("/sign-in", &fields).await.expect(403, "This form was not sent from our page");
    }
    // Nor does the attacker's own page, in the victim's browser.
    typed(&mut jar, &foreign, "alice", PASSWORD).await.expect(403, "This sign-in cannot go on");
    assert_eq!(jar.session(), None);
    assert!(typed(&mut jar, &page, "alice", PASSWORD).await.answered("code").is_some());
}

#[tokio::test]
async fn attempts_are_limited_and_the_limit_passes() {
    let world = World::with(|it| it.local = true).await;
    let mut jar = world.jar();
    let page = sign_in_page(&mut jar).await;
    for _ in 0..10 {
        typed(&mut jar, &page, "alice", "wrong horse").await.expect(403, WRONG);
    }
    let refused = typed(&mut jar, &page, "alice", PASSWORD).await;
    refused.expect(429, "too many attempts");
    assert!(refused.headers.contains_key("retry-after"));
    world.clock.advance(Duration::from_secs(61));
    assert!(typed(&mut jar, &page, "alice", PASSWORD).await.answered("code").is_some());
}

#[tokio::test]
async fn an_account_that_is_gone_or_kept_out_is_signed_in_no_more() {
    let mut world = World::with(|it| it.local = true).await;
    let mut jar = world.jar();
    let page = sign_in_page(&mut jar).await;
    typed(&mut jar, &page, "alice", PASSWORD).await.answered("code").unwrap();
    assert_eq!(jar.get("/account").await.status, 200);
    let cookies = jar.cookies.clone();
    world.setup.local = false;
    world.reload(&["hub"], |_| {});
    let mut jar = world.jar();
    jar.cookies = cookies;
    assert_eq!(jar.get("/account").await.status, 303);
}
