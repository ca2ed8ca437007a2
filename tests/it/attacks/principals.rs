//! Two callers of one upstream (E31 to E34, E37, E40).

use test_support::upstream::{Answer, Recorded};

use super::{
    gateway::{BODY, Gateway, PATIENCE, Setup, bearer, post, request},
    wire::Message,
};

/// An upstream that opens a session, and repeats who called and under which session.
fn echo(request: &Recorded) -> Answer {
    let subject = request.header("x-mcp-subject").unwrap_or_default();
    let session = request.header("mcp-session-id").unwrap_or_default();
    let answer = Answer::json(&format!(r#"{{"subject":"{subject}","session":"{session}"}}"#));
    if session.is_empty() { answer.header("mcp-session-id", "upstream-session") } else { answer }
}

async fn start() -> Gateway {
    Setup::default().server("identity = { headers = true }\n").start_before(echo).await
}

async fn opened(gateway: &Gateway, subject: &str) -> String {
    let answer = gateway.ask(post("/mcp", &bearer(&gateway.token_of(subject)), BODY)).await;
    answer.header("mcp-session-id").unwrap().to_owned()
}

/// What `subject` gets under this session.
async fn under(gateway: &Gateway, method: &str, subject: &str, session: &str) -> Message {
    let lines =
        format!("{}Mcp-Session-Id: {session}\r\nLast-Event-ID: 1\r\n", bearer(&gateway.token_of(subject)));
    gateway.ask(request(method, "/mcp", &lines)).await
}

#[tokio::test]
async fn e31_e37_a_session_of_another_is_not_found_by_any_method() {
    let gateway = start().await;
    let session = opened(&gateway, "alice").await;
    for method in ["POST", "GET", "DELETE"] {
        let foreign = under(&gateway, method, "bob", &session).await;
        let unknown = under(&gateway, method, "bob", &session.replace("upstream", "another")).await;
        assert_eq!(foreign.status(), 404, "{method}");
        let told = |it: &Message| it.body.split("\"request_id\"").next().map(str::to_owned);
        assert_eq!((told(&foreign), &foreign.start), (told(&unknown), &unknown.start), "{method}");
    }
    assert_eq!(gateway.upstream.requests().len(), 1);
    let own = under(&gateway, "POST", "alice", &session).await;
    assert_eq!((own.status(), own.body.contains("upstream-session")), (200, true));
}

#[tokio::test]
async fn e31_the_same_name_at_another_client_is_another() {
    let gateway = start().await;
    let session = opened(&gateway, "alice").await;
    let other = gateway.token().claim("sub", "alice").claim("client_id", "client-2").sign();
    let lines = format!("{}Mcp-Session-Id: {session}\r\n", bearer(&other));
    assert_eq!(gateway.ask(post("/mcp", &lines, BODY)).await.status(), 404);
    assert_eq!(under(&gateway, "POST", "alice", &session).await.status(), 200);
}

#[tokio::test]
async fn e32_e33_ids_of_the_client_or_of_the_upstream_open_nothing() {
    let gateway = start().await;
    let session = opened(&gateway, "alice").await;
    assert!(session.len() > "upstream-session".len() + 22, "fewer than 128 bits: {session}");
    for made_up in ["upstream-session", "1", "", ".upstream-session", &session[1..], &format!("{session}x")] {
        assert_eq!(under(&gateway, "POST", "alice", made_up).await.status(), 404, "{made_up}");
    }
    assert_eq!(gateway.upstream.requests().len(), 1);
    assert_eq!(under(&gateway, "POST", "alice", &session).await.status(), 200);
}

#[tokio::test]
async fn e37_events_reach_the_stream_of_their_caller_only() {
    let (to_alice, alices) = Answer::events();
    let (to_bob, bobs) = Answer::events();
    let mut answers = vec![bobs, alices];
    let gateway = Setup::default().start_before(move |_| answers.pop().unwrap()).await;
    let mut streams = Vec::new();
    for subject in ["alice", "bob"] {
        let mut wire = gateway.connect().await;
        wire.send(request("GET", "/mcp", &bearer(&gateway.token_of(subject)))).await;
        assert_eq!(wire.head().await.unwrap().status(), 200);
        streams.push(wire);
    }
    for round in 0..3 {
        to_bob.send(format!("data: bob {round}\n\n")).await.unwrap();
        to_alice.send(format!("data: alice {round}\n\n")).await.unwrap();
        assert_eq!(streams[0].chunk().await.unwrap(), format!("data: alice {round}\n\n"));
        assert_eq!(streams[1].chunk().await.unwrap(), format!("data: bob {round}\n\n"));
    }
    // A caller that leaves is let go upstream, and only that one.
    streams.pop();
    tokio::time::timeout(PATIENCE, to_bob.closed()).await.unwrap();
    to_alice.send("data: still here\n\n").await.unwrap();
    assert_eq!(streams[0].chunk().await.unwrap(), "data: still here\n\n");
}

#[tokio::test]
async fn e34_e40_b31_answers_are_never_shared_between_callers() {
    let gateway = Setup::default()
        .server("identity = { headers = true }\n")
        .start_before(|it| echo(it).header("cache-control", "public, max-age=600").header("etag", "\"1\""))
        .await;
    let mut waiting = Vec::new();
    for round in 0..20 {
        for subject in ["alice".to_owned(), "bob".to_owned(), format!("user-{round}")] {
            let mut wire = gateway.connect().await;
            wire.send(post("/mcp", &bearer(&gateway.token_of(&subject)), BODY)).await;
            waiting.push((subject, wire));
        }
    }
    for (subject, mut wire) in waiting {
        let answer = wire.answer().await;
        assert!(answer.body.contains(&format!("\"subject\":\"{subject}\"")), "{answer:?}");
        assert!(!answer.header("cache-control").unwrap().contains("public"), "{answer:?}");
    }
    assert_eq!(gateway.upstream.requests().len(), 60, "an answer came from somewhere else");
}

#[tokio::test]
async fn e38_a_stream_ends_with_its_token() {
    let (events, answer) = Answer::events();
    let mut answers = vec![answer];
    let gateway = Setup::default()
        .sections("[validation]\nleeway = \"0s\"\n")
        .start_before(move |_| answers.pop().unwrap())
        .await;
    let now = super::gateway::now().as_seconds();
    let token = gateway.token().claim("iat", now - 10).claim("exp", now + 3).sign();
    let mut wire = gateway.connect().await;
    wire.send(request("GET", "/mcp", &bearer(&token))).await;
    assert_eq!(wire.head().await.unwrap().status(), 200);
    events.send("data: 1\n\n").await.unwrap();
    assert_eq!(wire.chunk().await.unwrap(), "data: 1\n\n");
    assert_eq!(wire.chunk().await, None);
    tokio::time::timeout(PATIENCE, events.closed()).await.unwrap();
}
