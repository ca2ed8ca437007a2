use storage::Fault;

use super::*;
use crate::SignIn;

/// The whole flow by clicks, as far as it gets.
async fn flow(world: &World) -> Option<Completed> {
    let begun = world.pending.begin(Purpose::Authorize(Box::new(request())), None).await.ok()?;
    let csrf = begun.csrf_token(None);
    let approved = world.pending.approve(begun, csrf.expose(), provider("github"), None).await.ok()?;
    let away = world.pending.send_away(approved, &state(STATE), Vec::new()).await.ok()?;
    let back = world.call_back(&away, STATE, "github").await.ok()?;
    let ada = SignIn { principal: person("github", "1"), display_name: None, sid: None };
    let who = world.sessions.sign_in(ada).await.ok()?.who;
    match world.pending.complete(back, &who).await.ok()? {
        Completion::Completed(it) => Some(it),
        Completion::ConsentAgain(_) => None,
    }
}

#[tokio::test]
async fn whichever_operation_fails_there_is_no_code_and_the_next_attempt_succeeds() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        let mut failures = 0;
        loop {
            let world = World::new().await;
            world.store.faults.fail_nth(failures + 1, fault);
            let outcome = flow(&world).await;
            if world.store.faults.is_pending() {
                assert!(outcome.is_some());
                break;
            }
            assert!(outcome.is_none(), "{fault:?} of operation {}", failures + 1);
            assert!(flow(&world).await.is_some());
            failures += 1;
        }
        assert!(failures > 8, "{failures} operations");
    }
}

#[tokio::test]
async fn l13_records_of_a_newer_program_are_refused() {
    let world = World::new().await;
    let begun = world.begin().await;
    let (key, found) = world.store.all("pending_authorizations").await.remove(0);
    let newer = storage::Table::new("pending_authorizations", 2);
    let record = storage::Record { format: 2, ..found.record };
    world.store.put(newer, &key, record).await.unwrap();
    let refused = world.load(&begun).await.unwrap_err();
    assert!(matches!(refused, StepError::Storage(StoreError::Newer { .. })), "{refused:?}");
}
