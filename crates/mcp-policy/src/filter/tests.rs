use std::cell::RefCell;

use serde_json::{Value, json};

use super::*;

/// May use what does not begin with `x`; remembers what it was told.
#[derive(Default)]
struct NoX {
    learned: RefCell<Vec<(ListKind, String, ToolHints)>>,
}

impl ListPolicy for NoX {
    fn may_use(&self, listed: &Listed<'_>) -> bool {
        !listed.name.starts_with('x')
    }

    fn learn(&self, listed: &Listed<'_>) {
        self.learned.borrow_mut().push((listed.kind, listed.name.to_owned(), listed.hints));
    }
}

const TOOLS: Expected = Expected::List(ListKind::Tools);

fn filtered(answer: &str, expected: Expected) -> Result<String, FilterFault> {
    let outcome = filter_json(answer.as_bytes(), expected, &NoX::default())?;
    Ok(outcome.map_or_else(|| answer.to_owned(), |it| String::from_utf8(it).unwrap()))
}

#[track_caller]
fn check(answer: &str, expected: Expected, outcome: Result<&str, FilterFault>) {
    assert_eq!(filtered(answer, expected).as_deref(), outcome.as_ref().map(|it| *it), "{answer}");
}

#[track_caller]
fn unchanged(answer: &str, expected: Expected) {
    check(answer, expected, Ok(answer));
}

#[track_caller]
fn refused(answer: &str, fault: FilterFault) {
    check(answer, TOOLS, Err(fault));
}

