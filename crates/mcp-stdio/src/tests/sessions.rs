//! Revisions up to 2025-11-25.

use super::*;

#[tokio::test]
async fn e31_a_session_is_its_principals_alone() {
    let bridge = bridge(&["legacy"], |_| {});
    let (alice, mallory) = (Somebody::named("alice"), Somebody::named("mallory"));
    let session = Session::open(&bridge, &alice).await;
    assert_eq!(session.tool(1, "echo", json!({ "text": "mine" })).await.unwrap().text(), "mine");
    let stolen = Session { bridge: Arc::clone(&bridge), who: mallory.clone(), id: session.id.clone() };
    let invented = Session { bridge: Arc::clone(&bridge), who: mallory, id: "x".repeat(43) };
    for session in [&stolen, &invented] {
        let tool = session.tool(1, "echo", json!({ "text": "mine" })).await.unwrap_err();
        let (get, delete) = (session.by_method("GET").await, session.by_method("DELETE").await);
        for error in [tool, get.unwrap_err(), delete.unwrap_err()] {
            assert_eq!((error.reason(), error.status().as_u16()), (StdioReason::Session, 404));
            assert_eq!(error.body(), None);
        }
    }
    assert_eq!(session.tool(2, "echo", json!({ "text": "still" })).await.unwrap().text(), "still");
    bridge.stop().await;
}

#[tokio::test]
async fn e33_ids_of_sessions_are_ours_and_random() {
    let bridge = bridge(&["legacy"], |it| it.bounds.children_per_principal = 100);
    let alice = Somebody::named("alice");
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..20 {
        ids.insert(Session::open(&bridge, &alice).await.id);
    }
    assert_eq!(ids.len(), 20);
    // 32 bytes in base64url.
    assert!(ids.iter().all(|it| it.len() == 43), "{ids:?}");
    let chosen = "chosen-by-the-client-0000000000000000000000";
    let body = call(0, "initialize", &json!({ "protocolVersion": "2025-11-25" }));
    let sent = request("POST", &[("mcp-session-id", chosen)], &body);
    let answer = bridge.forward(sent, alice.on_behalf()).await.unwrap();
    assert_ne!(answer.headers()["mcp-session-id"], chosen);
    bridge.stop().await;
}

#[tokio::test]
async fn k14_delete_ends_a_session_with_its_child() {
    let bridge = bridge(&["legacy"], |_| {});
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let pid = session.tool(1, "pid", json!({})).await.unwrap().json().as_u64().unwrap();
    assert_eq!(session.by_method("DELETE").await.unwrap().status(), 204);
    assert_eq!(reason(session.tool(2, "pid", json!({})).await), StdioReason::Session);
    assert_eq!(reason(session.by_method("GET").await), StdioReason::Session);
    until("the child is gone", || !is_there(pid)).await;
    bridge.stop().await;
}

