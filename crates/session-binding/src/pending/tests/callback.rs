use std::time::Duration;

use super::*;

#[tokio::test]
async fn j01_i12_i21_a_callback_needs_its_state_its_browser_and_its_third_party() {
    let world = World::new().await;
    let away = world.away(STATE).await;
    let other_browser = world.begin().await;
    let before = world.store.all("pending_authorizations").await;

    let outcome = |it: Result<Transaction<CalledBack>, CallbackError>| it.map(drop);
    let unknown = world.call_back(&away, "Zt5cW1yB7rXe2Akq3v9Jm0", "github").await;
    assert_eq!(outcome(unknown), Err(CallbackError::UnknownState));
    let elsewhere = world.call_back(&other_browser, STATE, "github").await;
    assert_eq!(outcome(elsewhere), Err(CallbackError::UnknownState));
    let mixed_up = world.call_back(&away, STATE, "google").await;
    assert_eq!(outcome(mixed_up), Err(CallbackError::OtherProvider));
    let no_cookie = world.pending.called_back(&[], &state(STATE), &provider("github")).await;
    assert_eq!(no_cookie.unwrap_err(), CallbackError::UnknownState);
    assert_eq!(world.store.all("pending_authorizations").await, before);

    assert_eq!(outcome(world.call_back(&away, STATE, "github").await), Ok(()));
    assert_eq!(outcome(world.call_back(&away, STATE, "github").await), Err(CallbackError::Used));
}

#[tokio::test]
async fn j01_a_state_lives_for_ten_minutes() {
    for (seconds, lives) in [(599, true), (600, false)] {
        let world = World::new().await;
        let away = world.away(STATE).await;
        world.clock.advance(Duration::from_secs(seconds));
        assert_eq!(world.call_back(&away, STATE, "github").await.is_ok(), lives, "{seconds}");
    }
}

#[tokio::test]
async fn f24_a_transaction_ends_after_an_hour_whatever_its_steps() {
    let world = World::new().await;
    let mut page = world.begin().await;
    let csrf = page.csrf_token(None);
    for _ in 0..7 {
        let approved = world.pending.approve(page, csrf.expose(), provider("github"), None).await.unwrap();
        world.clock.advance(Duration::from_secs(599));
        page = match world.load(&approved).await {
            Ok(found) => found.into_requested().unwrap(),
            Err(error) => return assert_eq!(error, StepError::Gone),
        };
    }
    panic!("it lives on");
}

#[tokio::test]
async fn j02_of_two_callbacks_at_once_one_may_exchange() {
    let world = World::new().await;
    let away = world.away(STATE).await;
    let call = || world.call_back(&away, STATE, "github");
    let outcomes: [_; 4] = tokio::join!(call(), call(), call(), call()).into();
    assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 1);
    let used = outcomes.iter().filter(|it| it.as_ref().is_err_and(|it| *it == CallbackError::Used));
    assert_eq!(used.count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j02_of_many_callbacks_in_parallel_one_may_exchange() {
    let world = World::new().await;
    for round in 0..20 {
        let sent = format!("{STATE}{round}");
        let away = world.away(&sent).await;
        let call = || {
            let (pending, binding, sent) = (world.pending.clone(), away.binding().clone(), state(&sent));
            tokio::spawn(
                async move { pending.called_back(&[binding], &sent, &provider("github")).await.is_ok() },
            )
        };
        let mut exchanges = 0;
        for task in (0..16).map(|_| call()).collect::<Vec<_>>() {
            exchanges += usize::from(task.await.unwrap());
        }
        assert_eq!(exchanges, 1);
    }
}

#[tokio::test]
async fn f24_i19_a_transaction_gives_one_code() {
    let world = World::new().await;
    let away = world.away(STATE).await;
    let back = world.call_back(&away, STATE, "github").await.unwrap();
    let Pending::CalledBack(again) = world.load(&away).await.unwrap() else { panic!() };
    let ada = world.ada().await;
    let complete = |it| world.pending.complete(it, &ada);
    let outcomes: [_; 2] = tokio::join!(complete(back), complete(again)).into();
    assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 1);
    assert_eq!(outcomes.into_iter().filter_map(Result::err).collect::<Vec<_>>(), [StepError::Gone]);
}

