use std::sync::atomic::Ordering;

use storage::Fault;

use super::{managing::bearer, *};

#[tokio::test]
async fn a_failing_store_is_503_at_every_step_and_the_next_attempt_succeeds() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        for metadata in [public(), confidential()] {
            for nth in 1.. {
                let scene = Scene::new().await;
                scene.world.store.fail_nth(nth, fault);
                let answer = scene.register(&metadata).await;
                if scene.world.store.is_pending() {
                    assert_eq!(answer.status(), 201);
                    assert!(nth > 1, "nothing failed");
                    break;
                }
                assert_eq!(answer.status(), 503, "{fault:?} {nth}");
                scene.good(&metadata).await;
            }
        }
    }
}

#[tokio::test]
async fn a_deletion_that_failed_is_finished_by_the_next_one_or_by_the_sweep() {
    for finished_by_sweep in [false, true] {
        let scene = Scene::new().await;
        let answer = scene.good(&confidential()).await;
        let client = text(&answer, "client_id");
        let headers = bearer(&text(&answer, "registration_access_token"));
        scene.world.grants.give(&id(&client));
        scene.world.grants.is_down.store(true, Ordering::SeqCst);
        assert_eq!(scene.registrations.delete(&client, &headers).await.status(), 503);
        assert!(!scene.is_known(&client).await, "it gets no new grants");
        assert_eq!(scene.registrations.read(&client, &headers).await.status(), 401);
        scene.world.grants.is_down.store(false, Ordering::SeqCst);
        if finished_by_sweep {
            assert_eq!(scene.registrations.sweep().await.unwrap(), 1);
        } else {
            assert_eq!(scene.registrations.delete(&client, &headers).await.status(), 204);
        }
        assert!(scene.world.grants.live.lock().unwrap().is_empty());
        assert!(scene.world.store.scan(TABLE, None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_deletion_that_failed_at_any_step_can_be_repeated() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        for nth in 1.. {
            let scene = Scene::new().await;
            let answer = scene.good(&confidential()).await;
            let client = text(&answer, "client_id");
            let headers = bearer(&text(&answer, "registration_access_token"));
            scene.world.grants.give(&id(&client));
            scene.world.store.fail_nth(nth, fault);
            let first = scene.registrations.delete(&client, &headers).await.status();
            if scene.world.store.is_pending() {
                assert_eq!(first, 204);
                break;
            }
            assert_eq!(first, 503, "{fault:?} {nth}");
            let again = scene.registrations.delete(&client, &headers).await.status();
            // 401 if only the answer of the last step was lost.
            assert!(again == 204 || again == 401, "{fault:?} {nth} {again}");
            assert!(!scene.is_known(&client).await);
            assert!(scene.world.grants.live.lock().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn nothing_expires_while_nobody_can_say_what_it_holds() {
    let scene = Scene::new().await;
    let client = text(&scene.good(&public()).await, "client_id");
    scene.world.clock.advance(std::time::Duration::from_secs(400 * 24 * 3600));
    scene.world.grants.is_down.store(true, Ordering::SeqCst);
    assert!(scene.registrations.sweep().await.is_err());
    assert!(scene.is_known(&client).await);
}

#[tokio::test]
async fn a_use_that_could_not_be_noted_is_noted_by_the_next_one() {
    let scene = Scene::new().await;
    let client = id(&text(&scene.good(&public()).await, "client_id"));
    scene.world.store.set_down(true);
    scene.registrations.note(&client, true).await;
    scene.world.store.set_down(false);
    assert!(!scene.registrations.list(None, 1).await.unwrap()[0].is_used);
    scene.registrations.note(&client, true).await;
    assert!(scene.registrations.list(None, 1).await.unwrap()[0].is_used);
}

#[tokio::test]
async fn a_record_of_a_newer_program_is_left_alone() {
    let scene = Scene::new().await;
    let key = storage::Key::new("newer").unwrap();
    let newer = storage::Table::new("registered_clients", 2);
    let record = storage::Record::new(newer, oauth_types::UnixTime::from_seconds(u64::MAX), b"?".to_vec());
    scene.world.store.put(newer, &key, record).await.unwrap();
    let found = scene.registrations.find(&id("newer")).await;
    assert!(matches!(found, Err(FindClientError::Unavailable(_))));
}
