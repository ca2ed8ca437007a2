use std::{net::TcpListener, time::Duration};

use http::StatusCode;
use outbound_http::{GuardedClient, OutboundPolicy};

use super::*;
use crate::{ClientAuthError, ClientCredentials};

fn answer(status: u16, content_type: &str, body: impl Into<Bytes>) -> Reply {
    Reply::Answer(status, vec![("content-type", content_type.to_owned())], body.into())
}

/// Everything that is no document, whatever the reason.
fn failures() -> Vec<Reply> {
    let good = document(URL).to_string();
    let mut failures: Vec<Reply> = [201, 204, 206, 301, 302, 303, 307, 308, 400, 404, 410, 429, 500, 503]
        .map(|status| answer(status, "application/json", good.clone()))
        .into();
    failures.extend(
        ["text/html", "text/plain", "", "application/jsonx", "application/javascript"]
            .map(|content_type| answer(200, content_type, good.clone())),
    );
    failures.push(Reply::Answer(200, Vec::new(), good.clone().into()));
    failures.push(answer(200, "application/json", format!("{good}{}", " ".repeat(5 * 1024))));
    failures.push(answer(200, "application/json", "{}"));
    let errors: [fn() -> FetchError; 6] = [
        || FetchError::ForbiddenAddress,
        || FetchError::Unresolved,
        || FetchError::Timeout(Duration::from_secs(5)),
        || FetchError::TooLarge(5 * 1024),
        || FetchError::Encoded,
        || FetchError::Connection("invalid certificate".into()),
    ];
    failures.extend(errors.map(Reply::Fails));
    failures
}

#[tokio::test]
async fn h22_h23_h25_h29_only_200_with_json_is_a_document_and_a_failure_is_never_kept() {
    for (index, reply) in failures().into_iter().enumerate() {
        let scene = Scene::new();
        scene.web.set(URL, reply);
        assert!(matches!(scene.find(URL).await, Err(FindClientError::Document(_))), "{index}");
        scene.web.publish(URL, &document(URL), &[]);
        assert!(scene.find(URL).await.is_ok(), "{index}");
        assert_eq!(scene.web.count(), 2, "{index}: asked again, and no redirect followed");
    }
    for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/client+json"] {
        let scene = Scene::new();
        scene.web.set(URL, answer(200, content_type, document(URL).to_string()));
        assert!(scene.find(URL).await.is_ok(), "{content_type}");
    }
}

#[tokio::test]
async fn h37_every_failure_looks_the_same() {
    for reply in failures() {
        let scene = Scene::new();
        scene.web.set(URL, reply);
        let error = scene.find(URL).await.unwrap_err();
        assert_eq!(error.to_string(), "the client's metadata document cannot be used");
        let presented =
            ClientCredentials::read(&http::HeaderMap::new(), |name| (name == "client_id").then_some(URL));
        let error = scene.clients.authenticate(presented.unwrap()).await.unwrap_err();
        assert!(matches!(error, ClientAuthError::Unavailable(_)));
        assert_eq!(error.wire().0, StatusCode::SERVICE_UNAVAILABLE);
    }
}

#[tokio::test]
async fn h17_h18_h39_what_is_not_allowed_is_unknown_and_nothing_is_sent() {
    let scene = Scene::new();
    for url in [
        "https://app.example",
        "https://app.example/",
        "HTTPS://app.example/client.json",
        "https://127.0.0.1/client.json",
        "https://2130706433/client.json",
        "https://metadata.google.internal/x",
        "https://app.example/a/../client.json",
        "https://app.example:25/client.json",
        "http://app.example/client.json",
    ] {
        assert!(matches!(scene.find(url).await, Err(FindClientError::Unknown)), "{url}");
    }
    assert_eq!(scene.web.count(), 0);
    scene.web.publish(URL, &document(URL), &[]);
    assert!(scene.find(URL).await.is_ok());
    let disabled = Clients::new(World::new().sources());
    assert!(matches!(disabled.find(&id(URL)).await, Err(FindClientError::Unknown)));
    assert!(matches!(disabled.find(&id("registered")).await, Err(FindClientError::Unknown)));
}

#[tokio::test]
async fn h34_hosts_that_are_not_listed_are_not_asked() {
    let hosts = Some(vec!["app.example".parse().unwrap()]);
    let scene = Scene::with(DocumentSettings { hosts, ..DocumentSettings::default() });
    for url in [URL, "https://app.example.evil.example/client.json"] {
        scene.web.publish(url, &document(url), &[]);
    }
    assert!(scene.find(URL).await.is_ok());
    let other = scene.find("https://app.example.evil.example/client.json").await;
    assert!(matches!(other, Err(FindClientError::Unknown)));
    assert_eq!(scene.web.count(), 1);
}

