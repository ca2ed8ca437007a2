//! Children that end, and those that should.

use super::*;

async fn pid(session: &Session) -> u64 {
    session.tool(900, "pid", json!({})).await.unwrap().json().as_u64().unwrap()
}

fn kill(pid: u64) {
    let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

#[tokio::test]
async fn e36_a_crash_ends_its_requests_with_an_error_and_nobody_elses() {
    let bridge = bridge(&["legacy", "modern"], |_| {});
    let (alice, bob) = (Somebody::named("alice"), Somebody::named("bob"));
    let (hers, his) = (Session::open(&bridge, &alice).await, Session::open(&bridge, &bob).await);
    // One waits as a stream already when the crash comes.
    let hang = json!({ "name": "hang", "_meta": { "progressToken": "begun" } });
    let waiting = hers.send(&call(4, "tools/call", &hang)).await.unwrap();
    assert_eq!(reason(hers.tool(5, "exit", json!({})).await), StdioReason::Ended);
    let told = read(waiting).await;
    assert_eq!((&told.last()["id"], &told.last()["error"]["code"]), (&json!(4), &json!(502)));
    assert_eq!(reason(hers.tool(6, "pid", json!({})).await), StdioReason::Session);
    assert_eq!(his.tool(1, "echo", json!({ "text": "fine" })).await.unwrap().text(), "fine");
    let again = Session::open(&bridge, &alice).await;
    assert_eq!(again.tool(1, "echo", json!({ "text": "new" })).await.unwrap().text(), "new");
    bridge.stop().await;
}

#[tokio::test]
async fn e36_a_killed_child_is_replaced_and_leaves_no_zombie() {
    let bridge = bridge(&["modern"], |_| {});
    let alice = Somebody::named("alice");
    let ask = || modern_tool(&bridge, &alice, json!(1), "pid", json!({}));
    let first = ask().await.unwrap().json().as_u64().unwrap();
    let (hanging, ()) = tokio::join!(modern_tool(&bridge, &alice, json!(2), "hang", json!({})), async {
        // The request is in the child by then.
        assert_eq!(ask().await.unwrap().json(), json!(first));
        kill(first);
    });
    assert_eq!(reason(hanging), StdioReason::Ended);
    until("the child is reaped", || state_of(first).is_none()).await;
    assert_ne!(ask().await.unwrap().json(), json!(first));
    bridge.stop().await;
}

#[tokio::test]
async fn e36_what_a_child_has_started_ends_with_it() {
    for how in ["kill", "delete", "exit", "stop"] {
        let bridge = bridge(&["legacy"], |_| {});
        let session = Session::open(&bridge, &Somebody::named("alice")).await;
        let pid = pid(&session).await;
        let grandchild = session.tool(1, "grandchild", json!({})).await.unwrap().json().as_u64().unwrap();
        assert!(!matches!(state_of(grandchild), None | Some('Z')));
        match how {
            "kill" => kill(pid),
            "delete" => drop(session.by_method("DELETE").await.unwrap()),
            "exit" => assert_eq!(reason(session.tool(2, "exit", json!({})).await), StdioReason::Ended),
            _ => bridge.stop().await,
        }
        // Whoever is the parent of orphans here may take its time to reap it.
        until(how, || matches!(state_of(grandchild), None | Some('Z'))).await;
        until(how, || state_of(pid).is_none()).await;
        bridge.stop().await;
    }
}

#[tokio::test]
async fn k14_a_child_that_ignores_everything_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("deaf.sh");
    std::fs::write(&script, "trap '' TERM\necho $$ > pid\nwhile :; do sleep 1; done\n").unwrap();
    let bridge = bridge(&[], |it| {
        it.program = "/bin/sh".into();
        it.arguments = vec![script.display().to_string()];
        it.directory = Some(folder.path().to_owned());
        it.environment =
            vec![Variable { name: "PATH".to_owned(), value: VariableValue::new("/usr/bin:/bin".to_owned()) }];
        it.bounds.start = Duration::from_millis(500);
    });
    let alice = Somebody::named("alice");
    assert_eq!(reason(Session::try_open(&bridge, &alice).await.map(drop)), StdioReason::StartTimeout);
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap().trim().parse().unwrap();
    let begin = std::time::Instant::now();
    bridge.stop().await;
    assert!(!is_there(pid));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn k14_children_end_with_the_grant_they_rest_on() {
    let bridge = bridge(&["legacy", "modern"], |_| {});
    let (alice, bob) = (Somebody::named("alice"), Somebody::named("bob"));
    let (hers, his) = (Session::open(&bridge, &alice).await, Session::open(&bridge, &bob).await);
    let modern = modern_tool(&bridge, &alice, json!(1), "pid", json!({})).await.unwrap().json();
    let pids = [pid(&hers).await, modern.as_u64().unwrap()];
    alice.ends.cancel();
    until("her children are gone", || pids.iter().all(|it| !is_there(*it))).await;
    assert_eq!(reason(hers.tool(1, "pid", json!({})).await), StdioReason::Session);
    assert_eq!(reason(Session::try_open(&bridge, &alice).await.map(drop)), StdioReason::TenantEnded);
    assert_eq!(his.tool(1, "echo", json!({ "text": "fine" })).await.unwrap().text(), "fine");
    bridge.stop().await;
}

#[tokio::test]
async fn e36_a_line_without_end_ends_its_child_and_fills_no_memory() {
    let bridge = bridge(&["legacy"], |it| it.bounds.message = 1 << 20);
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let fits = "x".repeat(900_000);
    assert_eq!(session.tool(1, "echo", json!({ "text": fits })).await.unwrap().text(), fits);
    assert_eq!(
        reason(session.tool(2, "long-line", json!({ "bytes": 1_u64 << 30 })).await),
        StdioReason::Ended
    );
    let too_large = session.tool(3, "echo", json!({ "text": "x".repeat(2 << 20) })).await;
    assert_eq!(reason(too_large), StdioReason::BodyTooLarge);
    bridge.stop().await;
}

#[tokio::test]
async fn e36_noise_and_a_flood_of_stderr_disturb_nobody() {
    let bridge = bridge(&["legacy"], |_| {});
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    assert_eq!(session.tool(1, "noise", json!({})).await.unwrap().text(), "after the noise");
    let arguments = json!({ "lines": 50_000, "text": "y".repeat(200) });
    assert_eq!(session.tool(2, "stderr", arguments).await.unwrap().text(), "written");
    bridge.stop().await;
}

#[tokio::test]
async fn e36_a_child_that_hangs_is_given_up_for_its_request_alone() {
    let bridge = bridge(&["legacy", "modern"], |it| it.bounds.answer = Duration::from_millis(300));
    let alice = Somebody::named("alice");
    let session = Session::open(&bridge, &alice).await;
    let told = session.tool(1, "hang", json!({})).await.unwrap();
    assert_eq!((&told.last()["id"], &told.last()["error"]["code"]), (&json!(1), &json!(504)));
    // Progress is no silence.
    let meta = json!({ "progressToken": 1 });
    let params = json!({ "name": "progress", "arguments": { "steps": 8, "ms": 100 }, "_meta": meta });
    let answer = read(session.send(&call(2, "tools/call", &params)).await.unwrap()).await;
    assert_eq!(answer.messages.len(), 9, "{answer:?}");
    assert_eq!(session.tool(3, "cancelled", json!({})).await.unwrap().json(), json!([2]));
    bridge.stop().await;
}

#[tokio::test]
async fn e36_what_nobody_uses_is_ended_and_what_somebody_waits_for_is_not() {
    let bridge = bridge(&["legacy"], |it| it.bounds.idle = Duration::from_millis(300));
    let (idle, used) = (
        Session::open(&bridge, &Somebody::named("a")).await,
        Session::open(&bridge, &Somebody::named("b")).await,
    );
    let (gone, there) = (pid(&idle).await, pid(&used).await);
    let stream = used.by_method("GET").await.unwrap();
    until("the idle child is gone", || !is_there(gone)).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(is_there(there));
    assert_eq!(reason(idle.tool(1, "pid", json!({})).await), StdioReason::Session);
    drop(stream);
    until("the other one too", || !is_there(there)).await;
    bridge.stop().await;
}

#[tokio::test]
async fn e36_a_child_has_a_longest_life() {
    let bridge = bridge(&["legacy"], |it| it.bounds.life = Duration::from_millis(400));
    let session = Session::open(&bridge, &Somebody::named("alice")).await;
    let pid = pid(&session).await;
    let _stream = session.by_method("GET").await.unwrap();
    until("its time is up", || !is_there(pid)).await;
    bridge.stop().await;
}

#[tokio::test]
async fn e36_places_are_bounded_for_each_and_for_all() {
    let bridge = bridge(&["legacy"], |it| (it.bounds.children, it.bounds.children_per_principal) = (3, 2));
    let (alice, bob, cyd) = (Somebody::named("alice"), Somebody::named("bob"), Somebody::named("cyd"));
    let first = Session::open(&bridge, &alice).await;
    let second = Session::open(&bridge, &alice).await;
    // Her third takes the place of the one that she used longest ago.
    let third = Session::open(&bridge, &alice).await;
    assert_eq!(reason(first.tool(1, "pid", json!({})).await), StdioReason::Session);
    assert!(second.tool(1, "pid", json!({})).await.is_ok());
    assert!(third.tool(1, "pid", json!({})).await.is_ok());
    // What is waited for is not taken from her.
    let _streams = (second.by_method("GET").await.unwrap(), third.by_method("GET").await.unwrap());
    assert_eq!(reason(Session::try_open(&bridge, &alice).await.map(drop)), StdioReason::PrincipalBusy);
    let _bob = Session::open(&bridge, &bob).await;
    assert_eq!(reason(Session::try_open(&bridge, &cyd).await.map(drop)), StdioReason::Busy);
    assert!(second.tool(2, "pid", json!({})).await.is_ok());
    bridge.stop().await;
}

#[tokio::test]
async fn e36_a_server_that_fails_at_once_is_started_less_and_less_often() {
    let bridge = bridge(&[], |it| it.program = "/bin/false".into());
    let alice = Somebody::named("alice");
    let mut reasons = Vec::new();
    for _ in 0..4 {
        reasons.push(reason(Session::try_open(&bridge, &alice).await.map(drop)));
    }
    assert_eq!(reasons[..2], [StdioReason::Ended; 2]);
    assert_eq!(reasons[2..], [StdioReason::BackingOff; 2]);
    // Nobody else waits for her.
    assert_eq!(
        reason(Session::try_open(&bridge, &Somebody::named("bob")).await.map(drop)),
        StdioReason::Ended
    );
    bridge.stop().await;
}

#[tokio::test]
async fn e38_streams_end_when_their_token_does() {
    let bridge = bridge(&["legacy"], |_| {});
    let alice = Somebody::named("alice");
    let session = Session::open(&bridge, &alice).await;
    let mut on_behalf = alice.on_behalf();
    on_behalf.stream_until = Some(Duration::from_millis(200));
    let get = || request("GET", &[("mcp-session-id", &session.id)], "");
    let stream = bridge.forward(get(), on_behalf).await.unwrap();
    assert_eq!(read(stream).await.messages, Vec::<Value>::new());
    let on_behalf = alice.on_behalf();
    let ends = on_behalf.listening_ends.clone();
    let stream = bridge.forward(get(), on_behalf).await.unwrap();
    ends.cancel();
    assert_eq!(read(stream).await.messages, Vec::<Value>::new());
    bridge.stop().await;
}
