use std::{fs, path::PathBuf};

use crate::*;

#[track_caller]
fn check(body: impl AsRef<[u8]>, expected: Result<(), InvalidMessage>) {
    let body = body.as_ref();
    let outcome = read(body, &Limits::default()).map(drop);
    assert_eq!(outcome, expected, "{}", String::from_utf8_lossy(body));
}

fn corpus(part: &str) -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(part);
    fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).map(|it| (it.clone(), fs::read(it).unwrap()))
}

/// A call with this in the place of its name.
fn call(members: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call",{members}}}"#)
}

#[test]
fn e19_takes_all_of_the_accepted_corpus_and_none_of_the_refused() {
    let (mut accepted, mut refused) = (0, 0);
    for (path, body) in corpus("accepted") {
        read(&body, &Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        accepted += 1;
    }
    for (path, body) in corpus("refused") {
        let error = read(&body, &Limits::default()).expect_err(&path.display().to_string());
        assert!([-32700, -32600].contains(&error.code().number()), "{}: {error}", path.display());
        refused += 1;
    }
    assert!(accepted > 10 && refused > 30, "{accepted} {refused}");
}

#[test]
fn e19_refuses_keys_that_two_readers_may_take_for_different_ones() {
    check(call(r#""params":{"name":"a","arguments":{"name":"b"}}"#), Ok(()));
    for twice in [
        r#""params":{"name":"a","name":"b"}"#,
        r#""params":{"name":"a","n\u0061me":"b"}"#,
        r#""params":{"name":"a","arguments":[[{"x":1,"x":1}]]}"#,
        r#""params":{},"params":{}"#,
    ] {
        check(call(twice), Err(InvalidMessage::DuplicateKey));
    }
    check(call(r#""params":{"arguments":{"__proto__":{}}}"#), Err(InvalidMessage::ForbiddenKey));
    check(call(r#""params":{"arguments":{"_\u005fproto__":{}}}"#), Err(InvalidMessage::ForbiddenKey));
    // Read by `serde_json` as `{"name":"delete_file"}`.
    let other = r#"{"$serde_json::private::RawValue":"{\"name\":\"delete_file\"}"}"#;
    assert_eq!(serde_json::from_str::<serde_json::Value>(other).unwrap()["name"], "delete_file");
    for key in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        check(
            call(&format!(r#""params":{{"arguments":{{"{key}":"2.0"}}}}"#)),
            Err(InvalidMessage::ForbiddenKey),
        );
    }
    check(call(r#""params":{"arguments":{"$serde_json":"2.0"}}"#), Ok(()));
    for alike in
        [r#""Params":{}"#, r#""PARAMS":{}"#, r#""ID":2"#, r#""Jsonrpc":"2.0""#, "\"param\u{17F}\":{}"]
    {
        check(call(alike), Err(InvalidMessage::LookAlikeKey));
    }
}

#[test]
fn e19_refuses_what_is_not_one_json_text() {
    let good = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    check(good, Ok(()));
    check(format!(" \t\r\n{good}\n"), Ok(()));
    check("", Err(InvalidMessage::NotJson));
    check(format!("\u{feff}{good}"), Err(InvalidMessage::NotJson));
    check(format!("{good}{good}"), Err(InvalidMessage::NotJson));
    check(format!("{good}\0"), Err(InvalidMessage::NotJson));
    check(format!("{good}//"), Err(InvalidMessage::NotJson));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#, Err(InvalidMessage::NotJson));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"\udc00":1}}"#, Err(InvalidMessage::NotJson));
    check(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xC0\xAF\"}", Err(InvalidMessage::NotUtf8));
    let wide: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(wide, Err(InvalidMessage::NotJson));
}

#[test]
fn refuses_what_is_no_message() {
    check(r#"{"jsonrpc":"2.0","id":"1","method":"ping"}"#, Ok(()));
    check(r#"{"jsonrpc":"2.0","id":-1,"method":"ping"}"#, Ok(()));
    check(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, Ok(()));
    for id in ["0", "18446744073709551615", "-9223372036854775808"] {
        check(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#), Ok(()));
    }
    let longer = ["18446744073709551616", "-9223372036854775809"];
    for id in ["1.0", "1e0", "true", "{}", "[]", "-0.5", "-0"].into_iter().chain(longer) {
        check(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#), Err(InvalidMessage::Id));
    }
    check(r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, Err(InvalidMessage::Version));
    check(r#"{"jsonrpc":"2.0","id":1,"method":null}"#, Err(InvalidMessage::Method));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":1}"#, Err(InvalidMessage::Ambiguous));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, Err(InvalidMessage::Params));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"a"}"#, Err(InvalidMessage::Params));
    check(r#""ping""#, Err(InvalidMessage::NotAnObject));
    check("[]", Err(InvalidMessage::EmptyBatch));
    check(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},1]"#, Err(InvalidMessage::NotAnObject));
}

#[test]
fn holds_its_bounds() {
    let nested =
        |depth: usize| call(&format!(r#""params":{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)));
    check(nested(62), Ok(()));
    check(nested(63), Err(InvalidMessage::TooDeep));
    check("[".repeat(1_000_000), Err(InvalidMessage::TooDeep));
    let batch = |length: usize| format!("[{}]", vec![r#"{"jsonrpc":"2.0","method":"a"}"#; length].join(","));
    check(batch(100), Ok(()));
    check(batch(101), Err(InvalidMessage::BatchTooLong));
}

#[test]
fn what_is_read_is_byte_for_byte_what_was_written() {
    let text = r#" [ {"jsonrpc":"2.0", "id":"\u0061" ,"method":"a\/b","params":{ "x" : 1.50 }} ] "#;
    let Body::Batch(messages) = read(text.as_bytes(), &Limits::default()).unwrap() else {
        panic!("no batch")
    };
    let [Message::Request { raw, id, method, params }] = &messages[..] else { panic!("no request") };
    assert_eq!(raw.get(), text.trim().trim_matches(['[', ']', ' ']));
    assert_eq!(id.raw().get(), r#""\u0061""#);
    assert_eq!(method, "a/b");
    assert_eq!(params.get("x").unwrap().unwrap().get(), "1.50");
    let changed = |text: &str| {
        let mut edits = Edits::of(text);
        edits.replace(id.raw(), "7".to_owned());
        edits.add_at_end(raw, r#","y":2"#.to_owned());
        edits.apply()
    };
    let expected = text.replace(r#""\u0061""#, "7").replace("1.50 }}", r#"1.50 },"y":2}"#);
    assert_eq!(changed(text), Ok(Some(expected)));
    let elsewhere = String::from(text);
    assert_eq!(changed(&elsewhere), Err(ForeignPart), "the same text elsewhere");
    assert_eq!(Edits::of(text).apply(), Ok(None));
    let mut twice = Edits::of(text);
    twice.replace(id.raw(), "7".to_owned());
    twice.replace(id.raw(), "8".to_owned());
    assert_eq!(twice.apply(), Err(ForeignPart), "one part cannot be two things");
}

#[test]
fn errors_carry_the_id_as_it_was_written() {
    let body = read(br#"{"jsonrpc":"2.0","id":"\u0061","method":"ping"}"#, &Limits::default()).unwrap();
    assert_eq!(
        error_body(body.request_id(), ErrorCode::Denied, "no"),
        r#"{"jsonrpc":"2.0","id":"\u0061","error":{"code":403,"message":"no"}}"#
    );
    assert_eq!(
        error_body_with(None, ErrorCode::UnsupportedVersion, "no", &serde_json::json!({"supported": []})),
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32022,"message":"no","data":{"supported":[]}}}"#
    );
}
