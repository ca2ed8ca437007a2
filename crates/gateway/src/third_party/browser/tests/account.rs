use token_manager::Liveness;

use super::world::*;

/// Signs in and connects the client; the session's page and the grant.
async fn connected(world: &World, jar: &mut Jar<'_>) -> oauth_types::GrantId {
    world.redeem(&jar.sign_in().await.answered("code").unwrap()).await.unwrap()
}

async fn act(jar: &mut Jar<'_>, page: &Page, action: &str) -> Page {
    let csrf = page.hidden("csrf");
    jar.post("/account", &[("csrf", &csrf), ("action", action)]).await
}

#[tokio::test]
async fn somebody_signs_in_for_the_page_alone() {
    let world = World::new().await;
    let mut jar = world.jar();
    let begun = jar.get("/account").await;
    let page = jar.get(begun.location()).await;
    page.expect(200, "The hub");
    let away = jar.decide(&page, "provider:hub").await.location_url();
    let landed = jar.back(&away).await;
    assert_eq!(landed.location(), "/account");
    jar.get("/account").await.expect(200, "Person 583231");
    assert_eq!(world.counts(), (0, 0));
}

#[tokio::test]
async fn a_person_sees_and_ends_their_own_connections() {
    let world = World::new().await;
    let (mut jar, mut other) = (world.jar(), world.jar());
    let (first, second) = (connected(&world, &mut jar).await, connected(&world, &mut jar).await);
    world.answers(2);
    let foreign = connected(&world, &mut other).await;

    let page = jar.get("/account").await;
    let id = |grant| String::from(grant);
    page.expect(200, &id(first));
    assert!(page.body.contains("The tool shed") && page.body.contains("Use the tools"), "{page:?}");
    assert!(page.body.contains(&id(second)) && !page.body.contains(&id(foreign)));

    act(&mut jar, &page, &format!("end:{}", id(foreign))).await.expect(200, "name=\"csrf\"");
    assert_eq!(world.grants.is_live(&foreign), Liveness::Live);
    act(&mut jar, &page, &format!("end:{}", id(first))).await.expect(200, &id(second));
    assert_eq!(world.grants.is_live(&first), Liveness::Ended);
    assert_eq!(world.grants.is_live(&second), Liveness::Live);
    act(&mut jar, &page, "end-all").await.expect(200, "name=\"csrf\"");
    assert_eq!(world.grants.is_live(&second), Liveness::Ended);
    assert_eq!(world.grants.is_live(&foreign), Liveness::Live);
}

#[tokio::test]
async fn i03_i04_only_our_own_page_acts() {
    let world = World::new().await;
    let (mut jar, mut other) = (world.jar(), world.jar());
    let grant = connected(&world, &mut jar).await;
    other.sign_in().await;
    let (page, foreign) = (jar.get("/account").await, other.get("/account").await);
    for action in ["end-all", "sign-out"] {
        act(&mut jar, &foreign, action).await.expect(403, "This form was not sent from our page");
        jar.post("/account", &[("action", action)]).await.expect(403, "This form was not sent from our page");
        let csrf = page.hidden("csrf");
        let cross = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
        let sent = jar.post_with("/account", &cross, &[("csrf", &csrf), ("action", action)]).await;
        sent.expect(403, "This form was not sent from our page");
    }
    for action in ["", "end:", "end:nothing", "delete"] {
        act(&mut jar, &page, action).await.expect(400, "This request cannot be understood");
    }
    assert_eq!(world.grants.is_live(&grant), Liveness::Live);
    act(&mut jar, &page, "end-all").await.expect(200, "name=\"csrf\"");
    assert_eq!(world.grants.is_live(&grant), Liveness::Ended);
}

#[tokio::test]
async fn signing_out_ends_this_browsers_session_and_nothing_else() {
    let world = World::new().await;
    let mut jar = world.jar();
    let grant = connected(&world, &mut jar).await;
    let page = jar.get("/account").await;
    let session = jar.session().unwrap().to_owned();
    act(&mut jar, &page, "sign-out").await.expect(200, "signed out");
    assert_eq!(jar.session(), None);
    jar.cookies.insert("__Host-mcp-session".to_owned(), session);
    assert_eq!(jar.get("/account").await.status, 303);
    assert_eq!(world.grants.is_live(&grant), Liveness::Live);
}
