//! `storage`.

use std::{
    os::unix::fs::MetadataExt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::json;

use super::{Client, Scene, alice, run, text};
use crate::third_party::client::TokenAnswer;

#[tokio::test(flavor = "multi_thread")]
async fn l09_l12_a_backup_made_under_load_is_restored_without_what_may_have_ended() {
    let mut scene = Scene::set().await;
    let stop = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (client, mut refresh, stop) =
            (scene.client.clone(), scene.client.connect(&alice()).await.refresh, Arc::clone(&stop));
        async move {
            while !stop.load(Ordering::Relaxed) {
                refresh = client.refresh(&refresh).await.tokens().refresh;
            }
        }
    });
    let done = scene.asks(&["storage", "backup", "backup.redb"]);
    stop.store(true, Ordering::Relaxed);
    load.await.unwrap();
    assert!(done["records"].as_u64().unwrap() > 4, "{done}");
    let backup = scene.gateway.path("backup.redb");
    assert_eq!(std::fs::metadata(&backup).unwrap().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&backup).unwrap();
    let holds = |secret: &str| bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
    assert!(!holds(&scene.tokens.refresh) && !holds(&scene.tokens.access));
    assert!(holds("registered_clients"), "one that is searched for is found");
    let taken = scene.command(&["storage", "backup", "backup.redb"]);
    assert_eq!(taken.0, 1);
    assert!(taken.2.contains("exists: give the backup another name"), "{}", taken.2);

    // The grant ends after the backup, and must not come back with it.
    scene.client.revoke(&scene.tokens.refresh).await;
    let in_use = scene.command(&["storage", "restore", "backup.redb", "--replace"]);
    assert!(in_use.0 == 1 && in_use.2.contains("stop it first"), "{}", in_use.2);
    scene.stop();
    let store = scene.gateway.path("state.redb");
    std::fs::copy(&backup, scene.gateway.path("copied.redb")).unwrap();
    std::fs::rename(&store, scene.gateway.path("kept.redb")).unwrap();
    std::fs::rename(scene.gateway.path("copied.redb"), &store).unwrap();
    let (code, _, said) = scene.command(&["grants", "list"]);
    assert!(code == 1 && said.contains("is a backup: restore it"), "{said}");
    std::fs::remove_file(&store).unwrap();
    std::fs::rename(scene.gateway.path("kept.redb"), &store).unwrap();

    let kept = scene.command(&["storage", "restore", "backup.redb"]);
    assert!(kept.0 == 1 && kept.2.contains("--replace"), "{}", kept.2);
    let restored = scene.asks(&["storage", "restore", "backup.redb", "--replace"]);
    assert_eq!(restored["left_out"]["grants"], json!(2), "{restored}");
    assert!(scene.gateway.path("state.redb.replaced").exists());
    scene.gateway.crash_and_restart();
    assert_eq!(scene.status(&scene.tokens.access).await, 401);
    let dead = scene.client.refresh(&scene.tokens.refresh).await;
    assert_eq!(dead.refusal(), (400, "invalid_grant".to_owned()));
    let anew = scene.client.connect(&alice()).await;
    assert_eq!(scene.status(&anew.access).await, 200, "the client is still registered");
}

#[tokio::test(flavor = "multi_thread")]
async fn l09_kept_grants_go_on_unless_their_token_is_newer_than_the_store() {
    let mut scene = Scene::set().await;
    let other = Client::register_as(&scene.gateway, json!({ "client_name": "Rotated later" })).await;
    let before = other.connect(&alice()).await;
    scene.asks(&["storage", "backup", "backup.redb"]);
    let after = other.refresh(&before.refresh).await.tokens();
    let newest = other.refresh(&after.refresh).await.tokens();
    scene.stop();
    scene.asks(&["storage", "restore", "backup.redb", "--replace", "--keep-grants"]);
    scene.gateway.crash_and_restart();
    let refreshed = scene.client.refresh(&scene.tokens.refresh).await.tokens();
    assert_eq!(scene.status(&refreshed.access).await, 200);

    let newer = other.refresh(&newest.refresh).await;
    assert_eq!(newer.refusal(), (400, "invalid_grant".to_owned()));
    scene.gateway.wait_for("store_rolled_back");
    assert_eq!(scene.status(&newest.access).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn l06_what_is_wrong_with_a_backup_is_said() {
    let scene = Scene::set().await;
    scene.asks(&["storage", "backup", "backup.redb"]);
    let verify = || run(&scene.gateway.path(""), &["storage", "verify", "backup.redb"], "");
    let sound = verify();
    assert!(sound.status.success() && text(&sound.stdout).contains("the file is sound"));
    let path = scene.gateway.path("backup.redb");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&path, bytes).unwrap();
    let damaged = verify();
    assert_eq!(damaged.status.code(), Some(1));
    assert!(text(&damaged.stderr).contains("damaged"), "{}", text(&damaged.stderr));
    let in_use = run(&scene.gateway.path(""), &["storage", "verify", "state.redb"], "");
    assert!(text(&in_use.stderr).contains("in use by another process"), "{}", text(&in_use.stderr));
}
