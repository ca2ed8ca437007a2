//! HTTP+SSE of MCP 2024-11-05: both endpoints, and streams that would lead clients elsewhere.

use super::*;

const PATH: &str = "/mcp/message";

fn sse(upstream: &RecordingUpstream) -> UpstreamSettings {
    let target = UpstreamTarget::Sse { stream: upstream.uri("/base/sse"), messages: PATH.to_owned() };
    UpstreamSettings::new("/mcp", target)
}

fn message(address: &str) -> Request<Full<Bytes>> {
    let mut request = post(&[("content-type", "application/json")]);
    *request.uri_mut() = address.parse().unwrap();
    request
}

fn opened(text: impl Into<Bytes>) -> Answer {
    Answer::status(200).with_body(text.into()).header("content-type", "text/event-stream")
}

/// What a client gets of a stream that begins with `text` and ends there.
async fn stream(text: impl Into<Bytes>) -> Result<String, ForwardError> {
    let upstream = RecordingUpstream::answering([opened(text)]).await;
    let answer = proxy(sse(&upstream)).forward(get(&[]), alice()).await?;
    assert!(answer.headers().get("content-length").is_none());
    Ok(text_of(answer).await)
}

async fn text_of(answer: Response<ProxyBody>) -> String {
    super::text(answer).await
}

/// The address in the first event of what a client got.
fn address(events: &str) -> String {
    let line = events.lines().find_map(|it| it.strip_prefix("data: ")).unwrap();
    line.to_owned()
}

/// Where a message arrives that is posted to the address which the stream named by `reference`.
async fn leads_to(reference: &str) -> String {
    let named = format!("event: endpoint\ndata: {reference}\n\n");
    let upstream = RecordingUpstream::answering([opened(named), Answer::status(202)]).await;
    let proxy = proxy(sse(&upstream));
    let events = text_of(proxy.forward(get(&[]), alice()).await.unwrap()).await;
    let answer = proxy.forward(message(&address(&events)), alice()).await.unwrap();
    assert_eq!(answer.status(), 202);
    let [opening, posted] = upstream.requests().try_into().unwrap();
    assert_eq!((opening.uri.path(), posted.body), ("/base/sse", Bytes::from(CALL)));
    posted.uri.to_string()
}

#[tokio::test]
async fn messages_are_posted_where_the_stream_says_at_the_upstream() {
    assert_eq!(leads_to("/messages?sessionId=abc-1").await, "/messages?sessionId=abc-1");
    assert_eq!(leads_to("messages/?session_id=1").await, "/base/messages/?session_id=1");
    assert_eq!(leads_to("?s=1").await, "/base/sse?s=1");
    assert_eq!(leads_to("/m#fragment").await, "/m");
    assert_eq!(leads_to("http:messages").await, "/base/messages");
}

