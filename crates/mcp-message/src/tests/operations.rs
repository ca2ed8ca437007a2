use crate::*;

fn message<T>(method: &str, params: &str, then: impl FnOnce(&Message<'_>) -> T) -> T {
    let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    let body = read(text.as_bytes(), &Limits::default()).unwrap();
    then(&body.messages()[0])
}

#[track_caller]
fn check(method: &str, params: &str, expected: Result<Target<'static>, InvalidMessage>) {
    let same = message(method, params, |it| match (Operation::of(it), &expected) {
        (Ok(operation), Ok(target)) => operation.method == method && operation.target == *target,
        (Err(error), Err(expected)) => error == *expected,
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    });
    assert!(same, "{method} {params}: {expected:?}");
}

fn uris(uris: &[&'static str]) -> Target<'static> {
    Target::Resources(uris.iter().map(|it| (*it).into()).collect())
}

#[test]
fn a_message_names_what_it_acts_on() {
    check("tools/call", r#"{"name":"a"}"#, Ok(Target::Tool("a".into())));
    check("prompts/get", r#"{"name":"a"}"#, Ok(Target::Prompt("a".into())));
    for method in ["resources/read", "resources/subscribe", "resources/unsubscribe"] {
        check(method, r#"{"uri":"file:///a"}"#, Ok(uris(&["file:///a"])));
        check(method, r#"{"name":"a"}"#, Err(InvalidMessage::Unnamed));
    }
    check(
        "subscriptions/listen",
        r#"{"notifications":{"resourceSubscriptions":["a:1","a:2"]}}"#,
        Ok(uris(&["a:1", "a:2"])),
    );
    check("subscriptions/listen", r#"{"notifications":{"toolsListChanged":true}}"#, Ok(uris(&[])));
    check(
        "completion/complete",
        r#"{"ref":{"type":"ref/prompt","name":"p"}}"#,
        Ok(Target::Prompt("p".into())),
    );
    check("completion/complete", r#"{"ref":{"type":"ref/resource","uri":"a:{x}"}}"#, Ok(uris(&["a:{x}"])));
    for method in ["tasks/get", "tasks/update", "tasks/cancel", "tasks/result"] {
        check(method, r#"{"taskId":"t"}"#, Ok(Target::Task("t".into())));
    }
    for method in ["tasks/list", "tools/list", "ping", "initialize", "made/up"] {
        check(method, r#"{"name":"a"}"#, Ok(Target::None));
    }
}

#[test]
fn a_message_that_names_nothing_certain_is_refused() {
    for (method, params) in [
        ("tools/call", "{}"),
        ("tools/call", r#"{"name":null}"#),
        ("tools/call", r#"{"name":["a"]}"#),
        ("prompts/get", r#"{"uri":"a"}"#),
        ("subscriptions/listen", r#"{"notifications":[]}"#),
        ("subscriptions/listen", r#"{"notifications":{"resourceSubscriptions":"a"}}"#),
        ("subscriptions/listen", r#"{"notifications":{"resourceSubscriptions":["a",1]}}"#),
        ("completion/complete", "{}"),
        ("completion/complete", r#"{"ref":{"type":"ref/tool","name":"a"}}"#),
        ("tasks/get", r#"{"name":"a"}"#),
    ] {
        check(method, params, Err(InvalidMessage::Unnamed));
    }
    check("tools/call", r#"{"name":"a","Name":"b"}"#, Err(InvalidMessage::LookAlikeKey));
    check("resources/read", r#"{"uri":"a:1","URI":"a:2"}"#, Err(InvalidMessage::LookAlikeKey));
    check("tasks/get", "{\"tas\u{212A}Id\":\"a\",\"taskId\":\"b\"}", Err(InvalidMessage::LookAlikeKey));
}

#[test]
fn a_response_has_an_operation_of_its_own() {
    let body = read(br#"{"jsonrpc":"2.0","id":1,"result":{"name":"a"}}"#, &Limits::default()).unwrap();
    let operation = Operation::of(&body.messages()[0]).unwrap();
    assert_eq!((&*operation.method, operation.target), ("response", Target::None));
}

#[test]
fn the_body_tells_the_era() {
    let key = PROTOCOL_VERSION_KEY;
    let era = |method: &str, params: &str| {
        message(method, params, |it| match Era::of(it) {
            Ok(Era::Modern(text)) => format!("modern {text}"),
            Ok(Era::Handshake(text)) => format!("handshake {}", text.unwrap_or_default()),
            Ok(Era::Unsaid) => "unsaid".to_owned(),
            Err(error) => error.to_string(),
        })
    };
    assert_eq!(era("tools/list", &format!(r#"{{"_meta":{{"{key}":"2026-07-28"}}}}"#)), "modern 2026-07-28");
    assert_eq!(era("tools/list", r#"{"_meta":{"progressToken":1}}"#), "unsaid");
    assert_eq!(era("initialize", r#"{"protocolVersion":"2025-06-18"}"#), "handshake 2025-06-18");
    assert_eq!(era("tools/list", r#"{"_meta":1}"#), InvalidMessage::Meta.to_string());
    assert_eq!(era("tools/list", &format!(r#"{{"_meta":{{"{key}":1}}}}"#)), InvalidMessage::Meta.to_string());
    assert_eq!(
        era("tools/list", &format!(r#"{{"_Meta":{{"{key}":"a"}}}}"#)),
        InvalidMessage::LookAlikeKey.to_string()
    );
}

#[test]
fn revisions_are_dates() {
    for (text, expected) in [
        ("2026-07-28", true),
        ("2027-01-01", true),
        ("2025-11-25", false),
        ("DRAFT-2026-v1", false),
        ("9999", false),
        ("", false),
    ] {
        assert_eq!(is_modern_revision(text), expected, "{text}");
    }
}
