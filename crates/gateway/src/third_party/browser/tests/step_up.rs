//! More scopes for a client that has some already.

use token_manager::{DirectGrant, EndCause, RevokeSelector};

use super::world::*;

const NEW: &str = "New: it will also be able to";
const BEFORE: &str = "As you allowed before";

/// The consent page of a request with these changes.
async fn asked(jar: &mut Jar<'_>, changes: &[(&str, &str)]) -> Page {
    let begun = jar.get(&request(changes)).await;
    let page = jar.get(begun.location()).await;
    assert_eq!(page.status, 200, "{page:?}");
    page
}

/// The answer to an approval, with a `kept` of the test's own.
async fn approve(jar: &mut Jar<'_>, page: &Page, kept: Option<&str>) -> Page {
    let (transaction, csrf) = (page.hidden("transaction"), page.hidden("csrf"));
    let mut fields = vec![("transaction", &*transaction), ("csrf", &*csrf), ("decision", "signed-in")];
    fields.extend(kept.map(|it| ("kept", it)));
    jar.post("/consent", &fields).await
}

/// What was granted for the code of an answer.
async fn granted(world: &World, answer: &Page) -> String {
    let code = answer.answered("code").unwrap_or_else(|| panic!("{answer:?}"));
    let grant = world.redeem(&code).await.unwrap();
    world.grants.find(grant).await.unwrap().unwrap().scope.to_string()
}

#[track_caller]
fn shows_nothing_of_before(page: &Page) {
    for text in [NEW, BEFORE, "name=\"kept\""] {
        assert!(!page.body.contains(text), "{text}: {page:?}");
    }
}

#[tokio::test]
async fn i01_whoever_allows_more_keeps_what_the_page_shows_of_before() {
    let world = World::new().await;
    let mut jar = world.jar();
    let first = jar.sign_in().await;
    assert_eq!(granted(&world, &first).await, "mcp");
    let page = asked(&mut jar, &[("scope", "files:read")]).await;
    for text in [NEW, BEFORE, "Use the tools", "files:read"] {
        page.expect(200, text);
    }
    assert_eq!(page.hidden("kept"), "mcp");
    let answer = approve(&mut jar, &page, Some("mcp")).await;
    assert_eq!(granted(&world, &answer).await, "files:read mcp");
}

#[tokio::test]
async fn i01_f05_nothing_is_kept_that_was_not_both_shown_and_allowed() {
    let world = World::new().await;
    let mut jar = world.jar();
    let first = jar.sign_in().await;
    assert_eq!(granted(&world, &first).await, "mcp");
    let page = asked(&mut jar, &[("scope", "files:read")]).await;
    approve(&mut jar, &page, Some("\"")).await.expect(400, "");
    let answer = approve(&mut jar, &page, None).await;
    assert_eq!(granted(&world, &answer).await, "files:read", "nothing was shown");
    world.grants.revoke(&RevokeSelector::All, EndCause::PersonRevoked).await.unwrap();
    let page = asked(&mut jar, &[("scope", "files:read")]).await;
    shows_nothing_of_before(&page);
    let answer = approve(&mut jar, &page, Some("mcp files:write")).await;
    assert_eq!(granted(&world, &answer).await, "files:read", "a form cannot make up what was allowed");
}

#[tokio::test]
async fn i01_of_what_was_allowed_before_only_what_the_page_showed_is_kept() {
    let world = World::new().await;
    let mut jar = world.jar();
    let first = jar.sign_in().await;
    assert_eq!(granted(&world, &first).await, "mcp");
    let page = asked(&mut jar, &[("scope", "files:write")]).await;
    let answer = approve(&mut jar, &page, Some("mcp")).await;
    assert_eq!(granted(&world, &answer).await, "files:write mcp");
    let page = asked(&mut jar, &[("scope", "files:read")]).await;
    assert_eq!(page.hidden("kept"), "files:write mcp");
    let answer = approve(&mut jar, &page, Some("mcp")).await;
    assert_eq!(granted(&world, &answer).await, "files:read mcp");
}

/// Another grant of the person and client of the one that lives.
async fn grant_more(world: &World, resource: &str, scope: &str) {
    let [known] = world.grants.list(&RevokeSelector::All).await.unwrap().try_into().unwrap();
    let more = DirectGrant {
        client_id: known.client_id,
        principal: known.principal,
        scope: scope.parse().unwrap(),
        resource: resource.parse().unwrap(),
        key: None,
        rests_on: None,
    };
    world.grants.issue_tokens(more).await.unwrap();
}

#[tokio::test]
async fn i01_what_was_allowed_elsewhere_or_is_offered_no_more_is_not_kept() {
    for (resource, scope, expected) in [
        (RESOURCE, "files:write", "files:write mcp"),
        ("https://mcp.example/other", "files:write", "mcp"),
        (RESOURCE, "files:write files:burn", "files:write mcp"),
    ] {
        let world = World::new().await;
        let mut jar = world.jar();
        let first = jar.sign_in().await;
        assert_eq!(granted(&world, &first).await, "mcp");
        grant_more(&world, resource, scope).await;
        let page = asked(&mut jar, &[("scope", "files:read")]).await;
        assert_eq!(page.hidden("kept"), expected, "{resource} {scope}");
        let answer = approve(&mut jar, &page, Some("files:burn files:write mcp")).await;
        assert_eq!(granted(&world, &answer).await, format!("files:read {expected}"), "{resource} {scope}");
    }
}

#[tokio::test]
async fn a_client_can_ask_for_less_and_for_the_same() {
    let world = World::new().await;
    let mut jar = world.jar();
    let first = jar.sign_in().await;
    granted(&world, &first).await;
    let page = asked(&mut jar, &[("scope", "mcp files:read")]).await;
    page.expect(200, NEW);
    let answer = approve(&mut jar, &page, Some("mcp")).await;
    assert_eq!(granted(&world, &answer).await, "files:read mcp");
    for scope in ["mcp", "files:read", "mcp files:read"] {
        shows_nothing_of_before(&asked(&mut jar, &[("scope", scope)]).await);
    }
    let page = asked(&mut jar, &[("scope", "mcp")]).await;
    let answer = approve(&mut jar, &page, None).await;
    assert_eq!(granted(&world, &answer).await, "mcp");
}

#[tokio::test]
async fn i01_what_another_client_was_allowed_is_not_kept() {
    let world = World::new().await;
    let mut jar = world.jar();
    let first = jar.sign_in().await;
    granted(&world, &first).await;
    let stranger =
        [("scope", "files:read"), ("client_id", "stranger"), ("redirect_uri", "https://stranger.example/cb")];
    shows_nothing_of_before(&asked(&mut jar, &stranger).await);
    asked(&mut jar, &[("scope", "files:read")]).await.expect(200, NEW);
}

#[tokio::test]
async fn i01_whoever_signs_in_after_the_page_is_asked_again_about_what_it_lacked() {
    let world = World::new().await;
    let first = world.jar().sign_in().await;
    assert_eq!(granted(&world, &first).await, "mcp");
    let mut jar = world.jar();
    let page = asked(&mut jar, &[("scope", "files:read")]).await;
    shows_nothing_of_before(&page);
    let away = jar.decide(&page, "provider:hub").await.location_url();
    let back = jar.back(&away).await;
    assert!(back.location().starts_with("/consent?transaction="), "{back:?}");
    let page = jar.get(back.location()).await;
    page.expect(200, NEW);
    let kept = page.hidden("kept");
    let answer = approve(&mut jar, &page, Some(&kept)).await;
    assert_eq!(granted(&world, &answer).await, "files:read mcp");
}
