//! Revisions from 2026-07-28 on.

use futures_util::future::join_all;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn e34_answers_under_colliding_ids_never_cross() {
    for shared in [false, true] {
        let bridge = bridge(&["modern"], |it| it.shared = shared);
        let people: Vec<_> = ["ada", "bob", "cyd", "dan"].map(Somebody::named).into();
        let pids =
            join_all(people.iter().map(|who| modern_tool(&bridge, who, json!(0), "pid", json!({})))).await;
        let pids: std::collections::BTreeSet<_> =
            pids.into_iter().map(|it| it.unwrap().text().to_owned()).collect();
        assert_eq!(pids.len(), if shared { 1 } else { people.len() });
        for round in 0..25 {
            let calls = (0..20).flat_map(|id| people.iter().map(move |who| (id, who))).map(|(id, who)| {
                let bridge = &bridge;
                async move {
                    let text = format!("{}-{round}-{id}", who.name);
                    let arguments = json!({ "text": text, "ms": (id * 7) % 5 });
                    let answer = modern_tool(bridge, who, json!(id), "echo", arguments).await.unwrap();
                    assert_eq!((answer.text(), &answer.last()["id"]), (text.as_str(), &json!(id)));
                }
            });
            join_all(calls).await;
        }
        bridge.stop().await;
    }
}

#[tokio::test]
async fn e34_progress_under_colliding_tokens_never_crosses() {
    let bridge = bridge(&["modern"], |it| it.shared = true);
    let people = [Somebody::named("ada"), Somebody::named("bob")];
    let answers = join_all(people.iter().map(|who| async {
        let params = json!({ "name": "progress", "arguments": { "steps": 5, "ms": 5 }, "_meta": { "progressToken": "t" } });
        read(modern(&bridge, who, json!("same"), "tools/call", params).await.unwrap()).await
    }));
    for answer in answers.await {
        assert_eq!(answer.messages.len(), 6, "{answer:?}");
        let steps: Vec<_> = answer.messages[..5].iter().map(|it| it["params"]["progress"].as_u64()).collect();
        assert_eq!(steps, (1..=5).map(Some).collect::<Vec<_>>());
        assert!(answer.messages[..5].iter().all(|it| it["params"]["progressToken"] == "t"), "{answer:?}");
        assert_eq!(answer.last()["id"], "same");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn e37_what_names_no_request_reaches_nobody_in_a_shared_child() {
    for (shared, expected) in [(true, 1), (false, 2)] {
        let bridge = bridge(&["modern"], |it| it.shared = shared);
        let answer =
            modern_tool(&bridge, &Somebody::named("ada"), json!(1), "log", json!({ "text": "x" })).await;
        assert_eq!(answer.unwrap().messages.len(), expected, "shared: {shared}");
        bridge.stop().await;
    }
}

#[tokio::test]
async fn h12_subscriptions_are_told_under_the_ids_of_their_clients() {
    let bridge = bridge(&["modern"], |it| it.shared = true);
    let people = [Somebody::named("ada"), Somebody::named("bob")];
    let listening = join_all(people.iter().map(|who| async {
        let params = json!({ "notifications": { "toolsListChanged": true } });
        modern(&bridge, who, json!(9), "subscriptions/listen", params).await.unwrap()
    }));
    let listening = listening.await;
    modern_tool(&bridge, &people[0], json!(1), "change", json!({})).await.unwrap();
    modern_tool(&bridge, &people[0], json!(2), "close-subscriptions", json!({})).await.unwrap();
    for answer in listening {
        let answer = read(answer).await;
        let methods: Vec<_> = answer.messages.iter().map(|it| it["method"].as_str().unwrap()).collect();
        assert_eq!(
            methods,
            [
                "notifications/subscriptions/acknowledged",
                "notifications/tools/list_changed",
                "notifications/cancelled"
            ]
        );
        let id =
            |at: usize| &answer.messages[at]["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
        assert_eq!((id(0), id(1)), (&json!(9), &json!(9)));
        assert_eq!(answer.messages[2]["params"]["requestId"], 9);
    }
    bridge.stop().await;
}

#[tokio::test]
async fn e39_h13_leaving_cancels() {
    let bridge = bridge(&["modern"], |it| it.bounds.keep_alive = Duration::from_millis(20));
    let alice = Somebody::named("alice");
    let params = json!({ "name": "hang", "arguments": {} });
    let left = modern(&bridge, &alice, json!("x"), "tools/call", params).await.unwrap();
    assert!(left.body().is_event_stream());
    let cancelled = || modern_tool(&bridge, &alice, json!(1), "cancelled", json!({}));
    assert_eq!(cancelled().await.unwrap().json(), json!([]));
    drop(left);
    // The probe was 1 and the list 2 and 3, so the request that hangs is 4; whoever asks at once may be faster than its end.
    let mut seen = json!([]);
    for _ in 0..1000 {
        seen = cancelled().await.unwrap().json();
        if seen != json!([]) {
            break;
        }
    }
    assert_eq!(seen, json!([4]));
    bridge.stop().await;
}

#[tokio::test]
async fn e41_nobody_ends_what_another_asked_by_naming_it() {
    let bridge = bridge(&["modern"], |it| {
        it.shared = true;
        it.bounds.keep_alive = Duration::from_millis(20);
    });
    let (ada, bob) = (Somebody::named("ada"), Somebody::named("bob"));
    let params = json!({ "name": "hang", "arguments": {} });
    let hanging = modern(&bridge, &ada, json!("x"), "tools/call", params).await.unwrap();
    let cancel = async |who: &Somebody, id: Value| {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/subscriptionId": id,
            "progressToken": id,
        });
        let params = json!({ "requestId": id, "_meta": meta });
        let body = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "notifications/cancelled")];
        let sent = request("POST", &headers, &body.to_string());
        assert_eq!(bridge.forward(sent, who.on_behalf()).await.unwrap().status().as_u16(), 202);
    };
    // By the id of ada, and by every number that the process may know her request by.
    cancel(&bob, json!("x")).await;
    for number in 0..10 {
        cancel(&bob, json!(number)).await;
    }
    let cancelled = || modern_tool(&bridge, &bob, json!(1), "cancelled", json!({}));
    assert_eq!(cancelled().await.unwrap().json(), json!([]));
    cancel(&ada, json!("x")).await;
    assert_eq!(cancelled().await.unwrap().json(), json!([4]));
    drop(hanging);
    bridge.stop().await;
}

