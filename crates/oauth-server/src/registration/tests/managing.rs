use http::header::AUTHORIZATION;
use test_support::golden;

use super::*;
use crate::{ClientProof, SecretDigest};

pub(super) fn bearer(token: &str) -> HeaderMap {
    let mut headers = json_headers();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    headers
}

/// A confidential client: its answer, its id, and the headers that manage it.
async fn own(scene: &Scene) -> (Value, String, HeaderMap) {
    let answer = scene.good(&confidential()).await;
    let headers = bearer(&text(&answer, "registration_access_token"));
    (answer.clone(), text(&answer, "client_id"), headers)
}

fn updated(client: &str) -> Value {
    let mut metadata = confidential();
    metadata["client_id"] = json!(client);
    metadata["redirect_uris"] = json!(["https://new.example/cb"]);
    metadata
}

async fn update(scene: &Scene, client: &str, headers: &HeaderMap, metadata: &Value) -> Response<Bytes> {
    scene.registrations.update(client, headers, metadata.to_string().as_bytes()).await
}

#[tokio::test]
async fn a_client_reads_changes_and_deletes_its_registration() {
    let scene = Scene::new().await;
    let (_, client, headers) = own(&scene).await;
    golden!("registration/read.http", &wire(&scene.registrations.read(&client, &headers).await));
    let answer = update(&scene, &client, &headers, &updated(&client)).await;
    golden!("registration/update.http", &wire(&answer));
    let known = scene.registrations.find(&id(&client)).await.unwrap();
    assert_eq!(known.client.redirect_uris, ["https://new.example/cb".parse().unwrap()]);
    scene.world.grants.give(&id(&client));
    golden!("registration/delete.http", &wire(&scene.registrations.delete(&client, &headers).await));
    assert!(!scene.is_known(&client).await);
    assert!(scene.world.grants.live.lock().unwrap().is_empty(), "its grants ended");
    let gone = scene.registrations.read(&client, &headers).await;
    golden!("registration/invalid_token.http", &wire(&gone));
}

#[tokio::test]
async fn h14_only_its_token_manages_a_client() {
    let scene = Scene::new().await;
    let (_, client, headers) = own(&scene).await;
    let (_, _, others) = own(&scene).await;
    let mut twice = headers.clone();
    twice.append(AUTHORIZATION, headers[AUTHORIZATION].clone());
    for (client, headers) in [
        (client.as_str(), &others),
        (client.as_str(), &json_headers()),
        (client.as_str(), &bearer("wrong")),
        (client.as_str(), &twice),
        ("nobody", &headers),
        ("", &headers),
        ("https://app.example/client.json", &headers),
    ] {
        assert_eq!(scene.registrations.read(client, headers).await.status(), 401);
        assert_eq!(update(&scene, client, headers, &updated(client)).await.status(), 401);
        assert_eq!(scene.registrations.delete(client, headers).await.status(), 401);
    }
    assert_eq!(scene.registrations.read(&client, &headers).await.status(), 200);
}

#[tokio::test]
async fn h14_an_update_is_checked_like_a_registration() {
    let hosts = Some(vec!["app.example".parse().unwrap(), "new.example".parse().unwrap()]);
    let scene = Scene::with(RegistrationSettings { redirect_hosts: hosts, ..settings() }).await;
    let (answer, client, headers) = own(&scene).await;
    let before = scene.registrations.find(&id(&client)).await.unwrap();
    let mut other = updated(&client);
    other["client_secret"] = json!("wrong");
    let bad = [
        ("client_id", json!("other")),
        ("client_id", Value::Null),
        ("client_secret", json!("wrong")),
        ("client_secret", json!(1)),
        ("redirect_uris", json!(["https://evil.example/cb"])),
        ("redirect_uris", json!(["javascript:alert(1)"])),
        ("redirect_uris", Value::Null),
        ("grant_types", json!(["implicit"])),
        ("logo_uri", json!("http://10.0.0.1/")),
        ("software_statement", json!("e30.e30.")),
    ];
    for (name, value) in bad {
        let mut metadata = updated(&client);
        metadata[name] = value;
        let answer = update(&scene, &client, &headers, &metadata).await;
        assert_eq!(answer.status(), 400, "{name}");
        let after = scene.registrations.find(&id(&client)).await.unwrap();
        assert_eq!(after.client, before.client, "{name}");
    }
    let mut whole = updated(&client);
    whole["client_secret"] = answer["client_secret"].clone();
    assert_eq!(update(&scene, &client, &headers, &whole).await.status(), 200);
}

#[tokio::test]
async fn an_update_changes_the_secret_only_if_it_must() {
    let scene = Scene::new().await;
    let (answer, client, headers) = own(&scene).await;
    let secret = ClientProof::Secret(SecretDigest::of(&text(&answer, "client_secret")));
    let kept = body(&update(&scene, &client, &headers, &updated(&client)).await);
    assert!(kept.get("client_secret").is_none());
    assert_eq!(scene.registrations.find(&id(&client)).await.unwrap().proof, secret);
    let mut public = updated(&client);
    public["token_endpoint_auth_method"] = json!("none");
    assert_eq!(update(&scene, &client, &headers, &public).await.status(), 200);
    assert_eq!(scene.registrations.find(&id(&client)).await.unwrap().proof, ClientProof::Nothing);
    let renewed = body(&update(&scene, &client, &headers, &updated(&client)).await);
    let renewed = ClientProof::Secret(SecretDigest::of(&text(&renewed, "client_secret")));
    assert_eq!(scene.registrations.find(&id(&client)).await.unwrap().proof, renewed);
    assert_ne!(renewed, secret);
}

#[tokio::test]
async fn h09_a_registration_needs_the_initial_token_if_there_is_one() {
    let tokens = vec![SecretDigest::of("first"), SecretDigest::of("second")];
    let scene = Scene::with(RegistrationSettings { initial_access_tokens: tokens, ..settings() }).await;
    let metadata = public().to_string();
    let register = |headers| {
        let (registrations, metadata) = (scene.registrations.clone(), metadata.clone());
        async move { registrations.register(&headers, metadata.as_bytes(), None).await }
    };
    for token in ["first", "second"] {
        assert_eq!(register(bearer(token)).await.status(), 201);
    }
    golden!("registration/token_missing.http", &wire(&register(json_headers()).await));
    golden!("registration/token_wrong.http", &wire(&register(bearer("third")).await));
    assert_eq!(register(bearer("")).await.status(), 401);
}
