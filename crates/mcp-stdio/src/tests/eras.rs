//! Clients of one era before servers of the other.

use super::*;

async fn status_and_code(bridge: &Bridge) -> (u16, Value) {
    let refused =
        modern_tool(bridge, &Somebody::named("alice"), json!(5), "pid", json!({})).await.unwrap_err();
    let body: Value = serde_json::from_str(refused.body().unwrap()).unwrap();
    assert_eq!(body["id"], 5);
    (refused.status().as_u16(), body["error"]["code"].clone())
}

#[tokio::test]
async fn h19_a_modern_client_is_led_to_initialize() {
    for speaks in [&["legacy"][..], &["legacy", "silent"]] {
        let bridge = bridge(speaks, |it| it.bounds.start = Duration::from_secs(2));
        // A recognised modern error would keep a client of both eras from falling back.
        assert_eq!(status_and_code(&bridge).await, (400, json!(400)), "{speaks:?}");
        assert_eq!(status_and_code(&bridge).await, (400, json!(400)), "{speaks:?}");
        let session = Session::open(&bridge, &Somebody::named("alice")).await;
        assert_eq!(session.tool(1, "echo", json!({ "text": "old" })).await.unwrap().text(), "old");
        bridge.stop().await;
    }
}

#[tokio::test]
async fn h19_an_old_client_hears_from_a_modern_server_that_it_cannot_be() {
    let bridge = bridge(&["modern"], |_| {});
    let alice = Somebody::named("alice");
    let body = call(3, "initialize", &json!({ "protocolVersion": "2025-11-25" }));
    let answer = bridge.forward(request("POST", &[], &body), alice.on_behalf()).await.unwrap();
    assert!(!answer.headers().contains_key("mcp-session-id"));
    let answer = read(answer).await;
    assert_eq!((answer.status, &answer.last()["error"]["code"]), (200, &json!(-32601)));
    bridge.stop().await;
}

#[tokio::test]
async fn a_server_of_both_eras_serves_both() {
    let bridge = bridge(&["legacy", "modern"], |_| {});
    let alice = Somebody::named("alice");
    let modern = modern_tool(&bridge, &alice, json!(1), "echo", json!({ "text": "new" })).await.unwrap();
    let session = Session::open(&bridge, &alice).await;
    assert_eq!((modern.status, modern.text()), (200, "new"));
    assert_eq!(session.tool(1, "echo", json!({ "text": "old" })).await.unwrap().text(), "old");
    bridge.stop().await;
}

#[tokio::test]
async fn h20_a_server_that_never_answers_does_not_start() {
    let bridge = bridge(&["silent"], |it| {
        it.program = "/bin/sleep".into();
        it.arguments = vec!["1000".to_owned()];
        it.bounds.start = Duration::from_millis(400);
    });
    let alice = Somebody::named("alice");
    let modern = modern_tool(&bridge, &alice, json!(1), "pid", json!({})).await;
    assert_eq!(reason(modern), StdioReason::StartTimeout);
    assert_eq!(reason(Session::try_open(&bridge, &alice).await.map(drop)), StdioReason::StartTimeout);
    bridge.stop().await;
}