#[tokio::test]
async fn s2_a_request_without_a_session_is_told_so() {
    let bridge = bridge(&["legacy"], |_| {});
    let alice = Somebody::named("alice");
    let refused = bridge.forward(request("POST", &[], &call(7, "ping", &json!({}))), alice.on_behalf()).await;
    let refused = refused.unwrap_err();
    assert_eq!((refused.reason(), refused.status().as_u16()), (StdioReason::SessionMissing, 400));
    let body: Value = serde_json::from_str(refused.body().unwrap()).unwrap();
    assert_eq!((&body["id"], &body["error"]["code"]), (&json!(7), &json!(-32600)));
    for method in ["GET", "DELETE", "HEAD"] {
        let refused = bridge.forward(request(method, &[], ""), alice.on_behalf()).await;
        assert_eq!(refused.unwrap_err().status().as_u16(), 405, "{method}");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn h4_the_revision_of_a_session_is_one_that_has_sessions() {
    let bridge = bridge(&["legacy"], |_| {});
    let alice = Somebody::named("alice");
    let session = Session::open(&bridge, &alice).await;
    for (revision, expected) in [("2025-06-18", 200), ("2025-03-26", 200), ("1999-01-01", 400), ("x", 400)] {
        let headers = [("mcp-session-id", session.id.as_str()), ("mcp-protocol-version", revision)];
        let body = call(1, "tools/call", &json!({ "name": "pid" }));
        let outcome = bridge.forward(request("POST", &headers, &body), alice.on_behalf()).await;
        let status = outcome.map_or_else(|it| it.status(), |it| it.status());
        assert_eq!(status.as_u16(), expected, "{revision}");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn h13_leaving_is_no_cancellation() {
    let bridge = bridge(&["legacy"], |it| it.bounds.keep_alive = Duration::from_millis(20));
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let left = session.send(&call(1, "tools/call", &json!({ "name": "hang" }))).await.unwrap();
    assert!(left.body().is_event_stream());
    drop(left);
    let seen = session.tool(2, "cancelled", json!({})).await.unwrap().json();
    assert_eq!(seen, json!([]));
    bridge.stop().await;
}

#[tokio::test]
async fn a_cancellation_names_the_request_by_the_id_that_the_child_knows() {
    let bridge = bridge(&["legacy"], |it| it.bounds.keep_alive = Duration::from_millis(20));
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let open = session.send(&call(41, "tools/call", &json!({ "name": "hang" }))).await.unwrap();
    for id in [41, 42] {
        let params = json!({ "requestId": id });
        let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        assert_eq!(session.send(&cancel.to_string()).await.unwrap().status(), 202);
    }
    // `initialize` was the first request and has 1; the one that hangs has 2, and nobody has sent 42.
    assert_eq!(session.tool(3, "cancelled", json!({})).await.unwrap().json(), json!([2]));
    drop(open);
    bridge.stop().await;
}

#[tokio::test]
async fn a_request_that_was_taken_back_and_left_is_forgotten() {
    let bridge = bridge(&["legacy"], |it| it.bounds.keep_alive = Duration::from_millis(20));
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let child = Arc::clone(&bridge.sessions.of(&session.id, "alice").unwrap().child);
    for leaves_first in [true, false] {
        let open = session.send(&call(41, "tools/call", &json!({ "name": "hang" }))).await.unwrap();
        let mut open = Some(open);
        if leaves_first {
            open.take();
        }
        // A client that only left may come back for its answer.
        assert!(child.number_of("41", "alice").is_some());
        let params = json!({ "requestId": 41 });
        let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        assert_eq!(session.send(&cancel.to_string()).await.unwrap().status(), 202);
        assert_eq!(child.number_of("41", "alice").is_some(), open.is_some());
        drop(open);
        assert_eq!(child.number_of("41", "alice"), None);
    }
    bridge.stop().await;
}

#[tokio::test]
async fn what_a_server_asks_is_not_asked_on_the_stream_of_what_was_taken_back() {
    let bridge = bridge(&["legacy"], |it| it.bounds.keep_alive = Duration::from_millis(20));
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let mut listener = session.by_method("GET").await.unwrap().into_body();
    let open = session.send(&call(1, "tools/call", &json!({ "name": "hang" }))).await.unwrap();
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    session.send(&cancel.to_string()).await.unwrap();
    let asked = session.send(&call(2, "tools/call", &json!({ "name": "ask" }))).await.unwrap();
    let mut asked = asked.into_body();
    let question = async {
        loop {
            let frame = tokio::select! {
                frame = asked.frame() => ("its own", frame),
                frame = listener.frame() => ("the listening", frame),
            };
            let (stream, frame) = (frame.0, frame.1.unwrap().unwrap().into_data().unwrap());
            if String::from_utf8_lossy(&frame).contains("sampling/createMessage") {
                return stream;
            }
        }
    };
    assert_eq!(question.await, "its own");
    drop(open);
    bridge.stop().await;
}

#[tokio::test]
async fn progress_comes_on_the_stream_of_its_request_as_it_happens() {
    let bridge = bridge(&["legacy"], |_| {});
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let with_token = |id, token: &Value| {
        let meta = json!({ "progressToken": token });
        let arguments = json!({ "steps": 3, "ms": 20 });
        call(id, "tools/call", &json!({ "name": "progress", "arguments": arguments, "_meta": meta }))
    };
    let (first, second) = (with_token(1, &json!("a")), with_token(2, &json!(2)));
    let (first, second) = tokio::join!(session.send(&first), session.send(&second));
    for (answer, token) in [(first, json!("a")), (second, json!(2))] {
        let answer = read(answer.unwrap()).await;
        assert_eq!(answer.headers["content-type"], "text/event-stream");
        assert_eq!(answer.headers["x-accel-buffering"], "no");
        assert_eq!(answer.messages.len(), 4, "{answer:?}");
        assert!(answer.messages[..3].iter().all(|it| it["params"]["progressToken"] == token), "{answer:?}");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn e37_what_a_server_asks_goes_to_its_client_and_the_answer_back() {
    let bridge = bridge(&["legacy"], |_| {});
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let other = Session::open(&bridge, &Somebody::named("bob")).await;
    let others = other.by_method("GET").await.unwrap();
    let asked = session.send(&call(1, "tools/call", &json!({ "name": "ask" }))).await.unwrap();
    let mut body = asked.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("sampling/createMessage"), "{first:?}");
    for id in ["ask-7", "ask-1"] {
        let answer = json!({ "jsonrpc": "2.0", "id": id, "result": { "said": id } });
        assert_eq!(session.send(&answer.to_string()).await.unwrap().status(), 202);
    }
    let rest = body.collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&rest).contains(r#"{\"said\":\"ask-1\"}"#), "{rest:?}");
    assert_eq!(other.by_method("DELETE").await.unwrap().status(), 204);
    assert_eq!(read(others).await.messages, Vec::<Value>::new());
    bridge.stop().await;
}

#[tokio::test]
async fn what_belongs_to_no_request_comes_on_the_stream_of_the_session() {
    let bridge = bridge(&["legacy"], |_| {});
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let mut stream = session.by_method("GET").await.unwrap().into_body();
    let answer = session.tool(1, "log", json!({ "text": "hello" })).await.unwrap();
    assert_eq!((answer.messages.len(), answer.text()), (1, "logged"));
    let event = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(String::from_utf8_lossy(&event).contains(r#""data":"hello""#), "{event:?}");
    let newer = session.by_method("GET").await.unwrap();
    assert!(stream.frame().await.is_none(), "the older stream must end");
    drop(newer);
    // Without such a stream they come with the answer.
    until("the stream is gone", || true).await;
    let answer = session.tool(2, "log", json!({ "text": "again" })).await.unwrap();
    assert_eq!(answer.text(), "logged");
    bridge.stop().await;
}
