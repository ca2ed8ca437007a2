//! Everything a person does from the first sign-in to the last sign-out, in which the n-th operation of the store fails
//! or the clock jumps before it, for every n (G27, FI-25).
//!
//! Where a step fails the person does it again, or begins anew; nothing else may go wrong.

use std::{fmt::Debug, sync::Arc, time::Duration};

use oauth_types::{GrantId, SeededEntropy, UnixTime};
use storage::Fault;

use crate::{
    testing::{NOW, STATE, World, person, provider, state},
    *,
};

#[tokio::test]
async fn g27_whichever_operation_fails_the_second_attempt_succeeds() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        let mut failed = 0;
        loop {
            let world = World::new().await;
            world.store.faults.fail_nth(failed + 1, fault);
            live(&world).await;
            if world.store.faults.is_pending() {
                break;
            }
            failed += 1;
        }
        println!(
            "G27: the life of a sign-in: {failed} operations of the store, each {fault:?} once, 0 broken promises"
        );
        assert!(failed > 50, "only {failed} operations");
    }
}

/// The clock jumps where the store would fail: what is too old by then ends, and nothing else does.
#[tokio::test]
async fn fi25_a_clock_that_jumps_ends_what_is_too_old_and_revives_nothing() {
    let mut jumps = 0;
    for back in [true, false] {
        for days in [1, 3650_u64] {
            jumps += 1;
            let world = World::new().await;
            let ada = world.ada().await;
            world.sessions.bind(GRANT, ada.session()).await.unwrap();
            let browser = world.browsers.sign_in(None, &ada).await.unwrap();
            let away = away(&world).await.unwrap();
            let jump = Duration::from_secs(days * 24 * 3600);
            world.clock.set(if back {
                UnixTime::from_seconds(NOW.as_seconds() - jump.as_secs())
            } else {
                NOW + jump
            });

            let lives = back || days == 1;
            assert_eq!(world.sessions.liveness(ada.session()).await.unwrap().is_live(), lives);
            assert_eq!(world.browsers.resume(browser.secret()).await.unwrap().is_some(), back);
            assert_eq!(called_back(&world, &away).await.is_ok(), back);
            let ended = world.sessions.overdue(None, 10, &|_| Some(UnixTime::EPOCH)).await.unwrap().ended;
            assert_eq!(ended.iter().any(|it| it.grants.contains(&GRANT)), !lives);

            // Back at the right time, what was used up or was seen to end stays so.
            world.clock.set(NOW);
            assert_eq!(world.sessions.liveness(ada.session()).await.unwrap().is_live(), lives);
            if back {
                assert!(called_back(&world, &away).await.is_err());
            }
        }
    }
    println!("FI-25: the life of a sign-in: {jumps} jumps and back, 0 resurrections");
}

const GRANT: GrantId = GrantId::from_bytes([1; 16]);
const LATER_GRANT: GrantId = GrantId::from_bytes([2; 16]);

async fn live(world: &World) {
    let completed = begin_until_completed(world).await;
    let ada = completed.who().clone();
    bind_and_browse(world, &ada).await;
    restart(world).await;
    deny_and_approve(world, &ada).await;
    end(world, &ada).await;
}

/// The second attempt succeeds, whatever became of the first.
async fn again<T, E: Debug>(attempt: impl AsyncFn() -> Result<T, E>) -> T {
    match attempt().await {
        Ok(done) => done,
        Err(first) => attempt().await.unwrap_or_else(|second| panic!("{first:?}, then {second:?}")),
    }
}

/// A transaction whose step was done without an answer cannot be gone on with; another one can be begun.
async fn begin_until_completed(world: &World) -> Completed {
    again(async || {
        let away = away(world).await?;
        let ada = SignIn { principal: person("github", "1"), display_name: None, sid: None };
        let back = called_back(world, &away).await.map_err(|error| format!("{error:?}"))?;
        let who = world.sessions.sign_in(ada).await.map_err(|error| format!("{error:?}"))?.who;
        let completion = world.pending.complete(back, &who).await.map_err(|error| format!("{error:?}"))?;
        let Completion::Completed(completed) = completion else { panic!("nobody else was shown") };
        let gone = world.pending.load(away.id(), away.binding()).await;
        assert!(!matches!(gone, Ok(_) | Err(StepError::Moved)), "each transaction completes once: {gone:?}");
        Ok::<_, String>(completed)
    })
    .await
}

async fn away(world: &World) -> Result<Transaction<AwaitingCallback>, String> {
    let begun = world.pending.begin(Purpose::Account, None).await.map_err(|error| format!("{error:?}"))?;
    let csrf = begun.csrf_token(None);
    let approved = world.pending.approve(begun, csrf.expose(), provider("github"), None).await;
    let approved = approved.map_err(|error| format!("{error:?}"))?;
    let away = world.pending.send_away(approved, &state(STATE), b"sealed".to_vec()).await;
    away.map_err(|error| format!("{error:?}"))
}