#[tokio::test]
async fn h11_h20_a_server_that_asks_gets_an_error_and_its_client_hears_nothing() {
    let bridge = bridge(&["modern"], |_| {});
    let alice = Somebody::named("alice");
    // The tool tells what it was answered, which has no result.
    let answer = modern_tool(&bridge, &alice, json!(1), "ask", json!({})).await.unwrap();
    assert_eq!((answer.messages.len(), answer.json()), (1, json!(null)));
    bridge.stop().await;
}

#[tokio::test]
async fn h10_errors_have_the_statuses_of_the_revision() {
    let bridge = bridge(&["modern"], |_| {});
    let alice = Somebody::named("alice");
    let unknown = read(modern(&bridge, &alice, json!(1), "no/such", json!({})).await.unwrap()).await;
    assert_eq!((unknown.status, &unknown.last()["error"]["code"]), (404, &json!(-32601)));
    let body = modern_body(json!(2), "tools/list", json!({})).replace("2026-07-28", "2099-01-01");
    let headers = [("mcp-protocol-version", "2099-01-01"), ("mcp-method", "tools/list")];
    let newer = bridge.forward(request("POST", &headers, &body), alice.on_behalf()).await.unwrap_err();
    assert_eq!((newer.reason(), newer.status().as_u16()), (StdioReason::RevisionUnsupported, 400));
    let newer: Value = serde_json::from_str(newer.body().unwrap()).unwrap();
    assert_eq!((&newer["id"], &newer["error"]["code"]), (&json!(2), &json!(-32022)));
    let data = json!({ "supported": ["2026-07-28"], "requested": "2099-01-01" });
    assert_eq!(newer["error"]["data"], data);
    bridge.stop().await;
}

