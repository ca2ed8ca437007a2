use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{mirrored::*, *};

const MODERN: &str = "2026-07-28";

fn call(name: &str, revision: Option<&str>) -> String {
    let meta =
        revision.map(|it| format!(r#","_meta":{{"{PROTOCOL_VERSION_KEY}":"{it}"}}"#)).unwrap_or_default();
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}"{meta}}}}}"#)
}

#[track_caller]
fn check_body(headers: &[(&str, &str)], body: &str, expected: Result<(), Mismatch>) {
    let map = headers
        .iter()
        .map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        })
        .fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name, value);
            map
        });
    let limits = Limits::default();
    let body = read(body.as_bytes(), &limits).unwrap();
    assert_eq!(mirrored::check(&map, &body, &limits), expected, "{headers:?}");
}

/// A call of revision 2026-07-28 to the tool `a`.
#[track_caller]
fn check(headers: &[(&str, &str)], expected: Result<(), Mismatch>) {
    check_body(headers, &call("a", Some(MODERN)), expected);
}

const VERSION: (&str, &str) = ("MCP-Protocol-Version", MODERN);
const CALL: (&str, &str) = ("Mcp-Method", "tools/call");

#[test]
fn e21_mirrored_headers_say_what_the_body_says() {
    check(&[VERSION, CALL, ("Mcp-Name", "a")], Ok(()));
    check(&[VERSION, CALL, ("Mcp-Name", " a\t")], Ok(()));
    check(&[VERSION, CALL, ("Mcp-Name", "=?base64?YQ==?=")], Ok(()));
    for (headers, fault) in [
        (&[CALL, ("Mcp-Name", "a")][..], Mismatch::Missing),
        (&[VERSION, ("Mcp-Name", "a")], Mismatch::Missing),
        (&[VERSION, CALL], Mismatch::Missing),
        (&[VERSION, CALL, ("Mcp-Name", "b")], Mismatch::Different),
        (&[VERSION, CALL, ("Mcp-Name", "A")], Mismatch::Different),
        (&[VERSION, CALL, ("Mcp-Name", "")], Mismatch::Different),
        (&[VERSION, ("Mcp-Method", "tools/list"), ("Mcp-Name", "a")], Mismatch::Different),
        (&[VERSION, CALL, ("Mcp-Name", "a"), ("mcp-name", "a")], Mismatch::Repeated),
        (&[VERSION, CALL, CALL, ("Mcp-Name", "a")], Mismatch::Repeated),
        (&[VERSION, VERSION, CALL, ("Mcp-Name", "a")], Mismatch::Repeated),
        (&[("MCP-Protocol-Version", "2025-06-18"), CALL, ("Mcp-Name", "a")], Mismatch::Different),
        (&[("MCP-Protocol-Version", "garbage"), CALL, ("Mcp-Name", "a")], Mismatch::Different),
        (&[VERSION, CALL, ("Mcp-Name", "\u{e9}")], Mismatch::Undecodable),
    ] {
        assert_eq!(fault.code().number(), -32020);
        check(headers, Err(fault));
    }
}

#[test]
fn e21_the_marker_of_encoded_values_has_one_reading() {
    for (value, expected) in [
        ("=?base64?YQ==?=", Ok("a")),
        ("=?base64?w6k=?=", Ok("é")),
        ("=?base64??=", Ok("")),
        ("=?BASE64?YQ==?=", Ok("=?BASE64?YQ==?=")),
        ("=?base64?YQ==", Ok("=?base64?YQ==")),
        ("=?base64?YQ?=", Err(Mismatch::Undecodable)),
        ("=?base64?YR==?=", Err(Mismatch::Undecodable)),
        ("=?base64?_-8=?=", Err(Mismatch::Undecodable)),
        ("=?base64?/w==?=", Err(Mismatch::Undecodable)),
        ("=?base64? YQ==?=", Err(Mismatch::Undecodable)),
        ("=?base64?=", Ok("=?base64?=")),
    ] {
        assert_eq!(decode(value).as_deref().map_err(|it| *it), expected, "{value}");
    }
}

#[test]
fn e21_a_header_is_measured_before_it_is_decoded() {
    let name = "x".repeat(6000);
    let header = |name: &str| format!("=?base64?{}?=", STANDARD.encode(name));
    check_body(&[VERSION, CALL, ("Mcp-Name", &header(&name))], &call(&name, Some(MODERN)), Ok(()));
    let name = "x".repeat(7000);
    let header = header(&name);
    check_body(&[VERSION, CALL, ("Mcp-Name", &header)], &call(&name, Some(MODERN)), Err(Mismatch::TooLong));
}

#[test]
fn e22_older_revisions_need_no_mirrors_but_must_not_lie_with_them() {
    let old = call("a", None);
    for revision in ["2025-03-26", "2025-06-18", "2025-11-25", "garbage"] {
        let version = ("MCP-Protocol-Version", revision);
        check_body(&[version], &old, Ok(()));
        check_body(&[version, CALL, ("Mcp-Name", "a")], &old, Ok(()));
        check_body(&[version, CALL, ("Mcp-Name", "b")], &old, Err(Mismatch::Different));
    }
    check_body(&[], &old, Ok(()));
    check_body(&[VERSION, CALL, ("Mcp-Name", "a")], &old, Err(Mismatch::NoRevision));
    let handshake =
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#;
    check_body(&[VERSION], handshake, Ok(()));
}

#[test]
fn a_batch_has_no_mirrors() {
    let batch = format!("[{}]", call("a", None));
    check_body(&[], &batch, Ok(()));
    check_body(&[CALL], &batch, Err(Mismatch::Different));
    check_body(&[("Mcp-Name", "a")], &batch, Err(Mismatch::Different));
}

#[test]
fn notifications_and_responses_need_none() {
    check_body(&[VERSION], r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#, Ok(()));
    check_body(&[CALL], r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#, Err(Mismatch::Different));
    check_body(&[VERSION], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Ok(()));
    check_body(&[CALL], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Err(Mismatch::Different));
}

#[test]
fn h10_a_method_that_no_header_mirrors_is_the_servers_to_refuse() {
    let body = |method: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"_meta":{{"{PROTOCOL_VERSION_KEY}":"{MODERN}"}}}}}}"#
        )
    };
    // This one was removed in 2026-07-28, so its parameters are nobody's business.
    let (removed, read) = ("resources/subscribe", "resources/read");
    check_body(&[VERSION, ("Mcp-Method", removed)], &body(removed), Ok(()));
    check_body(
        &[VERSION, ("Mcp-Method", removed), ("Mcp-Name", "a")],
        &body(removed),
        Err(Mismatch::Different),
    );
    let unnamed = Err(Mismatch::Body(InvalidMessage::Unnamed));
    check_body(&[VERSION, ("Mcp-Method", read)], &body(read), unnamed);
}
