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
        assert_eq!(scene.registrations.delete(&client, &headers).await.status(), 401, "nobody is there");
        assert_eq!(scene.registrations.sweep().await.unwrap(), 0);
        let swept = scene.world.store.sweep(oauth_types::Clock::now(&*scene.world.clock), 10).await.unwrap();
        assert_eq!(swept.len(), 1);
        assert!(scene.world.store.scan(TABLE, None, 10).await.unwrap().is_empty());
    }
}

/// A shared client with a grant, whose deletion failed half-way.
async fn half_deleted() -> (Scene, oauth_types::ClientId) {
    let scene = Scene::new().await;
    let client = id(&text(&scene.good(&public()).await, "client_id"));
    scene.world.grants.give(&client);
    scene.world.grants.is_down.store(true, Ordering::SeqCst);
    scene.registrations.remove(&client).await.unwrap_err();
    (scene, client)
}

#[tokio::test]
async fn g27_a_client_that_is_half_deleted_can_register_again_and_gets_no_old_grants() {
    let (scene, client) = half_deleted().await;
    assert_eq!(scene.register(&public()).await.status(), 503, "its grants cannot be ended yet");
    assert!(!scene.is_known(client.as_str()).await);
    scene.world.grants.is_down.store(false, Ordering::SeqCst);
    scene.world.clock.advance(std::time::Duration::from_secs(5));
    let again = scene.good(&public()).await;
    assert_eq!(text(&again, "client_id"), client.as_str());
    assert_eq!(again["client_id_issued_at"], 1_800_000_005);
    assert!(scene.world.grants.live.lock().unwrap().is_empty());
    assert_eq!(scene.registrations.sweep().await.unwrap(), 0);
    assert!(scene.is_known(client.as_str()).await);
}

#[tokio::test]
async fn g27_a_client_that_is_gone_can_register_again_before_the_store_is_swept() {
    let (scene, client) = half_deleted().await;
    scene.world.grants.is_down.store(false, Ordering::SeqCst);
    assert_eq!(scene.registrations.sweep().await.unwrap(), 1);
    assert!(scene.registrations.list(None, 10).await.unwrap().is_empty());
    assert!(!scene.registrations.remove(&client).await.unwrap());
    assert_eq!(text(&scene.good(&public()).await, "client_id"), client.as_str());
    let swept = scene.world.store.sweep(oauth_types::Clock::now(&*scene.world.clock), 10).await.unwrap();
    assert!(swept.is_empty());
    assert!(scene.is_known(client.as_str()).await);
}

#[tokio::test]
async fn g27_a_sweep_leaves_a_client_alone_that_registered_again_since_it_looked() {
    for gone_meanwhile in [false, true] {
        let (scene, client) = half_deleted().await;
        scene.world.grants.is_down.store(false, Ordering::SeqCst);
        let over = scene.registrations.refresh_index().await.unwrap();
        let (listed, found) = over.into_iter().next().unwrap();
        assert_eq!(listed, client);
        if gone_meanwhile {
            assert!(scene.registrations.remove(&client).await.unwrap());
        }
        scene.good(&public()).await;
        scene.world.grants.give(&client);
        assert!(!scene.registrations.finish_deletion(&client, &found).await.unwrap());
        assert!(!scene.registrations.discard(&client, &found).await.unwrap(), "nor one step later");
        assert!(scene.is_known(client.as_str()).await);
        assert!(scene.world.grants.live.lock().unwrap().contains(&client), "it keeps its new grants");
    }
}

#[tokio::test]
async fn g27_a_sweep_leaves_a_client_alone_that_was_used_since_it_looked() {
    let scene = Scene::new().await;
    let client = id(&text(&scene.good(&public()).await, "client_id"));
    scene.world.clock.advance(std::time::Duration::from_secs(24 * 3600));
    let over = scene.registrations.refresh_index().await.unwrap();
    scene.good(&public()).await;
    assert!(!scene.registrations.let_go(&client, &over[0].1).await.unwrap());
    assert!(scene.is_known(client.as_str()).await);
    let now = scene.registrations.load(&client).await.unwrap().unwrap();
    assert!(scene.registrations.let_go(&client, &now).await.unwrap(), "as it is now it may go");
    assert!(!scene.is_known(client.as_str()).await);
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

#[tokio::test]
async fn h02_h05_a_stored_redirect_uri_that_is_refused_by_now_is_dropped() {
    let scene = Scene::new().await;
    let metadata = with("redirect_uris", json!(["https://app.example/cb", "someapp://open/cb"]));
    let client = text(&scene.good(&metadata).await, "client_id");
    let key = storage::Key::new(&*client).unwrap();
    let mut record = scene.world.store.get(TABLE, &key).await.unwrap().unwrap().record;
    let stored = String::from_utf8(record.body).unwrap();
    record.body = stored.replace("someapp://open/cb", "microsoft-edge:https://evil.example").into_bytes();
    scene.world.store.put(TABLE, &key, record).await.unwrap();
    let restarted = scene.world.registrations(settings()).await;
    let known = restarted.find(&id(&client)).await.unwrap();
    let left: Vec<&str> = known.client.redirect_uris.iter().map(oauth_types::RedirectUri::as_str).collect();
    assert_eq!(left, ["https://app.example/cb"]);
}
