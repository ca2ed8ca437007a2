use super::*;
use crate::testing::after_turns;

#[tokio::test]
async fn f05_f15_the_record_answers_what_was_asked_byte_for_byte() {
    let world = World::new().await;
    let away = world.away(STATE).await;
    let back = world.call_back(&away, STATE, "github").await.unwrap();
    let (purpose, who) = completed(world.pending.complete(back, &world.ada().await).await).into_parts();
    assert_eq!(purpose, Purpose::Authorize(Box::new(request())));
    assert_eq!(who.principal(), &person("github", "1"));
    assert_eq!(world.stored().await, 0);

    assert!(ClientState::new(vec![b'a'; 4096]).is_ok());
    assert_eq!(ClientState::new(vec![b'a'; 4097]), Err(ClientStateTooLong));
}

#[tokio::test]
async fn i03_a_form_needs_the_token_of_this_very_transaction() {
    let world = World::new().await;
    let (mine, other) = (world.begin().await, world.begin().await);
    let right = mine.csrf_token(None);
    let before = world.store.all("pending_authorizations").await;
    let shown = mine.csrf_token(Some(&person("github", "1")));
    for wrong in ["", other.csrf_token(None).expose(), shown.expose(), &right.expose()[..42]] {
        let mine = world.reload(&mine).await;
        let refused = world.pending.approve(mine, wrong, provider("github"), None).await;
        assert_eq!(refused.unwrap_err(), StepError::Csrf);
        let denied = world.pending.deny(world.reload(&other).await, right.expose(), None).await;
        assert_eq!(denied.unwrap_err(), StepError::Csrf);
    }
    assert_eq!(world.store.all("pending_authorizations").await, before);
    assert!(world.pending.approve(mine, right.expose(), provider("github"), None).await.is_ok());
}

#[tokio::test]
async fn i13_i14_an_address_alone_opens_nothing() {
    let world = World::new().await;
    let (victim, attacker) = (world.begin().await, world.begin().await);
    let load = |id: &PendingId, binding: &BrowserBinding| {
        let (id, binding) = (id.clone(), binding.clone());
        let pending = world.pending.clone();
        async move { pending.load(&id, &binding).await.map(drop) }
    };
    assert_eq!(load(victim.id(), victim.binding()).await, Ok(()));
    assert_eq!(load(victim.id(), attacker.binding()).await, Err(StepError::OtherBrowser));
    let forged: BrowserBinding = victim.id().as_str().parse().unwrap();
    assert_eq!(load(victim.id(), &forged).await, Err(StepError::OtherBrowser));
    assert_eq!(load(&forged.id(), &forged).await, Err(StepError::Gone));
}

#[tokio::test]
async fn i02_no_state_exists_before_the_approval() {
    let world = World::new().await;
    let begun = world.begin().await;
    let before = world.call_back(&begun, STATE, "github").await;
    assert_eq!(before.unwrap_err(), CallbackError::UnknownState);
    let csrf = begun.csrf_token(None);
    let approved = world.pending.approve(begun, csrf.expose(), provider("github"), None).await.unwrap();
    let approved_only = world.call_back(&approved, STATE, "github").await;
    assert_eq!(approved_only.unwrap_err(), CallbackError::UnknownState);
    let away = world.pending.send_away(approved, &state(STATE), Vec::new()).await.unwrap();
    assert!(world.call_back(&away, STATE, "github").await.is_ok());
}

#[tokio::test]
async fn i20_a_denial_ends_the_transaction_and_names_the_request() {
    let world = World::new().await;
    let begun = world.begin().await;
    let (again, csrf) = (world.reload(&begun).await, begun.csrf_token(None));
    let purpose = world.pending.deny(begun, csrf.expose(), None).await.unwrap();
    assert_eq!(purpose, Purpose::Authorize(Box::new(request())));
    assert_eq!(world.stored().await, 0);
    let late = world.pending.approve(again, csrf.expose(), provider("github"), None).await;
    assert_eq!(late.unwrap_err(), StepError::Gone);
}

#[tokio::test]
async fn i19_a_double_click_approves_once() {
    let world = World::new().await;
    let first = world.begin().await;
    let (second, csrf) = (world.reload(&first).await, first.csrf_token(None));
    let approve = |it| world.pending.approve(it, csrf.expose(), provider("github"), None);
    let outcomes: [_; 2] = tokio::join!(approve(first), approve(second)).into();
    assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 1);
    assert!(outcomes.iter().any(|it| it.as_ref().is_err_and(|it| *it == StepError::Moved)));
}

#[tokio::test]
async fn i19_of_an_approval_and_a_denial_at_once_one_counts() {
    let mut too_late = 0;
    for (early, late) in [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (2, 0), (3, 0)] {
        let world = World::new().await;
        let first = world.begin().await;
        let (second, csrf) = (world.reload(&first).await, first.csrf_token(None));
        let approve = world.pending.approve(first, csrf.expose(), provider("github"), None);
        let approve = after_turns(early, approve);
        let deny = after_turns(late, world.pending.deny(second, csrf.expose(), None));
        let (approved, denied) = tokio::join!(approve, deny);
        assert_ne!(approved.is_ok(), denied.is_ok(), "{early} {late}");
        too_late += usize::from(approved.is_ok());
    }
    assert!((1..7).contains(&too_late), "{too_late}");
}

#[tokio::test]
async fn i19_the_back_button_leads_to_a_new_approval_and_one_code() {
    let world = World::new().await;
    let first = world.away(STATE).await;
    let page = world.reload(&first).await;
    let csrf = page.csrf_token(None);
    let again = world.pending.approve(page, csrf.expose(), provider("google"), None).await.unwrap();
    let second = "Zt5cW1yB7rXe2Akq3v9Jm0";
    let away = world.pending.send_away(again, &state(second), Vec::new()).await.unwrap();

    let stale = world.call_back(&first, STATE, "github").await;
    assert_eq!(stale.unwrap_err(), CallbackError::UnknownState);
    let back = world.call_back(&away, second, "google").await.unwrap();
    let who = world.signed_in(&person("google", "7")).await;
    completed(world.pending.complete(back, &who).await);
    assert_eq!(world.load(&away).await.unwrap_err(), StepError::Gone);
}

#[tokio::test]
async fn i15_signing_in_on_our_own_page_needs_the_forms_token() {
    let world = World::new().await;
    let begun = world.begin().await;
    let csrf = begun.csrf_token(None);
    let approved = world.pending.approve(begun, csrf.expose(), provider("local"), None).await.unwrap();
    let who = world.signed_in(&person("local", "ada")).await;
    let Pending::Consented(again) = world.load(&approved).await.unwrap() else { panic!() };
    let refused = world.pending.complete_here(again, "guessed", &who).await;
    assert_eq!(refused.unwrap_err(), StepError::Csrf);
    completed(world.pending.complete_here(approved, csrf.expose(), &who).await);
}

#[tokio::test]
async fn i18_two_tabs_both_finish() {
    let world = World::new().await;
    let tabs = [(STATE, "1"), ("Zt5cW1yB7rXe2Akq3v9Jm0", "2")];
    let (first, second) = (world.away(tabs[0].0).await, world.away(tabs[1].0).await);
    let bindings = [first.binding().clone(), second.binding().clone()];
    for (sent, _) in tabs.iter().rev() {
        let back = world.pending.called_back(&bindings, &state(sent), &provider("github")).await;
        completed(world.pending.complete(back.unwrap().0, &world.ada().await).await);
    }
    assert_eq!(world.stored().await, 0);
}