#[tokio::test]
async fn h5_h7_headers_must_say_what_the_body_says() {
    let bridge = bridge(&["modern"], |_| {});
    let alice = Somebody::named("alice");
    let body = modern_body(json!(1), "tools/call", json!({ "name": "pïd", "arguments": {} }));
    let good = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "=?base64?cMOvZA==?="),
    ];
    let rows: [(&str, Option<&str>, i64); 8] = [
        ("mcp-name", Some("=?base64?cMOvZA==?="), 0),
        ("mcp-name", Some("  =?base64?cMOvZA==?= "), 0),
        ("mcp-name", Some("pid"), -32020),
        ("mcp-name", Some("=?base64?!!?="), -32020),
        ("mcp-name", None, -32020),
        ("mcp-method", Some("Tools/Call"), -32020),
        ("mcp-method", None, -32020),
        ("mcp-protocol-version", Some("2025-11-25"), -32020),
    ];
    for (name, value, expected) in rows {
        let headers: Vec<_> = good
            .iter()
            .filter_map(|(key, kept)| Some((*key, if *key == name { value? } else { *kept })))
            .collect();
        let outcome = bridge.forward(request("POST", &headers, &body), alice.on_behalf()).await;
        let code = outcome.map_or_else(
            |it| {
                assert_eq!(it.status().as_u16(), 400);
                serde_json::from_str::<Value>(it.body().unwrap()).unwrap()["error"]["code"].as_i64().unwrap()
            },
            |_| 0,
        );
        assert_eq!(code, expected, "{name}: {value:?}");
    }
    bridge.stop().await;
}

/// Calls the tool that mirrors its argument, with this header for it.
async fn in_region(bridge: &Bridge, header: Option<&str>) -> Outcome {
    let mut headers =
        vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "region")];
    headers.extend(header.map(|it| ("mcp-param-region", it)));
    let params = json!({ "name": "region", "arguments": { "region": "eu" } });
    let body = modern_body(json!(7), "tools/call", params);
    let alice = Somebody::named("alice");
    Ok(read(bridge.forward(request("POST", &headers, &body), alice.on_behalf()).await?).await)
}

#[tokio::test]
async fn h8_headers_of_parameters_must_say_what_the_arguments_say() {
    let bridge = bridge(&["modern"], |_| {});
    for header in [None, Some("us"), Some("=?base64?ZXU?=")] {
        let refused = in_region(&bridge, header).await.unwrap_err();
        assert_eq!((refused.reason(), refused.status().as_u16()), (StdioReason::HeadersDiffer, 400));
        let body: Value = serde_json::from_str(refused.body().unwrap()).unwrap();
        assert_eq!((&body["id"], &body["error"]["code"]), (&json!(7), &json!(-32020)), "{header:?}");
    }
    for header in ["eu", "=?base64?ZXU=?="] {
        assert_eq!(in_region(&bridge, Some(header)).await.unwrap().text(), "eu");
    }
    // The list was asked for once, on both of its pages.
    let listed = modern_tool(&bridge, &Somebody::named("alice"), json!(1), "listed", json!({})).await;
    assert_eq!(listed.unwrap().text(), "1");
    bridge.stop().await;
}

#[tokio::test]
async fn h10_metadata_is_required() {
    let bridge = bridge(&["modern"], |_| {});
    let alice = Somebody::named("alice");
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "ping")];
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    for params in [json!({}), json!({ "_meta": meta })] {
        let refused =
            bridge.forward(request("POST", &headers, &call(1, "ping", &params)), alice.on_behalf()).await;
        let refused = refused.unwrap_err();
        assert_eq!((refused.reason(), refused.status().as_u16()), (StdioReason::MetadataMissing, 400));
        assert!(refused.body().unwrap().contains("-32602"), "{refused:?}");
    }
    let response = json!({ "jsonrpc": "2.0", "id": 1, "result": {} }).to_string();
    let refused = bridge.forward(request("POST", &headers[..1], &response), alice.on_behalf()).await;
    assert_eq!(reason(refused), StdioReason::NoMessage);
    bridge.stop().await;
}
