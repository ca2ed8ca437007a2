use std::time::Duration;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn named(name: &str) -> Value {
    let mut document = document(URL);
    document["client_name"] = json!(name);
    document
}

async fn name(scene: &Scene) -> Option<String> {
    scene.find(URL).await.ok().and_then(|it| it.name)
}

#[tokio::test]
async fn h31_a_document_is_taken_anew_when_its_time_is_over_and_a_snapshot_stays_what_it_was() {
    let scene = Scene::new();
    scene.web.publish(URL, &named("Old"), &[("cache-control", "max-age=3600")]);
    let snapshot = scene.find(URL).await.unwrap();
    let mut changed = named("New");
    changed["redirect_uris"] = json!(["https://other.example/cb"]);
    scene.web.publish(URL, &changed, &[("cache-control", "max-age=3600")]);
    scene.world.clock.advance(Duration::from_secs(3599));
    assert_eq!(name(&scene).await.as_deref(), Some("Old"));
    assert_eq!(scene.web.count(), 1);
    scene.world.clock.advance(Duration::from_secs(1));
    let now = scene.find(URL).await.unwrap();
    assert_eq!(now.name.as_deref(), Some("New"));
    assert_eq!(snapshot.name.as_deref(), Some("Old"));
    assert!(!now.accepts(&snapshot.redirect_uris[0]));
    assert_ne!(now, snapshot, "who compares sees that it changed");
}

#[tokio::test]
async fn h31_a_document_that_must_not_be_kept_serves_one_sign_in() {
    let scene = Scene::new();
    scene.web.publish(URL, &named("Old"), &[("cache-control", "no-store")]);
    assert_eq!(name(&scene).await.as_deref(), Some("Old"));
    scene.world.clock.advance(Duration::from_secs(59));
    assert_eq!(name(&scene).await.as_deref(), Some("Old"));
    assert_eq!(scene.web.count(), 1);
    scene.world.clock.advance(Duration::from_secs(1));
    scene.web.set(URL, Reply::Fails(|| FetchError::Timeout(HOUR)));
    assert_eq!(name(&scene).await, None, "not even while its host does not answer");
}

#[tokio::test]
async fn a_good_document_serves_while_its_host_does_not_answer_but_not_for_ever() {
    let scene = Scene::new();
    scene.web.publish(URL, &named("Good"), &[("cache-control", "max-age=300")]);
    assert_eq!(name(&scene).await.as_deref(), Some("Good"));
    scene.world.clock.advance(HOUR);
    let silent: [Reply; 4] = [
        Reply::Fails(|| FetchError::Timeout(HOUR)),
        Reply::Fails(|| FetchError::Connection("reset".into())),
        Reply::Answer(503, Vec::new(), Bytes::new()),
        Reply::Answer(429, Vec::new(), Bytes::new()),
    ];
    for reply in silent {
        scene.web.set(URL, reply);
        assert_eq!(name(&scene).await.as_deref(), Some("Good"));
    }
    scene.world.clock.advance(23 * HOUR);
    assert_eq!(name(&scene).await, None, "24 hours are the most");
}

#[tokio::test]
async fn a_document_that_was_withdrawn_does_not_serve() {
    let withdrawn: [Reply; 4] = [
        Reply::Answer(404, Vec::new(), Bytes::new()),
        Reply::Answer(302, Vec::new(), Bytes::new()),
        Reply::Fails(|| FetchError::ForbiddenAddress),
        Reply::Answer(200, vec![("content-type", "application/json".to_owned())], "{}".into()),
    ];
    for reply in withdrawn {
        let scene = Scene::new();
        scene.web.publish(URL, &named("Good"), &[("cache-control", "max-age=300")]);
        assert_eq!(name(&scene).await.as_deref(), Some("Good"));
        scene.world.clock.advance(HOUR);
        scene.web.set(URL, reply);
        assert_eq!(name(&scene).await, None);
        scene.web.set(URL, Reply::Fails(|| FetchError::Timeout(HOUR)));
        assert_eq!(name(&scene).await, None, "it was forgotten");
    }
}

#[tokio::test]
async fn h30_documents_take_a_bounded_place_and_the_idle_one_goes() {
    let scene = Scene::with(DocumentSettings { max_documents: 2, ..DocumentSettings::default() });
    let urls = ["https://a.example/x", "https://b.example/x", "https://c.example/x"];
    for url in urls {
        scene.web.publish(url, &document(url), &[]);
    }
    for url in [urls[0], urls[1], urls[0], urls[2]] {
        assert!(scene.find(url).await.is_ok());
    }
    assert_eq!(scene.web.count(), 3);
    assert!(scene.find(urls[0]).await.is_ok());
    assert!(scene.find(urls[2]).await.is_ok());
    assert_eq!(scene.web.count(), 3, "both are there");
    assert!(scene.find(urls[1]).await.is_ok());
    assert_eq!(scene.web.count(), 4, "this one had gone");
}
