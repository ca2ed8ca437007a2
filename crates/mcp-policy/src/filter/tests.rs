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
        r#" {"jsonrpc" : "2.0","id":"\u0031","result":{"tools":[{"name":"b","n":1E2}, {"name":"x1"},{ "name":"a"},{"name":"x2"}],"nextCursor":"\u0031"}}"#,
        TOOLS,
        Ok(
            r#" {"jsonrpc" : "2.0","id":"\u0031","result":{"tools":[{"name":"b","n":1E2},{ "name":"a"}],"nextCursor":"\u0031"}}"#,
        ),
    );
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"x1"}]}}"#,
        TOOLS,
        Ok(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#),
    );
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"\u0078"},{"n\u0061me":"a"}]}}"#,
        TOOLS,
        Ok(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"n\u0061me":"a"}]}}"#),
    );
    unchanged(
        " { \"jsonrpc\":\"2.0\", \"id\" : 1, \"result\": { \"tools\": [ {\"name\": \"a\"} ]}}\r\n",
        TOOLS,
    );
    unchanged(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#, TOOLS);
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
        let answer = json!({"jsonrpc":"2.0","id": 1, "result": {kind.member(): [{key: "x", "title": "a"}, {key: "a", "title": "x"}]}});
        let expected =
            json!({"jsonrpc":"2.0","id": 1, "result": {kind.member(): [{key: "a", "title": "x"}]}});
        let outcome = filtered(&answer.to_string(), Expected::List(kind)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&outcome).unwrap(), expected);
        let nameless = json!({"jsonrpc":"2.0","id": 1, "result": {kind.member(): [{"title": "a"}]}});
        assert_eq!(filtered(&nameless.to_string(), Expected::List(kind)), Err(FilterFault::Item));
    }
    assert_eq!(ListKind::of_method("tools/call"), None);
}

#[test]
fn a_list_beside_the_expected_one_is_judged_too() {
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"prompts":[{"name":"x"}]}}"#,
        TOOLS,
        Ok(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"prompts":[]}}"#),
    );
}

#[test]
fn e40_a_list_that_depends_on_its_reader_is_private() {
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":{"ttlMs":5,"cacheScope":"public","tools":[]}}"#,
        TOOLS,
        Ok(r#"{"jsonrpc":"2.0","id":1,"result":{"ttlMs":5,"cacheScope":"private","tools":[]}}"#),
    );
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":{"ttlMs":5,"tools":[]}}"#,
        TOOLS,
        Ok(r#"{"jsonrpc":"2.0","id":1,"result":{"ttlMs":5,"tools":[],"cacheScope":"private"}}"#),
    );
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"x"}],"cacheScope":7}}"#,
        TOOLS,
        Ok(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"cacheScope":"private"}}"#),
    );
    unchanged(r#"{"jsonrpc":"2.0","id":1,"result":{"ttlMs":5,"cacheScope":"private","tools":[]}}"#, TOOLS);
    unchanged(
        r#"{"jsonrpc":"2.0","id":1,"result":{"cacheScope":"public","contents":[]}}"#,
        Expected::Anything,
    );
}

fn list(tools: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{tools}]}}}}"#)
}

