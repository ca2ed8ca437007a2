use super::*;

async fn refusal(request: Request<Full<Bytes>>, answer: Answer) -> String {
    let upstream = RecordingUpstream::answering([answer]).await;
    let error = proxy_to(&upstream).forward(request, alice()).await.unwrap_err();
    assert_eq!((error.code(), error.status().as_u16()), ("upstream_redirect", 502));
    assert_eq!(upstream.requests().len(), 1);
    std::error::Error::source(&error).unwrap().to_string()
}

#[tokio::test]
async fn q55_a_redirect_within_the_upstream_is_followed_with_the_body() {
    for status in [307, 308] {
        let answers = [Answer::redirect(status, "/mcp/"), Answer::json("{\"ok\":1}")];
        let upstream = RecordingUpstream::answering(answers).await;
        let mut on_behalf = alice();
        on_behalf.headers.insert("x-user", HeaderValue::from_static("alice"));
        let answer = proxy_to(&upstream).forward(post(&[MODERN]), on_behalf).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers().get("location"), None);
        assert_eq!(text(answer).await, "{\"ok\":1}");
        let [first, second] = upstream.requests().try_into().unwrap();
        assert_eq!((first.uri.path(), second.uri.path()), ("/mcp", "/mcp/"));
        assert_eq!((first.body, second.body), (Bytes::from(CALL), Bytes::from(CALL)));
        assert_eq!(first.headers, second.headers);
    }
}

#[tokio::test]
async fn q55_a_permanent_redirect_is_remembered_until_the_place_is_gone() {
    let answers = [
        Answer::redirect(308, "/mcp/"),
        Answer::json("{}"),
        Answer::json("{}"),
        Answer::status(404),
        Answer::json("{}"),
    ];
    let upstream = RecordingUpstream::answering(answers).await;
    let proxy = proxy_to(&upstream);
    for _ in 0..4 {
        proxy.forward(post(&[]), alice()).await.unwrap();
    }
    let paths: Vec<_> = upstream.requests().iter().map(|request| request.uri.path().to_owned()).collect();
    assert_eq!(paths, ["/mcp", "/mcp/", "/mcp/", "/mcp/", "/mcp"]);
}

#[tokio::test]
async fn q55_a_temporary_redirect_is_not_remembered() {
    let answers =
        [Answer::redirect(307, "/mcp/"), Answer::redirect(308, "/x"), Answer::json("{}"), Answer::json("{}")];
    let upstream = RecordingUpstream::answering(answers).await;
    let proxy = proxy_to(&upstream);
    for _ in 0..2 {
        proxy.forward(post(&[]), alice()).await.unwrap();
    }
    let paths: Vec<_> = upstream.requests().iter().map(|request| request.uri.path().to_owned()).collect();
    assert_eq!(paths, ["/mcp", "/mcp/", "/x", "/mcp"]);
}

#[tokio::test]
async fn e29_one_answer_does_not_choose_another_endpoint_for_everybody() {
    let answers = [Answer::redirect(308, "/admin"), Answer::json("{}"), Answer::json("{}")];
    let upstream = RecordingUpstream::answering(answers).await;
    let proxy = proxy_to(&upstream);
    for _ in 0..2 {
        proxy.forward(post(&[]), alice()).await.unwrap();
    }
    let paths: Vec<_> = upstream.requests().iter().map(|request| request.uri.path().to_owned()).collect();
    assert_eq!(paths, ["/mcp", "/admin", "/mcp"]);
}

#[tokio::test]
async fn e29_a_redirect_elsewhere_is_not_followed() {
    let elsewhere = RecordingUpstream::answering([]).await;
    let foreign = elsewhere.uri("/mcp").to_string();
    for location in [foreign.as_str(), "//evil.example/mcp", "http://169.254.169.254/", "file:///etc/passwd"]
    {
        let reason = refusal(post(&[]), Answer::redirect(307, location)).await;
        assert_eq!(reason, "the Location is outside of the upstream", "{location}");
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn e29_redirects_that_change_the_request_or_never_end_are_not_followed() {
    let status = "the status does not allow to repeat the request";
    assert_eq!(refusal(post(&[]), Answer::redirect(302, "/mcp/")).await, status);
    assert_eq!(refusal(get(&[]), Answer::redirect(300, "/mcp/")).await, status);
    assert_eq!(refusal(get(&[]), Answer::status(302)).await, "the Location is missing or malformed");

    let upstream = RecordingUpstream::start(|_| Answer::redirect(307, "/mcp")).await;
    let error = proxy_to(&upstream).forward(post(&[]), alice()).await.unwrap_err();
    assert!(matches!(error, ForwardError::Redirect(crate::RefusedRedirect::TooMany)), "{error:?}");
    assert_eq!(upstream.requests().len(), 4);
}

#[tokio::test]
async fn a_body_of_256_kib_is_repeated_and_a_larger_one_is_not() {
    for (size, expected) in [(256 * 1024, None), (256 * 1024 + 1, Some(crate::RefusedRedirect::BodyTooLarge))]
    {
        let upstream =
            RecordingUpstream::answering([Answer::redirect(307, "/mcp/"), Answer::json("{}")]).await;
        let body = "x".repeat(size);
        let outcome = proxy_to(&upstream).forward(request(Method::POST, &[], &body), alice()).await;
        match (outcome, expected) {
            (Ok(_), None) => assert_eq!(upstream.requests().last().unwrap().body, body),
            (Err(ForwardError::Redirect(reason)), Some(expected)) => assert_eq!(reason, expected),
            (outcome, _) => panic!("{size}: {outcome:?}"),
        }
    }
}