#[tokio::test]
async fn e28_an_absolute_address_is_good_at_the_upstream_itself_only() {
    let (held, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let proxy = proxy(sse(&upstream));
    let here = upstream.uri("/messages?s=1");
    let (answer, sent) = tokio::join!(
        proxy.forward(get(&[]), alice()),
        held.send(format!("event: endpoint\ndata: {here}\n\n"))
    );
    sent.unwrap();
    let first = next(&mut answer.unwrap()).await.unwrap();
    let address = address(std::str::from_utf8(&first).unwrap());
    assert!(address.starts_with("/mcp/message?session="), "{address}");
}

#[tokio::test]
async fn e28_a_stream_that_leads_elsewhere_is_refused() {
    for reference in [
        "http://evil.example/messages",
        "https://127.0.0.1/messages",
        "http://127.0.0.1:1/messages",
        "//evil.example/messages",
        "\\\\evil.example/messages",
        "http://user@127.0.0.1/messages",
        "javascript:alert(1)",
        "http://[",
    ] {
        let error = stream(format!("event: endpoint\ndata: {reference}\n\n")).await.unwrap_err();
        assert_eq!((error.code(), error.status().as_u16()), ("upstream_protocol", 502), "{reference}");
    }
    assert!(stream("event: endpoint\ndata: /messages\n\n").await.is_ok());
}

#[tokio::test]
async fn e28_a_stream_that_begins_otherwise_is_refused() {
    for begin in [
        "event: message\ndata: {}\n\nevent: endpoint\ndata: /m\n\n".to_owned(),
        "data: /m\n\n".to_owned(),
        "event: endpoint\ndata: /m\ndata: /n\n\n".to_owned(),
        "event: endpoint\nevent: message\ndata: /m\n\n".to_owned(),
        "event: endpoint\ndata\n\n".to_owned(),
        "event: endpoint\ndata: /m".to_owned(),
        String::new(),
        format!(": {}\nevent: endpoint\ndata: /m\n\n", "x".repeat(20_000)),
        format!("event: endpoint\ndata: /{}\n\n", "x".repeat(3_000)),
    ] {
        let error = stream(begin.clone()).await.unwrap_err();
        assert_eq!(error.status(), 502, "{begin:.60}");
    }
    let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
    let error = proxy(sse(&upstream)).forward(get(&[]), alice()).await.unwrap_err();
    assert_eq!(error.code(), "upstream_protocol");
}

#[tokio::test]
async fn all_other_bytes_of_a_stream_stay_as_they_are() {
    for (before, end) in
        [("", "\n"), ("", "\r\n"), ("", "\r"), ("\u{feff}", "\n"), (": hello\n\nretry: 3\n", "\n")]
    {
        let rest = "event: message\r\ndata: {\"a\":1}\r\n\r\n: bye\n\n";
        let text = |address: &str| format!("{before}event: endpoint{end}data: {address}{end}{end}{rest}");
        let got = stream(text("/messages")).await.unwrap();
        let at = got.find("/mcp/message?").unwrap();
        let address = got[at..].split(['\r', '\n']).next().unwrap();
        assert_eq!(got, text(address), "{before:?} {end:?}");
    }
}

#[tokio::test]
async fn a_stream_in_pieces_is_passed_on_as_it_comes() {
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let proxy = proxy(sse(&upstream));
    let pieces = async {
        for piece in ["event: end", "point\r", "\ndata: /mess", "ages\r\n", "\r\n"] {
            events.send(piece).await.unwrap();
        }
    };
    let (answer, ()) = tokio::join!(proxy.forward(get(&[]), alice()), pieces);
    let mut answer = answer.unwrap();
    assert!(answer.body().is_event_stream());
    assert!(next(&mut answer).await.unwrap().starts_with(b"event: endpoint\r\ndata: /mcp/message?"));
    events.send("data: 1\n\n").await.unwrap();
    while next(&mut answer).await.unwrap() != "data: 1\n\n" {}
}

#[tokio::test]
async fn e28_a_stream_that_names_a_second_endpoint_ends_before_it() {
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let proxy = proxy(sse(&upstream));
    let (answer, sent) =
        tokio::join!(proxy.forward(get(&[]), alice()), events.send("event: endpoint\ndata: /m\n\n"));
    sent.unwrap();
    let mut answer = answer.unwrap();
    next(&mut answer).await.unwrap();
    events.send("event: message\ndata: 1\n\nevent: endp").await.unwrap();
    assert_eq!(next(&mut answer).await.unwrap(), "event: message\ndata: 1\n\nevent: endp");
    events.send("oint\ndata: //evil.example/\n\n").await.unwrap();
    assert_eq!(soon(next(&mut answer)).await, None);
    soon(events.closed()).await;
    let both = "event: endpoint\ndata: /m\n\nevent: endpoint\ndata: //evil.example/\n\n";
    assert_eq!(stream(both).await.unwrap_err().status(), 502);
}

#[tokio::test]
async fn e31_the_address_of_one_principal_is_unknown_for_another() {
    let named = || opened("event: endpoint\ndata: /messages?s=1\n\n");
    let upstream = RecordingUpstream::answering([named(), Answer::status(202)]).await;
    let own = proxy(sse(&upstream));
    let events = text_of(own.forward(get(&[]), alice()).await.unwrap()).await;
    let address = address(&events);
    let (path, session) = address.split_once("?session=").unwrap();
    let (tag, place) = session.split_once('.').unwrap();
    let other_place = format!("{path}?session={tag}.L2FkbWlu");
    let other_name = address.replace("session=", "Session=");
    for wrong in [
        path,
        &format!("{path}?session="),
        &other_place,
        &other_name,
        &format!("{address}&x=1"),
        &format!("{address}."),
    ] {
        let error = own.forward(message(wrong), alice()).await.unwrap_err();
        assert_eq!((error.code(), error.status().as_u16()), ("mcp_session_unknown", 404), "{wrong}");
    }
    let bob = on_behalf_of("https://as.example bob");
    assert_eq!(own.forward(message(&address), bob).await.unwrap_err().code(), "mcp_session_unknown");
    let mut settings = sse(&upstream);
    settings.server = "/other".to_owned();
    let other = proxy(settings).forward(message(&address), alice()).await.unwrap_err();
    assert_eq!(other.code(), "mcp_session_unknown");
    assert!(!place.is_empty() && upstream.requests().len() == 1);
    assert_eq!(own.forward(message(&address), alice()).await.unwrap().status(), 202);
}

#[tokio::test]
async fn e17_each_endpoint_has_its_one_method() {
    let upstream = RecordingUpstream::answering([]).await;
    let proxy = proxy(sse(&upstream));
    for method in [Method::POST, Method::DELETE, Method::HEAD] {
        let error = proxy.forward(request(method.clone(), &[], ""), alice()).await.unwrap_err();
        assert_eq!(error.status(), 405, "{method}");
    }
    for method in [Method::GET, Method::DELETE] {
        let mut request = request(method.clone(), &[], "");
        *request.uri_mut() = PATH.parse().unwrap();
        assert_eq!(proxy.forward(request, alice()).await.unwrap_err().status(), 405, "{method}");
    }
    assert_eq!(upstream.requests().len(), 0);
}
