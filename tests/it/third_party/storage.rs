//! The database file: one process, one key.

use std::{net::TcpStream, path::Path};

use super::{
    client::{Client, TokenAnswer},
    commands::{run, text},
    stage::{LOCAL, MASTER_KEY, alice, configuration, setup},
};
use crate::support::{Gateway, call, tool_call};

#[tokio::test(flavor = "multi_thread")]
async fn l05_l15_a_second_process_and_another_key_are_refused_and_nothing_is_lost() {
    let upstream = super::attacks::echo().await;
    let address = upstream.uri("/mcp").to_string();
    let mut gateway = setup().start(|listen| configuration(listen, &address, LOCAL, ""));
    let client = Client::register(&gateway).await;
    let tokens = client.connect(&alice()).await;
    let path = gateway.path("state.redb");
    let on_its_file = |listen: &str| {
        let absolute = format!("redb = \"{}\"", path.display());
        configuration(listen, &address, LOCAL, "").replace("redb = \"state.redb\"", &absolute)
    };

    let refused = setup().refuse(on_its_file);
    assert!(!refused.status.success());
    assert!(refused.output.contains("state.redb"), "{}", refused.output);

    gateway.signal("TERM");
    assert!(gateway.wait().success());
    let before = std::fs::read(&path).unwrap();
    let refused = setup().file("master.key", OTHER_KEY).refuse(on_its_file);
    assert!(refused.output.contains("needs the master key"), "{}", refused.output);
    assert!(before == std::fs::read(&path).unwrap(), "the file was touched");

    gateway.crash_and_restart();
    assert_eq!(call(tool_call(&gateway.url("/mcp"), Some(&tokens.access))).await.status, 200);
    client.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn l07_a_state_file_that_is_gone_is_not_made_anew_unless_somebody_says_so() {
    let upstream = super::attacks::echo().await;
    let address = upstream.uri("/mcp").to_string();
    let mut gateway = setup().start(|listen| configuration(listen, &address, LOCAL, ""));
    gateway.wait_for(MADE);
    let client = Client::register(&gateway).await;
    let (ended, kept) = (client.connect(&alice()).await, client.connect(&alice()).await);
    client.revoke(&ended.refresh).await;
    gateway.crash_and_restart();
    assert!(!gateway.output().contains(MADE), "{}", gateway.output());
    let status = async |gateway: &Gateway, access: &str| {
        call(tool_call(&gateway.url("/mcp"), Some(access))).await.status.as_u16()
    };
    assert_eq!((status(&gateway, &ended.access).await, status(&gateway, &kept.access).await), (401, 200));

    // The file goes, and with it what was revoked.
    gateway.signal("TERM");
    assert!(gateway.wait().success());
    let file = gateway.path("state.redb");
    std::fs::remove_file(&file).unwrap();
    let refused = gateway.crash_and_refuse();
    assert_eq!(refused.status.code(), Some(1), "{}", refused.output);
    for words in [file.to_str().unwrap(), "storage restore", "storage init", "serve --init"] {
        assert!(refused.output.contains(words), "{words:?} is not in {}", refused.output);
    }
    assert!(TcpStream::connect(gateway.address()).is_err(), "nothing listens");
    assert!(!file.exists(), "nothing was made");

    // Said by a command: it makes one, binds it to the master key, and makes no second one.
    let config = ["storage", "init", "--config", "gateway.toml"];
    let init = |folder: &Path| {
        let output = run(folder, &config, "");
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, said, _) = init(&gateway.path(""));
    assert_eq!(code, Some(0));
    assert!(said.contains(file.to_str().unwrap()) && said.contains("nobody is signed in"), "{said}");
    let made = std::fs::read(&file).unwrap();
    let (code, _, said) = init(&gateway.path(""));
    assert!(code == Some(1) && said.contains("there is a state file at"), "{said}");
    assert!(made == std::fs::read(&file).unwrap(), "untouched");
    gateway.rewrite("master.key", OTHER_KEY);
    let refused = gateway.crash_and_refuse();
    assert!(refused.output.contains("needs the master key"), "{}", refused.output);
    gateway.rewrite("master.key", MASTER_KEY);
    gateway.crash_and_restart();
    assert!(!gateway.output().contains(MADE), "{}", gateway.output());
    for access in [&ended.access, &kept.access] {
        assert_eq!(status(&gateway, access).await, 401);
    }
    let (code, _, said) = init(&gateway.path(""));
    assert!(code == Some(1) && said.contains("there is a state file at"), "{said}");

    // Said at the start.
    gateway.signal("TERM");
    assert!(gateway.wait().success());
    std::fs::remove_file(&file).unwrap();
    gateway.crash_and_restart_with(&["--init"]);
    gateway.wait_for(MADE);
    let anew = Client::register(&gateway).await.connect(&alice()).await;
    gateway.crash_and_restart_with(&["--init"]);
    assert!(!gateway.output().contains(MADE), "{}", gateway.output());
    assert_eq!(status(&gateway, &anew.access).await, 200, "what is there is kept");
}

#[test]
fn l07_a_store_is_made_for_a_configuration_that_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.toml");
    let write = |it: &str| std::fs::write(&path, it).unwrap();
    let init = || run(folder.path(), &["storage", "init", "--config", "gateway.toml", "--json"], "");
    let refused = |words: &str| {
        let output = init();
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
        assert!(!folder.path().join("state.redb").exists());
    };
    let complete = configuration("127.0.0.1:8080", "http://127.0.0.1:3000/mcp", LOCAL, "");
    write(&complete);
    refused("third_party.master_key");
    let key = run(folder.path(), &["keys", "generate-master", "master.key"], "");
    assert!(key.status.success());
    write(&complete.replace("redb = \"state.redb\"", "memory = true"));
    refused("no `third_party.storage` in a file");
    write(&complete);
    let output = init();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["file"], folder.path().join("state.redb").to_str().unwrap());
}

const OTHER_KEY: &str = "b3f1c07d6a2e984512fd7e30c9a8b1645fe20d738c4bb6aa19e7f3502d8c6491";
const MADE: &str = "there was no state file, so a new one was made";
