use http_body_util::StreamBody;
use oauth_types::SystemEntropy;

use super::*;
use crate::request_id::RequestIds;

/// May use everything but `x`.
#[derive(Debug)]
struct NoX;

impl Reader for NoX {}

impl ListPolicy for NoX {
    fn may_use(&self, listed: &Listed<'_>) -> bool {
        listed.name != "x"
    }
}

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"x"},{"name":"a"}]}}"#;
const REDUCED: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"}]}}"#;
const TOOLS: Expected = Expected::List(ListKind::Tools);

fn view(expected: Expected) -> ListView {
    let request_id = RequestIds::new(&SystemEntropy).next();
    ListView { expected, reader: Box::new(NoX), request_id }
}

fn answer(content_type: &str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let value = HeaderValue::from_str(content_type).unwrap();
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

/// An event stream that comes in these pieces.
fn events<const N: usize>(pieces: [&'static str; N]) -> Response {
    let frames = pieces.map(|it| Ok::<_, axum::Error>(Frame::data(Bytes::from_static(it.as_bytes()))));
    answer("text/event-stream", Body::new(StreamBody::new(futures_util::stream::iter(frames))))
}

async fn text(response: Response) -> Result<String, axum::Error> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

async fn reduced(response: Response, expected: Expected) -> Result<String, Reason> {
    let response = view(expected).reduce(response).await.map_err(|it| it.reason)?;
    let length = response.headers().get(header::CONTENT_LENGTH).cloned();
    let text = text(response).await.unwrap();
    assert!(length.is_none_or(|it| it == text.len().to_string()));
    Ok(text)
}

#[tokio::test]
async fn e25_whatever_form_a_list_has_it_is_reduced_or_refused() {
    for (content_type, expected) in [
        ("application/json", Some(REDUCED)),
        ("Application/JSON ;x", Some(REDUCED)),
        ("application/json; charset=\"UTF-8\"", Some(REDUCED)),
        ("application/json;charset=utf-16", None),
        ("application/json, text/plain", None),
        ("text/plain", None),
        ("application/json-seq", None),
    ] {
        for status in [200, 201, 203, 299] {
            let mut answer = answer(content_type, LIST);
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(LIST.len()));
            let outcome = reduced(answer, TOOLS).await;
            assert_eq!(outcome.as_deref().ok(), expected, "{content_type} {status}");
            assert_eq!(outcome.err().is_some_and(|it| it == Reason::ListUnreadable), expected.is_none());
        }
    }
    let mut twice = answer("application/json", LIST);
    twice.headers_mut().append(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    assert_eq!(reduced(twice, TOOLS).await, Err(Reason::ListUnreadable));
    let mut none = answer("application/json", LIST);
    none.headers_mut().remove(header::CONTENT_TYPE);
    assert_eq!(reduced(none, TOOLS).await, Err(Reason::ListUnreadable));
}

#[tokio::test]
async fn e25_a_body_that_cannot_be_read_is_refused() {
    let bodies: [&[u8]; 4] = [b"\xef\xbb\xbf{}", b"\x1f\x8b\x08\x00", b"{\"jsonrpc\":\"2.0\"", b"\xff"];
    for body in bodies {
        let refused = reduced(answer("application/json", body.to_vec()), TOOLS).await;
        assert_eq!(refused, Err(Reason::ListUnreadable), "{body:?}");
    }
}

#[tokio::test]
async fn e26_a_list_has_a_largest_size() {
    let large = |size: usize| format!("{}{LIST}", " ".repeat(size - LIST.len()));
    let fits = reduced(answer("application/json", large(MOST_LIST)), TOOLS).await.unwrap();
    assert!(fits.ends_with(REDUCED));
    let refused = reduced(answer("application/json", large(MOST_LIST + 1)), TOOLS).await;
    assert_eq!(refused, Err(Reason::ListUnreadable));
}

#[tokio::test]
async fn what_is_no_list_passes_where_nothing_was_listed() {
    let mut refusal = answer("text/plain", "no such session");
    *refusal.status_mut() = StatusCode::NOT_FOUND;
    assert_eq!(reduced(refusal, TOOLS).await.as_deref(), Ok("no such session"));
    for body in ["", "Accepted", LIST] {
        let mut accepted = answer("text/plain", body);
        *accepted.status_mut() = StatusCode::ACCEPTED;
        assert_eq!(reduced(accepted, TOOLS).await.as_deref(), Ok(""), "{body}");
    }
}

#[tokio::test]
async fn e25_lists_on_event_streams_are_reduced() {
    let pieces = [
        ": hi\n\nda",
        "ta: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"x\"}",
        "]}}\n",
        "\n",
    ];
    let expected = ": hi\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[]}}\n\n";
    for kind in [TOOLS, Expected::Anything] {
        assert_eq!(reduced(events(pieces), kind).await.as_deref(), Ok(expected));
    }
    assert_eq!(reduced(events([]), TOOLS).await.as_deref(), Ok(""));
}

#[tokio::test]
async fn e25_an_undecodable_first_event_is_refused_and_a_later_one_cuts_the_stream() {
    let list = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"x\"}]}}\n\n";
    assert_eq!(reduced(events(["data: what\n\n", list]), TOOLS).await, Err(Reason::ListUnreadable));
    let later = events(["data: {\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n\n", "data: what\n\n", list]);
    let mut body = view(TOOLS).reduce(later).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "data: {\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n\n");
    assert!(body.frame().await.unwrap().is_err());
    assert!(body.frame().await.is_none() && body.is_end_stream());
}

#[test]
fn the_answers_that_may_hold_lists() {
    let operations = |methods: &[&'static str]| -> Vec<_> {
        methods
            .iter()
            .map(|it| Operation { method: (*it).into(), target: mcp_message::Target::None })
            .collect()
    };
    let of = |methods: &[&'static str]| expected(&operations(methods));
    assert_eq!(of(&["tools/list"]), Some(TOOLS));
    assert_eq!(of(&["resources/templates/list"]), Some(Expected::List(ListKind::ResourceTemplates)));
    assert_eq!(of(&["tools/call"]), None);
    assert_eq!(of(&["tools/list", "tools/call"]), Some(Expected::Anything));
    assert_eq!(of(&["ping", "tools/call"]), None);
    assert_eq!(of(&["GET"]), Some(Expected::Anything));
    assert_eq!(of(&["DELETE"]), None);
}
