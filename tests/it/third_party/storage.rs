//! The database file: one process, one key.

use super::{
    client::{Client, TokenAnswer},
    stage::{LOCAL, alice, configuration, setup},
};
use crate::support::{call, tool_call};

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
    let refused = setup().file("master.key", &"b".repeat(64)).refuse(on_its_file);
    assert!(refused.output.contains("key"), "{}", refused.output);
    assert!(before == std::fs::read(&path).unwrap(), "the file was touched");

    gateway.crash_and_restart();
    assert_eq!(call(tool_call(&gateway.url("/mcp"), Some(&tokens.access))).await.status, 200);
    client.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn l07_a_state_file_that_was_not_there_is_made_and_that_is_said() {
    const SAID: &str = "there was no state file, so a new one was made";
    let upstream = super::attacks::echo().await;
    let address = upstream.uri("/mcp").to_string();
    let mut gateway = setup().start(|listen| configuration(listen, &address, LOCAL, ""));
    gateway.wait_for(SAID);
    let client = Client::register(&gateway).await;
    let tokens = client.connect(&alice()).await;

    gateway.crash_and_restart();
    assert!(!gateway.output().contains(SAID), "{}", gateway.output());
    assert_eq!(call(tool_call(&gateway.url("/mcp"), Some(&tokens.access))).await.status, 200);

    gateway.signal("TERM");
    assert!(gateway.wait().success());
    std::fs::remove_file(gateway.path("state.redb")).unwrap();
    gateway.crash_and_restart();
    gateway.wait_for(SAID);
    assert_eq!(call(tool_call(&gateway.url("/mcp"), Some(&tokens.access))).await.status, 401);
}
