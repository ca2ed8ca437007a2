use super::*;

/// An upstream that opens the session `s-1` with the first answer, and a client's id for it.
async fn open_session() -> (RecordingUpstream, Proxy, String) {
    let upstream = RecordingUpstream::start(|request| {
        let answer = Answer::json("{}");
        let is_open = request.headers.contains_key("mcp-session-id");
        if is_open { answer } else { answer.header("mcp-session-id", "s-1") }
    })
    .await;
    let proxy = proxy_to(&upstream);
    let answer = proxy.forward(post(&[]), alice()).await.unwrap();
    let id = answer.headers().get("mcp-session-id").unwrap().to_str().unwrap().to_owned();
    (upstream, proxy, id)
}

fn outcome(result: Result<Response<ProxyBody>, ForwardError>) -> (u16, &'static str) {
    match result {
        Ok(answer) => (answer.status().as_u16(), "forwarded"),
        Err(error) => (error.status().as_u16(), error.code()),
    }
}

#[tokio::test]
async fn e31_e37_a_session_works_for_its_principal_only() {
    let (upstream, proxy, id) = open_session().await;
    let headers = [("mcp-session-id", id.as_str()), ("last-event-id", "3"), OLDER];
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let foreign =
            proxy.forward(request(method.clone(), &headers, ""), on_behalf_of("https://as.example bob"));
        assert_eq!(outcome(foreign.await), (404, "mcp_session_unknown"), "{method}");
    }
    assert_eq!(upstream.requests().len(), 1, "a foreign session reached the upstream");

    for method in [Method::POST, Method::GET, Method::DELETE] {
        let own = proxy.forward(request(method.clone(), &headers, ""), alice());
        assert_eq!(outcome(own.await), (200, "forwarded"), "{method}");
    }
    let recorded = upstream.requests();
    assert_eq!(recorded.len(), 4);
    assert!(recorded.iter().skip(1).all(|request| request.header("mcp-session-id") == Some("s-1")));
}

#[tokio::test]
async fn e31_a_session_of_one_server_is_unknown_at_another() {
    let (upstream, _, id) = open_session().await;
    let other = UpstreamSettings { server: "/other".to_owned(), ..settings(&upstream) };
    let answer = proxy(other).forward(post(&[("mcp-session-id", &id)]), alice()).await;
    assert_eq!(outcome(answer), (404, "mcp_session_unknown"));
    let same = proxy_to(&upstream).forward(post(&[("mcp-session-id", &id)]), alice()).await;
    assert_eq!(outcome(same), (200, "forwarded"));
}

#[tokio::test]
async fn e31_a_new_key_ends_all_sessions() {
    let (upstream, _, id) = open_session().await;
    let restarted = Proxy::new(settings(&upstream), SessionKey::new(&[8; 32])).unwrap();
    let answer = restarted.forward(post(&[("mcp-session-id", &id)]), alice()).await;
    assert_eq!(outcome(answer), (404, "mcp_session_unknown"));
}

#[tokio::test]
async fn e32_e33_ids_that_we_did_not_give_are_refused_alike() {
    let (upstream, proxy, id) = open_session().await;
    let (tag, upstream_id) = id.split_once('.').unwrap();
    let other_tag = if tag.starts_with('A') { "B" } else { "A" };
    let bent = [
        String::new(),
        "s-1".to_owned(),
        ".s-1".to_owned(),
        tag.to_owned(),
        format!("{tag}."),
        format!("{tag}.s-2"),
        format!("{tag}{upstream_id}"),
        format!("{tag}.{upstream_id} "),
        format!("{tag}=.{upstream_id}"),
        format!("{other_tag}{}.{upstream_id}", &tag[1..]),
        format!("{}.{upstream_id}", "A".repeat(43)),
        format!("{}.{upstream_id}", "*".repeat(43)),
        id.to_uppercase(),
    ];
    for id in bent.iter().filter(|bent| **bent != id) {
        let answer = proxy.forward(post(&[("mcp-session-id", id)]), alice()).await;
        assert_eq!(outcome(answer), (404, "mcp_session_unknown"), "{id:?}");
    }
    let twice = post(&[("mcp-session-id", &id), ("mcp-session-id", &id)]);
    assert_eq!(outcome(proxy.forward(twice, alice()).await), (404, "mcp_session_unknown"));
    assert_eq!(upstream.requests().len(), 1);
    assert_eq!(outcome(proxy.forward(post(&[("mcp-session-id", &id)]), alice()).await), (200, "forwarded"));
}

#[tokio::test]
async fn e32_the_upstreams_id_is_not_shown_bare_and_stays_the_same() {
    let upstream = RecordingUpstream::start(|_| Answer::json("{}").header("mcp-session-id", "s-1")).await;
    let proxy = proxy_to(&upstream);
    let first = proxy.forward(post(&[]), alice()).await.unwrap();
    let id = first.headers().get("mcp-session-id").unwrap();
    assert_ne!(id, "s-1");
    let second = proxy.forward(post(&[("mcp-session-id", id.to_str().unwrap())]), alice()).await.unwrap();
    assert_eq!(second.headers().get("mcp-session-id").unwrap(), id);
}

#[tokio::test]
async fn e37_events_of_a_session_reach_its_own_stream_only() {
    let (alices, for_alice) = Answer::events();
    let (bobs, for_bob) = Answer::events();
    let upstream = RecordingUpstream::answering([for_alice, for_bob]).await;
    let proxy = proxy_to(&upstream);
    let mut alice = proxy.forward(get(&[]), alice()).await.unwrap();
    let mut bob = proxy.forward(get(&[]), on_behalf_of("https://as.example bob")).await.unwrap();
    alices.send("data: for alice\n\n").await.unwrap();
    bobs.send("data: for bob\n\n").await.unwrap();
    assert_eq!(next(&mut bob).await.unwrap(), "data: for bob\n\n");
    assert_eq!(next(&mut alice).await.unwrap(), "data: for alice\n\n");
    drop((alices, bobs));
    assert_eq!((next(&mut alice).await, next(&mut bob).await), (None, None));
}

#[tokio::test]
async fn a_malformed_id_of_the_upstream_is_its_fault() {
    let twice = Answer::json("{}").header("mcp-session-id", "a").header("mcp-session-id", "b");
    for answer in [
        twice,
        Answer::json("{}").header("mcp-session-id", "a b"),
        Answer::json("{}").header("mcp-session-id", ""),
    ] {
        assert_eq!(refused(answer).await.code(), "upstream_protocol");
    }
}