#[tokio::test]
async fn h19_h20_h21_a_host_of_this_network_gets_no_packet() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let http = Arc::new(GuardedClient::new(OutboundPolicy::default()).unwrap());
    let world = World::new();
    let settings = DocumentSettings { allow_loopback: true, ..DocumentSettings::default() };
    let mut sources = world.sources();
    sources.documents = Some(MetadataDocuments::new(http, world.clock.clone(), settings));
    let clients = Clients::new(sources);
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{port}/client.json");
        assert!(matches!(clients.find(&id(&url)).await, Err(FindClientError::Document(_))), "{url}");
    }
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn h23_h24_h32_h36_only_the_document_is_asked_for_and_nothing_is_told() {
    let scene = Scene::new();
    let mut full = document(URL);
    full["logo_uri"] = json!("https://cdn.example/logo.svg");
    full["jwks_uri"] = json!("https://app.example/jwks.json");
    full["token_endpoint_auth_method"] = json!("private_key_jwt");
    scene.web.publish(URL, &full, &[]);
    scene.find(URL).await.unwrap();
    let requests = scene.web.requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method(), request.uri().to_string().as_str()), (&http::Method::GET, URL));
    let headers: Vec<&str> = request.headers().keys().map(http::HeaderName::as_str).collect();
    assert_eq!(headers, ["accept"]);
    assert!(request.body().is_empty());
    let limits = Limits { max_body: 5 * 1024, timeout: Duration::from_secs(5) };
    assert_eq!(*scene.web.limits.lock().unwrap(), [limits]);
}

#[tokio::test]
async fn h30_a_host_is_asked_so_often_and_no_more() {
    let scene = Scene::new();
    for number in 0..1000 {
        let url = format!("https://victim.example/{number}");
        assert!(matches!(scene.find(&url).await, Err(FindClientError::Document(_))));
    }
    assert_eq!(scene.web.count(), 20, "one host");
    for number in 0..1000 {
        let url = format!("https://host-{number}.example/x");
        assert!(scene.find(&url).await.is_err());
    }
    assert_eq!(scene.web.count(), 120, "all hosts");
    scene.world.clock.advance(Duration::from_secs(60));
    scene.web.publish(URL, &document(URL), &[]);
    assert!(scene.find(URL).await.is_ok());
}

#[tokio::test]
async fn h24_slow_hosts_take_32_places_and_no_more() {
    let settings =
        DocumentSettings { all_hosts: crate::Rate::per_minute(10_000), ..DocumentSettings::default() };
    let scene = Arc::new(Scene::with(settings));
    scene.web.publish(URL, &document(URL), &[]);
    assert!(scene.find(URL).await.is_ok());
    let gate = scene.web.hold();
    let mut slow = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let scene = scene.clone();
        slow.spawn(async move { scene.find(&format!("https://slow-{number}.example/x")).await.is_err() });
    }
    for _ in 0..968 {
        assert!(slow.join_next().await.unwrap().unwrap(), "no place left");
    }
    assert_eq!(scene.web.count(), 1 + 32);
    assert!(scene.find(URL).await.is_ok(), "a client that is known does not wait");
    *scene.web.gate.lock().unwrap() = None;
    gate.notify_waiters();
    while let Some(outcome) = slow.join_next().await {
        assert!(outcome.unwrap());
    }
    let other = "https://other.example/client.json";
    scene.web.publish(other, &document(other), &[]);
    assert!(scene.find(other).await.is_ok(), "the places are free again");
}

#[tokio::test]
async fn one_fetch_serves_all_who_wait_and_outlives_whoever_began_it() {
    let scene = Arc::new(Scene::new());
    scene.web.publish(URL, &document(URL), &[]);
    let gate = scene.web.hold();
    let find = || {
        let scene = scene.clone();
        tokio::spawn(async move { scene.find(URL).await.is_ok() })
    };
    let first = find();
    while scene.web.count() < 1 {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (0..10).map(|_| find()).collect();
    tokio::task::yield_now().await;
    assert_eq!(scene.web.count(), 1);
    first.abort();
    assert!(first.await.is_err());
    while scene.web.count() < 2 {
        tokio::task::yield_now().await;
    }
    *scene.web.gate.lock().unwrap() = None;
    gate.notify_waiters();
    for other in others {
        assert!(other.await.unwrap());
    }
    assert_eq!(scene.web.count(), 2, "the second one began anew for all");
}