#[test]
fn what_may_be_used_stays_byte_for_byte_and_in_order() {
    check(
        r#" {"jsonrpc" : "2.0","id":1.50,"result":{"tools":[{"name":"b","n":1E2}, {"name":"x1"},{ "name":"a"},{"name":"x2"}],"nextCursor":"\u0031"}}"#,
        TOOLS,
        Ok(
            r#"{"jsonrpc":"2.0","id":1.50,"result":{"tools":[{"name":"b","n":1E2},{ "name":"a"}],"nextCursor":"\u0031"}}"#,
        ),
    );
    check(r#"{"id":1,"result":{"tools":[{"name":"x1"}]}}"#, TOOLS, Ok(r#"{"id":1,"result":{"tools":[]}}"#));
    check(
        r#"{"id":1,"result":{"tools":[{"name":"\u0078"},{"n\u0061me":"a"}]}}"#,
        TOOLS,
        Ok(r#"{"id":1,"result":{"tools":[{"n\u0061me":"a"}]}}"#),
    );
    unchanged(" { \"id\" : 1, \"result\": { \"tools\": [ {\"name\": \"a\"} ]}}\r\n", TOOLS);
    unchanged(r#"{"id":1,"result":{"tools":[]}}"#, TOOLS);
    unchanged(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"x"}}"#, TOOLS);
}

#[test]
fn each_list_is_judged_by_what_its_items_are_used_by() {
    for (kind, key) in [
        (ListKind::Tools, "name"),
        (ListKind::Prompts, "name"),
        (ListKind::Resources, "uri"),
        (ListKind::ResourceTemplates, "uriTemplate"),
    ] {
        assert_eq!(ListKind::of_method(kind.method()), Some(kind));
        let answer =
            json!({"id": 1, "result": {kind.member(): [{key: "x", "title": "a"}, {key: "a", "title": "x"}]}});
        let expected = json!({"id": 1, "result": {kind.member(): [{key: "a", "title": "x"}]}});
        let outcome = filtered(&answer.to_string(), Expected::List(kind)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&outcome).unwrap(), expected);
        let nameless = json!({"id": 1, "result": {kind.member(): [{"title": "a"}]}});
        assert_eq!(filtered(&nameless.to_string(), Expected::List(kind)), Err(FilterFault::Item));
    }
    assert_eq!(ListKind::of_method("tools/call"), None);
}

#[test]
fn a_list_beside_the_expected_one_is_judged_too() {
    check(
        r#"{"id":1,"result":{"tools":[],"prompts":[{"name":"x"}]}}"#,
        TOOLS,
        Ok(r#"{"id":1,"result":{"tools":[],"prompts":[]}}"#),
    );
}

#[test]
fn e40_a_list_that_depends_on_its_reader_is_private() {
    check(
        r#"{"id":1,"result":{"ttlMs":5,"cacheScope":"public","tools":[]}}"#,
        TOOLS,
        Ok(r#"{"id":1,"result":{"ttlMs":5,"cacheScope":"private","tools":[]}}"#),
    );
    check(
        r#"{"id":1,"result":{"ttlMs":5,"tools":[]}}"#,
        TOOLS,
        Ok(r#"{"id":1,"result":{"ttlMs":5,"tools":[],"cacheScope":"private"}}"#),
    );
    check(
        r#"{"id":1,"result":{"tools":[{"name":"x"}],"cacheScope":7}}"#,
        TOOLS,
        Ok(r#"{"id":1,"result":{"tools":[],"cacheScope":"private"}}"#),
    );
    unchanged(r#"{"id":1,"result":{"ttlMs":5,"cacheScope":"private","tools":[]}}"#, TOOLS);
    unchanged(r#"{"id":1,"result":{"cacheScope":"public","contents":[]}}"#, Expected::Anything);
}

#[test]
fn e25_what_cannot_be_understood_is_refused() {
    unchanged(r#"{"id":1,"result":{"tools":[{"name":"a"}]}}"#, TOOLS);
    for text in
        ["", "{", "\u{feff}{\"id\":1,\"result\":{\"tools\":[]}}", "{} {}", r#"{"id":1,"result":{"tools":[}}"#]
    {
        refused(text, FilterFault::NotJson);
    }
    for text in ["1", "null", r#""a""#, "{}", "[1]", r#"{"id":1}"#, r#"{"id":1,"error":{},"method":"a"}"#] {
        refused(text, FilterFault::NotAMessage);
    }
    refused(r#"{"id":1,"result":{"tools":[]},"error":{}}"#, FilterFault::NotAMessage);
    refused(r#"{"id":1,"result":{"tools":[]},"method":"a"}"#, FilterFault::NotAMessage);
    for result in [
        "null",
        "[]",
        "{}",
        r#"{"tools":null}"#,
        r#"{"tools":{}}"#,
        r#"{"prompts":[]}"#,
        r#"{"tools":[],"prompts":1}"#,
    ] {
        refused(&format!(r#"{{"id":1,"result":{result}}}"#), FilterFault::NotAList);
    }
    for tool in [
        "1",
        "null",
        "[]",
        "{}",
        r#"{"name":1}"#,
        r#"{"name":null}"#,
        r#"{"name":"\ud800"}"#,
        r#"{"name":"a","annotations":1}"#,
        r#"{"name":"a","annotations":{"readOnlyHint":"yes"}}"#,
    ] {
        refused(&format!(r#"{{"id":1,"result":{{"tools":[{tool}]}}}}"#), FilterFault::Item);
    }
}

#[test]
fn e25_what_readers_may_take_for_something_else_is_refused() {
    for answer in [
        r#"{"id":1,"result":{"tools":[]},"result":{"tools":[{"name":"x"}]}}"#,
        r#"{"id":1,"result":{"tools":[]},"Result":{"tools":[{"name":"x"}]}}"#,
        r#"{"id":1,"RESULT":{"tools":[{"name":"x"}]}}"#,
        r#"{"id":1,"result":{"tools":[],"t\u006fols":[{"name":"x"}]}}"#,
        r#"{"id":1,"result":{"tools":[],"Tools":[{"name":"x"}]}}"#,
        r#"{"id":1,"result":{"tools":[{"name":"a","name":"x"}]}}"#,
        r#"{"id":1,"result":{"tools":[{"name":"a","NAME":"x"}]}}"#,
        r#"{"id":1,"result":{"tools":[{"name":"a","annotations":{"readOnlyHint":true,"readOnlyHint":false}}]}}"#,
        r#"{"id":1,"result":{"tools":[],"cacheScope":"private","cacheScope":"public"}}"#,
    ] {
        refused(answer, FilterFault::Ambiguous);
    }
}

#[test]
fn a_batch_is_judged_message_by_message() {
    check(
        r#"[{"id":1,"result":{"content":[]}}, {"id":2,"result":{"tools":[{"name":"x"}]}},{"id":3,"result":true},{"method":"a"}]"#,
        Expected::Anything,
        Ok(
            r#"[{"id":1,"result":{"content":[]}},{"id":2,"result":{"tools":[]}},{"id":3,"result":true},{"method":"a"}]"#,
        ),
    );
    unchanged(r#"[{"id":1,"result":{"content":[]}} ]"#, Expected::Anything);
    unchanged(r#"{"id":1,"result":{"tools":"many"}}"#, Expected::Anything);
    refused(r#"[{"id":1,"result":{"tools":[]}},{"id":2,"result":{"content":[]}}]"#, FilterFault::NotAList);
}

#[test]
fn the_hints_of_tools_are_told() {
    let policy = NoX::default();
    let answer = json!({"id": 1, "result": {"tools": [
        {"name": "a", "annotations": {"readOnlyHint": true, "title": "A"}},
        {"name": "x", "annotations": {"readOnlyHint": false, "destructiveHint": true}},
        {"name": "c", "annotations": null},
        {"name": "d", "annotations": {"destructiveHint": null}},
        {"name": "e"},
    ]}});
    filter_json(answer.to_string().as_bytes(), TOOLS, &policy).unwrap();
    let hints = |read_only, destructive| ToolHints { read_only, destructive };
    let told: Vec<_> = policy.learned.take().into_iter().map(|(_, name, hints)| (name, hints)).collect();
    assert_eq!(
        told,
        [
            ("a".to_owned(), hints(Some(true), None)),
            ("x".to_owned(), hints(Some(false), Some(true))),
            ("c".to_owned(), hints(None, None)),
            ("d".to_owned(), hints(None, None)),
            ("e".to_owned(), hints(None, None)),
        ]
    );
}

fn stream(text: &[u8], expected: Expected, piece: usize) -> Result<String, FilterFault> {
    let mut filter = StreamFilter::new(expected, 1024);
    let mut all = Vec::new();
    for piece in text.chunks(piece) {
        all.extend(filter.push(piece, &NoX::default())?);
    }
    all.extend(filter.finish(&NoX::default())?);
    Ok(String::from_utf8(all).unwrap())
}

#[test]
fn e25_lists_in_event_streams_are_reduced_however_they_are_cut() {
    let sent = ": hello\n\nid: 0\ndata:\n\nevent: message\r\nid: 1\r\ndata: {\"method\":\"notifications/progress\",\"p\":\"\u{e9}\"}\r\n\r\n\
        retry: 5\nid: 2\ndata: {\"id\":1,\ndata: \"result\":{\"tools\":[{\"name\":\"\u{e9}\"},\ndata:{\"name\":\"x\"}]}}\n\n";
    let expected = ": hello\n\nid: 0\ndata:\n\nevent: message\r\nid: 1\r\ndata: {\"method\":\"notifications/progress\",\"p\":\"\u{e9}\"}\r\n\r\n\
        retry: 5\nid: 2\ndata: {\"id\":1,\"result\":{\"tools\":[{\"name\":\"\u{e9}\"}]}}\n\n";
    for piece in 1..=sent.len() {
        assert_eq!(stream(sent.as_bytes(), TOOLS, piece).as_deref(), Ok(expected), "pieces of {piece}");
    }
}

#[test]
fn e25_a_stream_ends_where_it_cannot_be_understood() {
    let list = "data: {\"id\":1,\"result\":{\"tools\":[{\"name\":\"x\"}]}}";
    assert!(stream(format!("{list}\n\n").as_bytes(), TOOLS, 7).unwrap().ends_with("[]}}\n\n"));
    assert!(stream(list.as_bytes(), TOOLS, 7).unwrap().ends_with("[]}}\n"), "without an end");
    let undecodable = format!("data: nonsense\n\n{list}\n\n");
    assert_eq!(stream(undecodable.as_bytes(), TOOLS, 7), Err(FilterFault::NotJson));
    let bytes = [b"data: \xff\n\n", list.as_bytes(), b"\n\n"].concat();
    assert_eq!(stream(&bytes, TOOLS, 7), Err(FilterFault::Stream(SseFault::Encoding)));
    let large = format!("data: {}\n\n", "1".repeat(2000));
    assert_eq!(stream(large.as_bytes(), TOOLS, 7), Err(FilterFault::Stream(SseFault::TooLarge)));
}

#[test]
fn the_address_event_of_old_servers_passes_where_a_stream_may_bring_anything() {
    let event = "event: endpoint\ndata: /messages?id=1\n\n";
    assert_eq!(stream(event.as_bytes(), Expected::Anything, 5).as_deref(), Ok(event));
    assert_eq!(stream(event.as_bytes(), TOOLS, 5), Err(FilterFault::NotJson));
    let disguised = "event: endpoint\ndata: {\"id\":1,\"result\":{\"tools\":[{\"name\":\"x\"}]}}\n\n";
    assert!(stream(disguised.as_bytes(), Expected::Anything, 5).unwrap().ends_with("[]}}\n\n"));
    assert_eq!(stream(b"data: /messages\n\n", Expected::Anything, 5), Err(FilterFault::NotJson));
}
