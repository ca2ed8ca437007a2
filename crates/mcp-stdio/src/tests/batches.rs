//! Batches, which revision 2025-03-26 has.

use super::*;

/// A session that has agreed on this revision.
async fn session(bridge: &Arc<Bridge>, who: &Somebody, revision: &str) -> Session {
    let body = call(0, "initialize", &json!({ "protocolVersion": revision, "capabilities": {} }));
    let answer = bridge.forward(request("POST", &[], &body), who.on_behalf()).await.unwrap();
    let id = answer.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    Session { bridge: Arc::clone(bridge), who: who.clone(), id }
}

impl Session {
    async fn batch(&self, accept: &str, messages: &[Value]) -> Result<Response<StdioBody>, StdioError> {
        let headers = [("mcp-session-id", self.id.as_str()), ("accept", accept)];
        let request = request("POST", &headers, &json!(messages).to_string());
        self.bridge.forward(request, self.who.on_behalf()).await
    }
}

fn echo(id: Value, text: &str, ms: u64) -> Value {
    let params = json!({ "name": "echo", "arguments": { "text": text, "ms": ms } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

/// What was answered under which id.
fn texts(messages: &[Value]) -> Vec<(Value, String)> {
    let text = |it: &Value| it["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned();
    messages.iter().map(|it| (it["id"].clone(), text(it))).collect()
}

const BOTH: &str = "application/json, text/event-stream";
const REVISION: &str = "2025-03-26";

#[tokio::test]
async fn h3_each_request_of_a_batch_is_answered_on_one_stream() {
    let bridge = bridge(&["legacy"], |_| {});
    let session = session(&bridge, &Somebody::named("alice"), REVISION).await;
    let progress = json!({ "name": "progress", "arguments": { "steps": 2, "ms": 1 }, "_meta": { "progressToken": "t" } });
    let batch = [
        echo(json!(1), "slow", 50),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        echo(json!("1"), "quick", 0),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": progress }),
        json!({ "jsonrpc": "2.0", "id": 3, "method": "no/such" }),
    ];
    let answer = session.batch(BOTH, &batch).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().is_event_stream()), (200, true));
    let answer = read(answer).await;
    let (answers, others): (Vec<_>, Vec<_>) =
        answer.messages.into_iter().partition(|it| it["id"] != json!(null));
    assert!(others.iter().all(|it| it["params"]["progressToken"] == "t"), "{others:?}");
    assert_eq!(others.len(), 2);
    let mut texts = texts(&answers);
    texts.sort_by_key(|it| it.0.to_string());
    let expected = [(json!("1"), "quick"), (json!(1), "slow"), (json!(2), "t"), (json!(3), "")];
    assert_eq!(texts, expected.map(|(id, text)| (id, text.to_owned())));
    bridge.stop().await;
}

#[tokio::test]
async fn h3_a_client_that_takes_no_events_gets_an_array() {
    let bridge = bridge(&["legacy"], |_| {});
    let session = session(&bridge, &Somebody::named("alice"), REVISION).await;
    let batch = [echo(json!(1), "slow", 50), echo(json!(2), "quick", 0)];
    let answer = session.batch("application/json", &batch).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let answer = read(answer).await;
    let answers = answer.last().as_array().unwrap();
    assert_eq!(texts(answers), [(json!(1), "slow".to_owned()), (json!(2), "quick".to_owned())]);
    bridge.stop().await;
}

#[tokio::test]
async fn h3_a_batch_without_requests_is_accepted() {
    let bridge = bridge(&["legacy"], |_| {});
    let session = session(&bridge, &Somebody::named("alice"), REVISION).await;
    let batch = [
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": "nobody-asked", "result": {} }),
    ];
    let accepted = session.batch(BOTH, &batch).await.unwrap();
    assert_eq!(accepted.status().as_u16(), 202);
    assert!(accepted.into_body().collect().await.unwrap().to_bytes().is_empty());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e34_batches_under_colliding_ids_never_cross() {
    let bridge = bridge(&["legacy"], |_| {});
    let people = ["ada", "bob", "cyd"].map(Somebody::named);
    let calls = people.iter().map(|who| async {
        let session = session(&bridge, who, REVISION).await;
        for round in 0..10 {
            // Within the batch they collide as well.
            let batch: Vec<_> = (0..8)
                .map(|nth| echo(json!(nth % 2), &format!("{}-{round}-{nth}", who.name), nth % 3))
                .collect();
            let answer = read(session.batch(BOTH, &batch).await.unwrap()).await;
            let mut texts = texts(&answer.messages);
            texts.sort_by(|one, other| one.1.cmp(&other.1));
            let expected = (0..8).map(|nth| (json!(nth % 2), format!("{}-{round}-{nth}", who.name)));
            assert_eq!(texts, expected.collect::<Vec<_>>());
        }
    });
    futures_util::future::join_all(calls).await;
    bridge.stop().await;
}

#[tokio::test]
async fn h3_other_revisions_have_no_batches() {
    let bridge = bridge(&["legacy", "modern"], |_| {});
    let alice = Somebody::named("alice");
    let batch = [echo(json!(1), "a", 0)];
    for (revision, is_taken) in
        [("2024-11-05", false), (REVISION, true), ("2025-06-18", false), ("2025-11-25", false)]
    {
        let session = session(&bridge, &alice, revision).await;
        let outcome = session.batch(BOTH, &batch).await;
        match outcome {
            Ok(_) => assert!(is_taken, "{revision}"),
            Err(error) => {
                assert_eq!((error.reason(), is_taken), (StdioReason::NoMessage, false), "{revision}");
                assert!(error.body().unwrap().contains("-32600"));
            }
        }
    }
    let session = session(&bridge, &alice, REVISION).await;
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": REVISION } }),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } }),
        json!({ "jsonrpc": "1.0", "id": 1, "method": "ping" }),
        json!([echo(json!(2), "a", 0)]),
    ] {
        // One bad message refuses all: the good one before it does not reach the child.
        let refused = session.batch(BOTH, &[echo(json!(2), "a", 0), message.clone()]).await.unwrap_err();
        assert_eq!(refused.status().as_u16(), 400, "{message}");
    }
    let stolen =
        Session { bridge: Arc::clone(&bridge), who: Somebody::named("mallory"), id: session.id.clone() };
    assert_eq!(reason(stolen.batch(BOTH, &batch).await), StdioReason::Session);
    bridge.stop().await;
}

#[tokio::test]
async fn e36_each_request_of_a_batch_hears_of_the_end_of_the_process() {
    let bridge = bridge(&["legacy"], |_| {});
    for (accept, is_array) in [(BOTH, false), ("application/json", true)] {
        let session = session(&bridge, &Somebody::named("alice"), REVISION).await;
        let end = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "exit" } });
        let hang = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "hang" } });
        let answer = read(session.batch(accept, &[hang, end]).await.unwrap()).await;
        let answers = if is_array { answer.last().as_array().unwrap() } else { &answer.messages };
        let mut codes: Vec<_> =
            answers.iter().map(|it| (it["id"].as_u64(), it["error"]["code"].as_i64())).collect();
        codes.sort_unstable();
        assert_eq!(codes, [(Some(1), Some(502)), (Some(2), Some(502))], "{accept}");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn h3_a_batch_of_the_server_is_taken_apart() {
    let bridge = bridge(&["legacy"], |_| {});
    let session = session(&bridge, &Somebody::named("alice"), REVISION).await;
    let answer = session.tool(4, "batched", json!({})).await.unwrap();
    assert_eq!(answer.messages.len(), 2, "{answer:?}");
    assert_eq!(
        (&answer.messages[0]["method"], &answer.last()["id"]),
        (&json!("notifications/message"), &json!(4))
    );
    bridge.stop().await;
}
