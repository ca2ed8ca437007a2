use std::time::Duration;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

async fn client(scene: &Scene) -> String {
    text(&scene.good(&public()).await, "client_id")
}

#[tokio::test]
async fn a_client_goes_a_day_after_its_registration_or_ninety_after_its_last_use() {
    let scene = Scene::new().await;
    let client = client(&scene).await;
    scene.world.clock.advance(Duration::from_secs(86_399));
    assert_eq!(scene.registrations.sweep().await.unwrap(), 0);
    scene.registrations.note(&id(&client), true).await;
    scene.world.clock.advance(Duration::from_secs(90 * 86_400 - 1));
    assert_eq!(scene.registrations.sweep().await.unwrap(), 0);
    scene.world.clock.advance(Duration::from_secs(1));
    assert_eq!(scene.registrations.sweep().await.unwrap(), 1);
    assert!(!scene.is_known(&client).await);
    let again = scene.good(&public()).await;
    assert_eq!(text(&again, "client_id"), client, "who comes back finds the same client");
    scene.world.clock.advance(24 * HOUR);
    assert_eq!(scene.registrations.sweep().await.unwrap(), 1, "never used since");
}

#[tokio::test]
async fn a_client_with_live_grants_stays() {
    let scene = Scene::new().await;
    let client = client(&scene).await;
    scene.world.grants.give(&id(&client));
    scene.world.clock.advance(400 * 24 * HOUR);
    assert_eq!(scene.registrations.sweep().await.unwrap(), 0);
    let swept = scene.world.store.sweep(oauth_types::Clock::now(&*scene.world.clock), 10).await.unwrap();
    assert!(swept.is_empty(), "the store's own sweep knows no grants");
    assert!(scene.is_known(&client).await);
    scene.world.grants.live.lock().unwrap().clear();
    assert_eq!(scene.registrations.sweep().await.unwrap(), 1);
}

#[tokio::test]
async fn registering_again_keeps_a_client_for_another_day() {
    let scene = Scene::new().await;
    let client = client(&scene).await;
    scene.world.clock.advance(23 * HOUR);
    scene.good(&public()).await;
    scene.world.clock.advance(23 * HOUR);
    assert_eq!(scene.registrations.sweep().await.unwrap(), 0);
    assert!(scene.is_known(&client).await);
}

#[tokio::test]
async fn a_use_is_written_once_an_hour() {
    let scene = Scene::new().await;
    let client = id(&client(&scene).await);
    let note = |is_use| scene.registrations.note(&client, is_use);
    let before = scene.world.store.operations();
    note(false).await;
    assert_eq!(scene.world.store.operations(), before, "it was seen just now");
    note(true).await;
    let once = scene.world.store.operations();
    assert!(once > before, "the first use counts at once");
    scene.world.clock.advance(Duration::from_secs(3599));
    for _ in 0..10 {
        note(true).await;
    }
    assert_eq!(scene.world.store.operations(), once);
    scene.world.clock.advance(Duration::from_secs(1));
    tokio::join!(note(true), note(true), note(true));
    assert_eq!(scene.world.store.operations(), once + 2, "one read and one write for all");
    let listed = scene.registrations.list(None, 10).await.unwrap();
    assert_eq!(listed[0].seen_at, oauth_types::Clock::now(&*scene.world.clock));
    assert!(listed[0].is_used);
}

#[tokio::test]
async fn the_operator_sees_and_removes_clients() {
    let scene = Scene::new().await;
    for number in 0..3 {
        scene.good(&with("client_name", json!(format!("App {number}")))).await;
    }
    let all = scene.registrations.list(None, 10).await.unwrap();
    assert_eq!(all.len(), 3);
    let rest = scene.registrations.list(Some(&all[0].client.id), 1).await.unwrap();
    assert_eq!(rest, [all[1].clone()]);
    scene.world.grants.give(&all[1].client.id);
    assert!(scene.registrations.remove(&all[1].client.id).await.unwrap());
    assert!(!scene.registrations.remove(&all[1].client.id).await.unwrap());
    assert!(scene.world.grants.live.lock().unwrap().is_empty());
    assert_eq!(scene.registrations.list(None, 10).await.unwrap(), [all[0].clone(), all[2].clone()]);
}
