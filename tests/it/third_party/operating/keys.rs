//! `keys`.

use serde_json::json;

use super::Scene;
use crate::{support::get, third_party::client::TokenAnswer};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_signing_key_signs_and_tokens_of_the_old_one_stay_good() {
    let scene = Scene::set().await;
    let kids = async || {
        let keys = get(&scene.gateway.url("/jwks")).await.json();
        keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["kid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let before = kids().await;
    let (code, _, said) = scene.command(&["keys", "rotate"]);
    assert_eq!(code, 1);
    assert!(said.contains("was published a short time ago"), "{said}");
    assert_eq!(kids().await, before);

    let rotated = scene.asks(&["keys", "rotate", "--at-once"]);
    assert_eq!(rotated["current"], json!(before[1]));
    let after = kids().await;
    assert_eq!(after[0], before[1]);
    assert!(after.contains(&before[0]), "the old one is still published: {after:?}");
    assert_eq!(scene.status(&scene.tokens.access).await, 200, "a token of the old key");
    let fresh = scene.client.refresh(&scene.tokens.refresh).await.tokens();
    assert_eq!(scene.status(&fresh.access).await, 200, "a token of the new key");
}

#[tokio::test(flavor = "multi_thread")]
async fn l10_a_new_master_key_takes_over_while_the_gateway_serves() {
    let mut scene = Scene::set().await;
    let written = crate::third_party::commands::run(
        &scene.gateway.path(""),
        &["keys", "generate-master", "new.key"],
        "",
    );
    assert!(written.status.success());
    let configuration = std::fs::read_to_string(scene.gateway.path("gateway.toml")).unwrap();
    let with = |keys: &str| configuration.replace(r#"master_key = { file = "master.key" }"#, keys);
    let both = with("master_key = { file = \"new.key\" }\nold_master_keys = [{ file = \"master.key\" }]");
    let new = with(r#"master_key = { file = "new.key" }"#);

    // A key that is still needed cannot be taken away.
    scene.gateway.rewrite("gateway.toml", &new);
    scene.gateway.wait_for("the old one stays in force");
    assert!(scene.gateway.output().contains("needs the master key"), "{}", scene.gateway.output());
    assert_eq!(scene.asks(&["keys", "reseal"])["older"], json!({}));

    scene.gateway.rewrite("gateway.toml", &both);
    scene.gateway.wait_for("the configuration was reloaded");
    let first = scene.asks(&["keys", "reseal"]);
    assert!(first["resealed"].as_u64().unwrap() >= 2, "the signing keys and the check record: {first}");
    let (old, needed) = first["older"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(needed, &json!({ "is_free": false, "grants": 1 }), "a refresh token of {old} is out");
    let (_, words, progress) = scene.command(&["keys", "reseal"]);
    assert!(words.contains("sealed 0 records anew") && words.contains("1 grants still need"), "{words}");
    assert!(progress.contains("signing_keys: 1 records looked at"), "{progress}");
    let refreshed = scene.client.refresh(&scene.tokens.refresh).await.tokens();
    let second = scene.asks(&["keys", "reseal"]);
    assert_eq!(second["older"], json!({ old.as_str(): { "is_free": true, "grants": 0 } }));

    scene.gateway.rewrite("gateway.toml", &new);
    scene.gateway.crash_and_restart();
    assert_eq!(scene.status(&refreshed.access).await, 200);
    scene.client.refresh(&refreshed.refresh).await.tokens();
}
