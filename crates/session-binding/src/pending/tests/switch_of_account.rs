use super::*;

/// A flow that was approved on a page which showed `shown`, up to the sign-in as `who`.
async fn sign_in_as(world: &World, shown: &str, who: &str) -> Completion {
    let begun = world.begin().await;
    let shown = person("github", shown);
    let csrf = begun.csrf_token(Some(&shown));
    let approved =
        world.pending.approve(begun, csrf.expose(), provider("github"), Some(&shown)).await.unwrap();
    let away = world.pending.send_away(approved, &state(STATE), Vec::new()).await.unwrap();
    let back = world.call_back(&away, STATE, "github").await.unwrap();
    let who = world.signed_in(&person("github", who)).await;
    world.pending.complete(back, &who).await.unwrap()
}

#[tokio::test]
async fn j21_signing_in_as_somebody_else_asks_for_consent_again() {
    let world = World::new().await;
    assert!(matches!(sign_in_as(&world, "1", "1").await, Completion::Completed(_)));

    let Completion::ConsentAgain(page) = sign_in_as(&world, "1", "2").await else { panic!() };
    assert_eq!(page.who().principal(), &person("github", "2"));
    let Pending::SignedIn(again) = world.load(&page).await.unwrap() else { panic!() };
    let shown_before = page.csrf_token(Some(&person("github", "1")));
    let refused = world.pending.confirm(again, shown_before.expose()).await;
    assert_eq!(refused.unwrap_err(), StepError::Csrf);
    let csrf = page.csrf_token(Some(&person("github", "2")));
    let done = world.pending.confirm(page, csrf.expose()).await.unwrap();
    assert_eq!(done.who().principal(), &person("github", "2"));
    assert_eq!(world.stored().await, 0);
}

#[tokio::test]
async fn j21_the_other_person_may_say_no() {
    let world = World::new().await;
    let Completion::ConsentAgain(page) = sign_in_as(&world, "1", "2").await else { panic!() };
    let csrf = page.csrf_token(Some(page.who().principal()));
    let purpose = world.pending.deny_confirmation(page, csrf.expose()).await.unwrap();
    assert_eq!(purpose, Purpose::Authorize(Box::new(request())));
    assert_eq!(world.stored().await, 0);
}

#[tokio::test]
async fn j21_a_page_that_showed_one_account_cannot_approve_for_another() {
    let world = World::new().await;
    let (ada, bob) = (person("github", "1"), person("github", "2"));
    let begun = world.begin().await;
    let page = begun.csrf_token(Some(&ada));
    let as_bob = world.browsers.sign_in(None, &world.signed_in(&bob).await).await.unwrap();
    let as_ada = world.browsers.sign_in(None, &world.signed_in(&ada).await).await.unwrap();
    let again = world.reload(&begun).await;
    let refused = world.pending.approve_signed_in(again, page.expose(), &as_bob).await;
    assert_eq!(refused.unwrap_err(), StepError::Csrf);
    let done = world.pending.approve_signed_in(begun, page.expose(), &as_ada).await.unwrap();
    assert_eq!(done.who().principal(), &ada);
}

#[tokio::test]
async fn the_account_page_needs_no_consent() {
    let world = World::new().await;
    let begun = world.pending.begin(Purpose::Account, None).await.unwrap();
    let ada = person("github", "1");
    let csrf = begun.csrf_token(Some(&ada));
    let approved = world.pending.approve(begun, csrf.expose(), provider("github"), Some(&ada)).await.unwrap();
    let away = world.pending.send_away(approved, &state(STATE), Vec::new()).await.unwrap();
    let back = world.call_back(&away, STATE, "github").await.unwrap();
    let who = world.signed_in(&person("github", "2")).await;
    assert_eq!(completed(world.pending.complete(back, &who).await).purpose(), &Purpose::Account);
}

#[tokio::test]
async fn i01_what_the_page_had_not_shown_is_asked_about() {
    let world = World::new().await;
    let begun = world.begin().await;
    let csrf = begun.csrf_token(None);
    let approved = world.pending.approve(begun, csrf.expose(), provider("github"), None).await.unwrap();
    let away = world.pending.send_away(approved, &state(STATE), Vec::new()).await.unwrap();
    let back = world.call_back(&away, STATE, "github").await.unwrap();
    let who = world.signed_in(&person("github", "1")).await;
    let Completion::ConsentAgain(page) = world.pending.ask_again(back, &who).await.unwrap() else { panic!() };
    let csrf = page.csrf_token(Some(&person("github", "1")));
    let done = world.pending.confirm(page, csrf.expose()).await.unwrap();
    assert_eq!(done.who().principal(), &person("github", "1"));
    assert_eq!(world.stored().await, 0);
}