#[tokio::test]
async fn i21_a_sign_in_at_another_third_party_completes_nothing() {
    let world = World::new().await;
    let away = world.away(STATE).await;
    let back = world.call_back(&away, STATE, "github").await.unwrap();
    let stranger = world.signed_in(&person("google", "1")).await;
    let refused = world.pending.complete(back, &stranger).await;
    assert_eq!(refused.unwrap_err(), StepError::OtherProvider);
    let Pending::CalledBack(back) = world.load(&away).await.unwrap() else { panic!() };
    completed(world.pending.complete(back, &world.ada().await).await);
}

#[tokio::test]
async fn j17_an_exchange_that_fails_closes_the_transaction() {
    let world = World::new().await;
    let away = world.away(STATE).await;
    let back = world.call_back(&away, STATE, "github").await.unwrap();
    assert!(world.load(&away).await.unwrap().into_requested().is_none());
    assert_eq!(world.pending.abandon(back).await.unwrap(), Purpose::Authorize(Box::new(request())));
    assert_eq!(world.stored().await, 0);
}

#[tokio::test]
async fn j03_the_store_knows_digests_only() {
    let world = World::new().await;
    let away = world.away(STATE).await;
    let (key, found) = world.store.all("pending_authorizations").await.remove(0);
    let body = String::from_utf8(found.record.body).unwrap();
    for secret in [STATE, away.binding().expose(), away.id().as_str()] {
        assert!(!body.contains(secret), "{secret}");
    }
    assert_eq!(key.as_bytes().len(), 32);
    assert!("short".parse::<ThirdPartyState>().is_err());
}

/// What was sealed for the first way there is not to be opened on the second.
#[tokio::test]
async fn l08_the_secrets_of_each_way_to_the_third_party_have_a_context_of_their_own() {
    let world = World::new().await;
    let approved = world.approved().await;
    let first = approved.seal_context(&state(STATE));
    let away = world.pending.send_away(approved, &state(STATE), b"1".to_vec()).await.unwrap();
    let requested = world.load(&away).await.unwrap().into_requested().unwrap();
    let csrf = requested.csrf_token(None);
    let again = world.pending.approve(requested, csrf.expose(), provider("github"), None).await.unwrap();
    let other = state(&STATE.chars().rev().collect::<String>());
    let second = again.seal_context(&other);
    assert_ne!(first, second);
    let away = world.pending.send_away(again, &other, b"2".to_vec()).await.unwrap();
    let bindings = [away.binding().clone()];
    let (back, sealed) = world.pending.called_back(&bindings, &other, &provider("github")).await.unwrap();
    assert_eq!((sealed, back.seal_context()), (b"2".to_vec(), second));
}

#[tokio::test]
async fn the_sealed_secrets_are_handed_out_once_and_belong_to_one_transaction() {
    let world = World::new().await;
    let approved = world.approved().await;
    let context = approved.seal_context(&state(STATE));
    assert_ne!(context, world.approved().await.seal_context(&state(STATE)));
    let away = world.pending.send_away(approved, &state(STATE), b"verifier".to_vec()).await.unwrap();
    let bindings = [away.binding().clone()];
    let called = world.pending.called_back(&bindings, &state(STATE), &provider("github")).await;
    let (back, sealed) = called.unwrap();
    assert_eq!((sealed, back.seal_context()), (b"verifier".to_vec(), context));
    let stored = world.store.all("pending_authorizations").await;
    assert!(stored.iter().all(|(_, it)| !String::from_utf8_lossy(&it.record.body).contains("sealed")));
}
