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

const CLAUDE: &str = "https://claude.ai/oauth/client-metadata";

/// Spends everything that strangers can spend: that of one host, and that of all.
async fn flood(scene: &Scene) {
    for number in 0..200 {
        let _ = scene.find(&format!("https://claude.ai/{number}")).await;
        let _ = scene.find(&format!("https://host-{number}.example/x")).await;
    }
}

#[tokio::test]
async fn h30_strangers_do_not_keep_a_document_away_that_was_good_before() {
    let day = 24 * HOUR;
    // How its host lets it be kept, how long ago it was good, and whether its client was used.
    for (cache_control, passed, is_used) in [
        ("no-store", Duration::from_secs(60), false),
        ("no-store", Duration::from_secs(60), true),
        ("max-age=300", 2 * day, false),
        ("max-age=300", 2 * day, true),
    ] {
        let scene = Scene::new();
        scene.web.publish(CLAUDE, &document(CLAUDE), &[("cache-control", cache_control)]);
        let client = scene.find(CLAUDE).await.unwrap();
        if is_used {
            scene.clients.used(&client).await;
        }
        scene.world.clock.advance(passed);
        flood(&scene).await;
        assert_eq!(scene.web.count(), 1 + 120);
        assert!(scene.find("https://claude.ai/new").await.is_err());
        assert_eq!(scene.web.count(), 1 + 120, "nothing is left for what is not known");
        assert!(scene.find(CLAUDE).await.is_ok(), "{cache_control} {is_used}");
        assert_eq!(scene.web.count(), 2 + 120);
    }
}

#[tokio::test]
async fn h30_a_url_that_was_good_is_asked_twice_a_minute_and_no_more() {
    for status in [404, 503] {
        let scene = Scene::new();
        scene.web.publish(CLAUDE, &document(CLAUDE), &[("cache-control", "no-store")]);
        assert!(scene.find(CLAUDE).await.is_ok());
        scene.world.clock.advance(HOUR);
        scene.web.set(CLAUDE, Reply::Answer(status, Vec::new(), Bytes::new()));
        for _ in 0..1000 {
            assert!(scene.find(CLAUDE).await.is_err());
        }
        assert_eq!(scene.web.count(), 1 + 2, "{status}");
        flood(&scene).await;
        scene.world.clock.advance(Duration::from_secs(60));
        flood(&scene).await;
        scene.web.publish(CLAUDE, &document(CLAUDE), &[]);
        assert!(scene.find(CLAUDE).await.is_ok(), "{status}: it is back");
    }
}

#[tokio::test]
async fn h30_many_good_documents_of_one_host_are_no_weapon_either() {
    let scene = Scene::with(DocumentSettings {
        per_host: crate::Rate::per_minute(20),
        all_hosts: crate::Rate::per_minute(1000),
        ..DocumentSettings::default()
    });
    let urls: Vec<String> = (0..60).map(|it| format!("https://pages.example/{it}")).collect();
    let mut clients = Vec::new();
    for (number, url) in urls.iter().enumerate() {
        if number % 20 == 0 {
            scene.world.clock.advance(Duration::from_secs(60));
        }
        scene.web.publish(url, &document(url), &[("cache-control", "no-store")]);
        clients.push(scene.find(url).await.unwrap());
    }
    for client in &clients[..30] {
        scene.clients.used(client).await;
    }
    scene.world.clock.advance(HOUR);
    let before = scene.web.count();
    for url in &urls {
        let _ = scene.find(url).await;
        let _ = scene.find(&format!("{url}/unknown")).await;
    }
    assert_eq!(scene.web.count() - before, 3 * 20, "of strangers, of good ones, of used ones");
}

#[tokio::test]
async fn h24_h30_slow_strangers_leave_places_for_clients_that_are_known() {
    let scene = Arc::new(Scene::new());
    scene.web.publish(CLAUDE, &document(CLAUDE), &[("cache-control", "no-store")]);
    assert!(scene.find(CLAUDE).await.is_ok());
    scene.world.clock.advance(Duration::from_secs(60));
    let gate = scene.web.hold();
    let mut slow = tokio::task::JoinSet::new();
    for number in 0..32 {
        let scene = scene.clone();
        slow.spawn(async move { scene.find(&format!("https://slow-{number}.example/x")).await.is_err() });
    }
    while scene.web.count() < 1 + 32 {
        tokio::task::yield_now().await;
    }
    *scene.web.gate.lock().unwrap() = None;
    assert!(scene.find("https://other.example/x").await.is_err());
    assert_eq!(scene.web.count(), 1 + 32, "no place for a stranger");
    assert!(scene.find(CLAUDE).await.is_ok());
    gate.notify_waiters();
    while let Some(outcome) = slow.join_next().await {
        assert!(outcome.unwrap());
    }
}

#[tokio::test]
async fn h30_documents_of_clients_that_were_used_stay_before_those_of_strangers() {
    let scene = Scene::with(DocumentSettings { max_documents: 3, ..DocumentSettings::default() });
    scene.web.publish(CLAUDE, &document(CLAUDE), &[]);
    scene.web.publish(URL, &document(URL), &[]);
    let claude = scene.find(CLAUDE).await.unwrap();
    scene.clients.used(&claude).await;
    assert!(scene.find(URL).await.is_ok());
    for number in 0..10 {
        let url = format!("https://flood-{number}.example/x");
        scene.web.publish(&url, &document(&url), &[]);
        assert!(scene.find(&url).await.is_ok());
    }
    let before = scene.web.count();
    assert!(scene.find(CLAUDE).await.is_ok());
    assert_eq!(scene.web.count(), before, "it is there");
    assert!(scene.find(URL).await.is_ok());
    assert_eq!(scene.web.count(), before + 1, "this one had gone");
}
