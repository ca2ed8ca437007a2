use std::time::Duration;

use test_support::golden;

use super::*;
use crate::Rate;

fn numbered(number: usize) -> Value {
    with("client_name", json!(format!("App {number}")))
}

async fn from(scene: &Scene, source: &str, number: usize) -> Response<Bytes> {
    let metadata = numbered(number).to_string();
    scene.registrations.register(&json_headers(), metadata.as_bytes(), Some(source.as_bytes())).await
}

#[tokio::test]
async fn h11_a_flood_from_one_source_or_from_many_is_answered_429() {
    let scene = Scene::new().await;
    for number in 0..60 {
        assert_eq!(from(&scene, "flood", number).await.status(), 201);
    }
    golden!("registration/too_many.http", &wire(&from(&scene, "flood", 60).await));
    for number in 0..60 {
        assert_eq!(from(&scene, "flood", number).await.status(), 201, "{number} is there already");
    }
    assert_eq!(from(&scene, "other", 100).await.status(), 201);
    let mut taken = 0;
    for number in 1000..2000 {
        taken += usize::from(from(&scene, &format!("source {number}"), number).await.status() == 201);
    }
    assert_eq!(taken, 600 - 61);
    scene.world.clock.advance(Duration::from_secs(60));
    assert_eq!(from(&scene, "flood", 60).await.status(), 201);
}

async fn full() -> (Scene, Vec<String>) {
    let scene = Scene::with(RegistrationSettings { max_clients: 3, ..settings() }).await;
    let mut clients = Vec::new();
    for number in 0..3 {
        clients.push(text(&scene.good(&numbered(number)).await, "client_id"));
        scene.world.clock.advance(Duration::from_secs(1));
    }
    (scene, clients)
}

#[tokio::test]
async fn h11_only_an_unused_client_makes_room_and_the_oldest_first() {
    let (scene, clients) = full().await;
    golden!("registration/full.http", &wire(&scene.register(&numbered(3)).await));
    assert_eq!(scene.register(&numbered(0)).await.status(), 201, "it is there already");
    scene.world.clock.advance(Duration::from_secs(15 * 60));
    scene.registrations.note(&id(&clients[0]), true).await;
    let fourth = text(&scene.good(&numbered(3)).await, "client_id");
    assert!(scene.is_known(&clients[0]).await, "used");
    assert!(!scene.is_known(&clients[1]).await, "the oldest unused one");
    assert!(scene.is_known(&clients[2]).await && scene.is_known(&fourth).await);
    for client in [&clients[2], &fourth] {
        scene.registrations.note(&id(client), true).await;
    }
    scene.world.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(scene.register(&numbered(4)).await.status(), 429, "all are used");
    assert!(scene.is_known(&clients[2]).await);
}

#[tokio::test]
async fn h11_a_client_with_grants_never_makes_room() {
    let (scene, clients) = full().await;
    scene.world.clock.advance(Duration::from_secs(15 * 60));
    scene.world.grants.give(&id(&clients[0]));
    scene.good(&numbered(3)).await;
    assert!(scene.is_known(&clients[0]).await);
    assert!(!scene.is_known(&clients[1]).await);
}

#[tokio::test]
async fn another_replica_that_saw_a_use_is_believed() {
    let (scene, clients) = full().await;
    let other = scene.world.registrations(RegistrationSettings { max_clients: 3, ..settings() }).await;
    scene.world.clock.advance(Duration::from_secs(15 * 60));
    other.note(&id(&clients[0]), true).await;
    scene.good(&numbered(3)).await;
    assert!(scene.is_known(&clients[0]).await);
    assert!(!scene.is_known(&clients[1]).await);
    other.sweep().await.unwrap();
    assert_eq!(other.inner.index.ids(), scene.registrations.inner.index.ids());
}

#[tokio::test]
async fn h05_h34_redirect_hosts_can_be_listed() {
    let hosts = Some(vec!["app.example".parse().unwrap()]);
    let scene = Scene::with(RegistrationSettings { redirect_hosts: hosts, ..settings() }).await;
    for good in ["https://app.example/cb", "http://localhost/cb", "http://127.0.0.1:7777/cb"] {
        assert_eq!(scene.register(&with("redirect_uris", json!([good]))).await.status(), 201, "{good}");
    }
    for bad in [
        "https://a.app.example/cb",
        "https://app.example.evil.example/cb",
        "cursor://anysphere.cursor-mcp/cb",
        "cursor://app.example/cb",
    ] {
        let answer = scene.register(&with("redirect_uris", json!(["https://app.example/cb", bad]))).await;
        assert_eq!(answer.status(), 400, "{bad}");
    }
    let anywhere = Scene::new().await;
    anywhere.good(&with("redirect_uris", json!(["cursor://anysphere.cursor-mcp/cb"]))).await;
    let never = RegistrationSettings { all_sources: Rate::per_minute(0), ..settings() };
    assert_eq!(Scene::with(never).await.register(&public()).await.status(), 429);
}
