//! `check --online` of a gateway with state.

use serde_json::Value;

use super::Scene;

/// The findings about the state: code and message.
fn findings(scene: &Scene) -> (i32, Vec<(String, String)>) {
    let (code, answer, said) = scene.command(&["check", "--online", "--json"]);
    let findings: Vec<Value> = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}{said}"));
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    let about_state = ["state_", "master_key_", "sealed_"];
    let found = findings.iter().map(|it| (text(it, "code"), text(it, "message")));
    (code, found.filter(|(code, _)| about_state.iter().any(|it| code.starts_with(it))).collect())
}

/// The one finding about the state.
#[track_caller]
fn the_one(scene: &Scene) -> (i32, String, String) {
    let (code, mut found) = findings(scene);
    assert_eq!(found.len(), 1, "{found:?}");
    let (name, message) = found.remove(0);
    (code, name, message)
}

#[tokio::test(flavor = "multi_thread")]
async fn l05_a_check_opens_what_is_sealed_and_touches_nothing() {
    let mut scene = Scene::set().await;
    let configuration = std::fs::read_to_string(scene.gateway.path("gateway.toml")).unwrap();
    let folder = scene.gateway.path("");
    let written = crate::third_party::commands::run(&folder, &["keys", "generate-master", "new.key"], "");
    assert!(written.status.success());
    let both = "master_key = { file = \"new.key\" }\nold_master_keys = [{ file = \"master.key\" }]";
    let with = |keys: &str| configuration.replace(r#"master_key = { file = "master.key" }"#, keys);
    let write = |text: &str| std::fs::write(folder.join("checked.toml"), text).unwrap();
    let check = |scene: &Scene| {
        let arguments = ["check", "--online", "--json", "--config", "checked.toml"];
        let output = crate::third_party::commands::run(&scene.gateway.path(""), &arguments, "");
        let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        let codes =
            ["state_opens", "state_not_seen", "state_unusable", "master_key_wrong", "sealed_unopened"];
        let found = findings.iter().filter(|it| codes.contains(&it["code"].as_str().unwrap()));
        found
            .map(|it| (it["code"].as_str().unwrap().to_owned(), it["message"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };

    // The running gateway is asked; what it has sealed must be opened by the file that is checked.
    let (code, name, message) = the_one(&scene);
    assert_eq!((code, &*name), (0, "state_opens"), "{message}");
    assert!(message.contains("1 grants"), "{message}");
    write(&with(both));
    assert_eq!(check(&scene)[0].0, "state_opens");
    write(&with("master_key = { file = \"new.key\" }"));
    let found = check(&scene);
    assert!(found.len() >= 2 && found.iter().all(|(code, _)| code == "sealed_unopened"), "{found:?}");
    assert!(found.iter().any(|(_, message)| message.contains("refresh token")), "{found:?}");
    write(&format!("{configuration}\n[admin]\nenabled = false\n"));
    let found = check(&scene);
    assert_eq!(found[0].0, "state_not_seen");
    assert!(found[0].1.contains("a running gateway has"), "{found:?}");

    // Nothing runs: the file is opened, and stays as it is, byte for byte.
    scene.stop();
    let state = || std::fs::read(scene.gateway.path("state.redb")).unwrap();
    let before = state();
    write(&configuration);
    assert_eq!(check(&scene)[0].0, "state_opens");
    write(&with("master_key = { file = \"new.key\" }"));
    let found = check(&scene);
    assert_eq!((found.len(), &*found[0].0), (1, "master_key_wrong"), "{found:?}");
    assert!(found[0].1.contains("needs the master key"), "{found:?}");
    assert!(before == state(), "untouched");

    // Damage is told, and left.
    std::fs::write(scene.gateway.path("state.redb"), &before[..before.len() / 2]).unwrap();
    write(&configuration);
    let found = check(&scene);
    assert_eq!((found.len(), &*found[0].0), (1, "state_unusable"), "{found:?}");
    assert!(before[..before.len() / 2] == *state());
    std::fs::remove_file(scene.gateway.path("state.redb")).unwrap();
    let (code, name, _) = the_one(&scene);
    assert_eq!((code, &*name), (0, "state_new"));
    assert!(!scene.gateway.path("state.redb").exists());
}
