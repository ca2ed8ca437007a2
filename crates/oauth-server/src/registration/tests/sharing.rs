use super::*;
use crate::{ClientProof, SecretDigest};

#[tokio::test]
async fn the_same_metadata_are_the_same_client_however_often_they_come() {
    let scene = Scene::new().await;
    let first = scene.good(&public()).await;
    scene.world.clock.advance(std::time::Duration::from_secs(60));
    let mut reordered = public();
    reordered["redirect_uris"] = json!(["http://localhost/callback", "https://app.example/cb"]);
    reordered["unknown"] = json!(1);
    let again = scene.good(&reordered).await;
    assert_eq!(again["client_id"], first["client_id"]);
    assert_eq!(again["client_id_issued_at"], first["client_id_issued_at"]);
    assert_eq!(again["redirect_uris"], reordered["redirect_uris"], "as this one sent them");
    assert_eq!(scene.registrations.list(None, 10).await.unwrap().len(), 1);
    let restarted = scene.world.registrations(settings()).await;
    assert!(restarted.find(&id(&text(&first, "client_id"))).await.is_ok());
}

#[tokio::test]
async fn many_at_one_time_at_two_replicas_are_one_client() {
    let scene = Scene::new().await;
    let other = scene.world.registrations(settings()).await;
    let (metadata, headers) = (public().to_string(), json_headers());
    let (first, second) = tokio::join!(
        scene.registrations.register(&headers, metadata.as_bytes(), None),
        other.register(&headers, metadata.as_bytes(), None),
    );
    assert_eq!(body(&first), body(&second));
    assert_eq!(scene.registrations.list(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn h15_whoever_differs_in_anything_is_another_client() {
    let scene = Scene::new().await;
    let own = text(&scene.good(&public()).await, "client_id");
    for (name, value) in [
        ("client_name", json!("app")),
        ("client_uri", json!("https://app.example/")),
        ("scope", json!("mcp")),
        ("grant_types", json!(["authorization_code"])),
        ("software_version", json!("2")),
        ("application_type", json!("native")),
        ("redirect_uris", json!(["https://app.example/cb"])),
        ("redirect_uris", json!(["https://evil.example/cb", "http://localhost/callback"])),
    ] {
        assert_ne!(text(&scene.good(&with(name, value)).await, "client_id"), own, "{name}");
    }
    let secret = scene.good(&confidential()).await;
    assert_ne!(secret["client_id"], scene.good(&confidential()).await["client_id"], "each its own");
}

#[tokio::test]
async fn h15_nobody_manages_a_client_that_others_share() {
    let scene = Scene::new().await;
    let answer = scene.good(&public()).await;
    for name in ["registration_access_token", "registration_client_uri", "client_secret"] {
        assert!(answer.get(name).is_none(), "{name}");
    }
    let own = scene.good(&confidential()).await;
    assert_eq!(
        text(&own, "registration_client_uri"),
        format!("https://mcp.example.com/register/{}", text(&own, "client_id"))
    );
    let headers = managing::bearer(&text(&own, "registration_access_token"));
    let shared = text(&answer, "client_id");
    assert_eq!(scene.registrations.read(&shared, &headers).await.status(), 401);
    assert_eq!(scene.registrations.delete(&shared, &headers).await.status(), 401);
}

#[tokio::test]
async fn h16_a_secret_is_shown_once_and_kept_as_a_digest() {
    let scene = Scene::new().await;
    for method in ["client_secret_post", "client_secret_basic"] {
        let answer = scene.good(&with("token_endpoint_auth_method", json!(method))).await;
        assert_eq!(answer["token_endpoint_auth_method"], method);
        assert_eq!(answer["client_secret_expires_at"], 0);
        let client = text(&answer, "client_id");
        let known = scene.registrations.find(&id(&client)).await.unwrap();
        let secret = text(&answer, "client_secret");
        assert_eq!(known.proof, ClientProof::Secret(SecretDigest::of(&secret)));
        let token = text(&answer, "registration_access_token");
        for word in [&client, &secret, &token] {
            let is_plain = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
            assert!(word.len() == 43 && word.chars().all(is_plain), "{word}");
        }
        let stored = scene.world.store.scan(TABLE, None, 10).await.unwrap();
        for (_, found) in stored {
            let text = String::from_utf8(found.record.body).unwrap();
            assert!(!text.contains(&secret) && !text.contains(&token));
        }
        let read = scene.registrations.read(&client, &managing::bearer(&token)).await;
        assert!(body(&read).get("client_secret").is_none());
    }
    let default = scene.good(&with("token_endpoint_auth_method", Value::Null)).await;
    assert_eq!(default["token_endpoint_auth_method"], "client_secret_basic");
}

#[tokio::test]
async fn a_client_with_keys_gets_no_secret() {
    let scene = Scene::new().await;
    let mut metadata = with("token_endpoint_auth_method", json!("private_key_jwt"));
    metadata["jwks"] = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]});
    let answer = scene.good(&metadata).await;
    assert!(answer.get("client_secret").is_none());
    assert_eq!(answer["jwks"], metadata["jwks"]);
    let known = scene.registrations.find(&id(&text(&answer, "client_id"))).await.unwrap();
    assert!(matches!(known.proof, ClientProof::Keys(_)));
    metadata["jwks"]["keys"][0]["d"] = json!("AAAA");
    assert_eq!(scene.register(&metadata).await.status(), 400, "a private key");
}

#[tokio::test]
async fn g31_a_client_has_the_grant_types_that_it_lists() {
    let scene = Scene::new().await;
    let rows = [
        (Value::Null, json!(["authorization_code", "refresh_token"])),
        (json!(["authorization_code", "refresh_token"]), json!(["authorization_code", "refresh_token"])),
        (json!(["authorization_code"]), json!(["authorization_code"])),
        (json!(["authorization_code", "implicit"]), json!(["authorization_code"])),
    ];
    for (listed, expected) in rows {
        assert_eq!(scene.good(&with("grant_types", listed)).await["grant_types"], expected);
    }
}