#[test]
fn e25_what_cannot_be_understood_is_refused() {
    use InvalidMessage::{Ambiguous, EmptyBatch, Id, NotAnObject, NotJson, Version};
    unchanged(&list(r#"{"name":"a"}"#), TOOLS);
    let marked = format!("\u{feff}{}", list(""));
    let several = list("").repeat(2);
    let cases = [
        ("", NotJson),
        ("{", NotJson),
        (&marked, NotJson),
        (&several, NotJson),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[}}"#, NotJson),
        ("1", NotAnObject),
        ("null", NotAnObject),
        ("[1]", NotAnObject),
        ("[]", EmptyBatch),
        ("{}", Version),
        (r#"{"id":1,"result":{"tools":[]}}"#, Version),
        (r#"{"jsonrpc":"2.0","id":1}"#, Ambiguous),
        (r#"{"jsonrpc":"2.0","id":1.5,"result":{"tools":[]}}"#, Id),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]},"error":{}}"#, Ambiguous),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]},"method":"a"}"#, Ambiguous),
    ];
    for (answer, fault) in cases {
        refused(answer, fault.into());
    }
    assert_eq!(filter_json(b"\xff", TOOLS, &NoX::default()), Err(InvalidMessage::NotUtf8.into()));
    let lists = [
        "null",
        "[]",
        "{}",
        r#"{"tools":null}"#,
        r#"{"tools":{}}"#,
        r#"{"prompts":[]}"#,
        r#"{"tools":[],"prompts":1}"#,
    ];
    for result in lists {
        refused(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#), FilterFault::NotAList);
    }
    let tools = [
        "1",
        "null",
        "[]",
        "{}",
        r#"{"name":1}"#,
        r#"{"name":null}"#,
        r#"{"name":"a","annotations":1}"#,
        r#"{"name":"a","annotations":{"readOnlyHint":"yes"}}"#,
    ];
    for tool in tools {
        refused(&list(tool), FilterFault::Item);
    }
    refused(&list(r#"{"name":"\ud800"}"#), NotJson.into());
}

#[test]
fn e25_what_readers_may_take_for_something_else_is_refused() {
    use InvalidMessage::{DuplicateKey, LookAlikeKey};
    for (answer, fault) in [
        (r#""id":1,"result":{"tools":[]},"result":{"tools":[{"name":"x"}]}"#, DuplicateKey),
        (r#""id":1,"result":{"tools":[]},"Result":{"tools":[{"name":"x"}]}"#, LookAlikeKey),
        (r#""id":1,"RESULT":{"tools":[{"name":"x"}]}"#, LookAlikeKey),
        (r#""id":1,"result":{"tools":[],"t\u006fols":[{"name":"x"}]}"#, DuplicateKey),
        (r#""id":1,"result":{"tools":[],"Tools":[{"name":"x"}]}"#, LookAlikeKey),
        (r#""id":1,"result":{"tools":[],"cacheScope":"private","CacheScope":"public"}"#, LookAlikeKey),
    ] {
        refused(&format!(r#"{{"jsonrpc":"2.0",{answer}}}"#), fault.into());
    }
    for (tool, fault) in [
        (r#"{"name":"a","name":"x"}"#, DuplicateKey),
        (r#"{"name":"a","NAME":"x"}"#, LookAlikeKey),
        (r#"{"name":"a","annotations":{"readOnlyHint":true,"readonlyhint":false}}"#, LookAlikeKey),
    ] {
        refused(&list(tool), fault.into());
    }
}

#[test]
fn a_batch_is_judged_message_by_message() {
    check(
        r#"[{"jsonrpc":"2.0","id":1,"result":{"content":[]}}, {"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"x"}]}},{"jsonrpc":"2.0","id":3,"result":true},{"jsonrpc":"2.0","method":"a"}]"#,
        Expected::Anything,
        Ok(
            r#"[{"jsonrpc":"2.0","id":1,"result":{"content":[]}}, {"jsonrpc":"2.0","id":2,"result":{"tools":[]}},{"jsonrpc":"2.0","id":3,"result":true},{"jsonrpc":"2.0","method":"a"}]"#,
        ),
    );
    unchanged(r#"[{"jsonrpc":"2.0","id":1,"result":{"content":[]}} ]"#, Expected::Anything);
    unchanged(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":"many"}}"#, Expected::Anything);
    refused(
        r#"[{"jsonrpc":"2.0","id":1,"result":{"tools":[]}},{"jsonrpc":"2.0","id":2,"result":{"content":[]}}]"#,
        FilterFault::NotAList,
    );
}

#[test]
fn the_hints_of_tools_are_told() {
    let policy = NoX::default();
    let answer = json!({"jsonrpc":"2.0","id": 1, "result": {"tools": [
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

/// Learns and changes nothing.
struct Learner(NoX);

impl ListPolicy for Learner {
    fn may_use(&self, listed: &Listed<'_>) -> bool {
        self.0.may_use(listed)
    }

    fn reduces(&self) -> bool {
        false
    }

    fn learn(&self, listed: &Listed<'_>) {
        self.0.learn(listed);
    }
}

#[test]
fn who_only_learns_changes_nothing() {
    let learner = Learner(NoX::default());
    let answer =
        r#"{"jsonrpc":"2.0","id":1,"result":{"ttlMs":1,"cacheScope":"public","tools":[{"name":"x"}]}}"#;
    assert_eq!(filter_json(answer.as_bytes(), TOOLS, &learner), Ok(None));
    assert_eq!(learner.0.learned.borrow().len(), 1);
    assert!(filter_json(answer.as_bytes(), TOOLS, &NoX::default()).unwrap().is_some());
}

#[test]
fn an_item_is_judged_by_what_using_it_asks_for() {
    for kind in ListKind::ALL {
        let listed = Listed { kind, name: "file:///a", hints: ToolHints::default(), schema: None };
        let operation = listed.operation();
        let params = json!({ "name": "file:///a", "uri": "file:///a" });
        let request =
            json!({ "jsonrpc": "2.0", "id": 1, "method": operation.method, "params": params }).to_string();
        let body = mcp_message::read(request.as_bytes(), &mcp_message::Limits::default()).unwrap();
        assert_eq!(mcp_message::Operation::of(&body.messages()[0]).unwrap(), operation, "{kind:?}");
    }
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
    let sent = ": hello\n\nid: 0\ndata:\n\nevent: message\r\nid: 1\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"p\":\"\u{e9}\"}\r\n\r\n\
        retry: 5\nid: 2\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\ndata: \"result\":{\"tools\":[{\"name\":\"\u{e9}\"},\ndata:{\"name\":\"x\"}]}}\n\n";
    let expected = ": hello\n\nid: 0\ndata:\n\nevent: message\r\nid: 1\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"p\":\"\u{e9}\"}\r\n\r\n\
        retry: 5\nid: 2\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\ndata: \"result\":{\"tools\":[{\"name\":\"\u{e9}\"}]}}\n\n";
    for piece in 1..=sent.len() {
        assert_eq!(stream(sent.as_bytes(), TOOLS, piece).as_deref(), Ok(expected), "pieces of {piece}");
    }
}

#[test]
fn e25_a_stream_ends_where_it_cannot_be_understood() {
    let list = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"x\"}]}}";
    assert!(stream(format!("{list}\n\n").as_bytes(), TOOLS, 7).unwrap().ends_with("[]}}\n\n"));
    assert!(stream(list.as_bytes(), TOOLS, 7).unwrap().ends_with("[]}}\n"), "without an end");
    let undecodable = format!("data: nonsense\n\n{list}\n\n");
    assert_eq!(stream(undecodable.as_bytes(), TOOLS, 7), Err(InvalidMessage::NotJson.into()));
    let bytes = [b"data: \xff\n\n", list.as_bytes(), b"\n\n"].concat();
    assert_eq!(stream(&bytes, TOOLS, 7), Err(FilterFault::Stream(SseFault::Encoding)));
    let large = format!("data: {}\n\n", "1".repeat(2000));
    assert_eq!(stream(large.as_bytes(), TOOLS, 7), Err(FilterFault::Stream(SseFault::TooLarge)));
}

#[test]
fn the_address_event_of_old_servers_passes_where_a_stream_may_bring_anything() {
    let event = "event: endpoint\ndata: /messages?id=1\n\n";
    assert_eq!(stream(event.as_bytes(), Expected::Anything, 5).as_deref(), Ok(event));
    assert_eq!(stream(event.as_bytes(), TOOLS, 5), Err(InvalidMessage::NotJson.into()));
    let disguised =
        "event: endpoint\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"x\"}]}}\n\n";
    assert!(stream(disguised.as_bytes(), Expected::Anything, 5).unwrap().ends_with("[]}}\n\n"));
    assert_eq!(stream(b"data: /messages\n\n", Expected::Anything, 5), Err(InvalidMessage::NotJson.into()));
}