async fn called_back(
    world: &World,
    away: &Transaction<AwaitingCallback>,
) -> Result<Transaction<CalledBack>, CallbackError> {
    let bindings = [away.binding().clone()];
    let (back, sealed) = world.pending.called_back(&bindings, &state(STATE), &provider("github")).await?;
    assert_eq!(sealed, b"sealed");
    Ok(back)
}

async fn bind_and_browse(world: &World, ada: &Authenticated) {
    again(async || world.sessions.bind(GRANT, ada.session()).await).await;
    again(async || world.sessions.bind(LATER_GRANT, ada.session()).await).await;
    let found = again(async || world.sessions.find(ada.session()).await).await.unwrap();
    assert_eq!(found.grants, [GRANT, LATER_GRANT], "bound once each");
    again(async || world.sessions.forget_grants(ada.session(), &[LATER_GRANT]).await).await;

    let first = again(async || world.browsers.sign_in(None, ada).await).await;
    let second = again(async || world.browsers.sign_in(Some(first.secret()), ada).await).await;
    assert!(again(async || world.browsers.resume(first.secret()).await).await.is_none());
    world.clock.advance(Duration::from_secs(1200));
    assert!(again(async || world.sessions.touch(ada.session()).await).await.is_live());
    let resumed = again(async || world.browsers.resume(second.secret()).await).await.unwrap();
    assert_eq!(resumed.who(), ada);
    if world.browsers.sign_out(resumed).await.is_err()
        && let Some(left) = world.browsers.resume(second.secret()).await.unwrap()
    {
        world.browsers.sign_out(left).await.unwrap();
    }
    assert!(again(async || world.browsers.resume(second.secret()).await).await.is_none());
}

/// Another process finds the open transactions and goes on with them.
async fn restart(world: &World) {
    let away = again(async || away(world).await).await;
    let pending = again(async || {
        let (store, clock, entropy) =
            (world.store.clone(), world.clock.clone(), Arc::new(SeededEntropy::new(8)));
        PendingAuthorizations::open(store, clock, entropy, PendingLimits::default()).await
    })
    .await;
    let loaded = again(async || pending.load(away.id(), away.binding()).await).await;
    assert!(matches!(loaded, Pending::AwaitingCallback(_)), "{loaded:?}");
}

async fn deny_and_approve(world: &World, ada: &Authenticated) {
    again(async || {
        let begun =
            world.pending.begin(Purpose::Account, None).await.map_err(|error| format!("{error:?}"))?;
        let csrf = begun.csrf_token(None);
        world.pending.deny(begun, csrf.expose(), None).await.map_err(|error| format!("{error:?}"))
    })
    .await;
    let browser = again(async || world.browsers.sign_in(None, ada).await).await;
    let completed = again(async || {
        let begun =
            world.pending.begin(Purpose::Account, None).await.map_err(|error| format!("{error:?}"))?;
        let csrf = begun.csrf_token(Some(ada.principal()));
        let approved = world.pending.approve_signed_in(begun, csrf.expose(), &browser).await;
        approved.map_err(|error| format!("{error:?}"))
    })
    .await;
    assert_eq!(completed.who(), ada);
}

/// What is bound is named until somebody says that it has ended, also to the process after a crash.
async fn end(world: &World, ada: &Authenticated) {
    let browser = again(async || world.browsers.sign_in(None, ada).await).await;
    let all = again(async || {
        world.sessions.end_for_principal(ada.principal(), None, EndCause::BackChannelLogout).await
    })
    .await;
    assert_eq!(all.iter().map(|it| &it.grants[..]).collect::<Vec<_>>(), [[GRANT]]);
    assert!(!again(async || world.sessions.liveness(ada.session()).await).await.is_live());
    assert!(again(async || world.browsers.resume(browser.secret()).await).await.is_none());
    let refused = again(async || match world.sessions.bind(LATER_GRANT, ada.session()).await {
        Err(BindError::Ended(cause)) => Ok(cause),
        other => Err(other),
    })
    .await;
    assert_eq!(refused, EndCause::BackChannelLogout);

    let left = again(async || world.sessions.overdue(None, 10, &|_| Some(UnixTime::EPOCH)).await).await.ended;
    assert_eq!(left.iter().map(|it| &it.grants[..]).collect::<Vec<_>>(), [[GRANT]]);
    again(async || world.sessions.forget_grants(ada.session(), &[GRANT]).await).await;
    again(async || world.sessions.tidied(ada.session()).await).await;
    assert!(
        again(async || world.sessions.overdue(None, 10, &|_| Some(UnixTime::EPOCH)).await)
            .await
            .ended
            .is_empty()
    );

    let sign_in = SignIn { principal: ada.principal().clone(), display_name: None, sid: None };
    let anew = again(async || world.sessions.sign_in(sign_in.clone()).await).await;
    assert_ne!(anew.who.session(), ada.session(), "what has ended stays so");
    assert!(!again(async || world.sessions.liveness(ada.session()).await).await.is_live());
}
