use http::{HeaderMap, HeaderName};
use serde_json::value::to_raw_value;

use crate::{mirrored::Mismatch, *};

const SCHEMA: &str = r#"{"type":"object","properties":{
    "region": {"type":"string","x-mcp-header":"Region"},
    "count": {"type":"integer","x-mcp-header":"Count"},
    "dry": {"type":"boolean","x-mcp-header":"Dry"},
    "place": {"type":"object","properties":{"city":{"type":"string","x-mcp-header":"City"}}},
    "free": {"type":"string"},
    "list": {"type":"array","items":{"type":"object","properties":{"x":{"type":"string","x-mcp-header":"X"}}}}
}}"#;

fn parameters(schema: &str) -> MirroredParameters {
    MirroredParameters::of(
        &to_raw_value(&serde_json::from_str::<serde_json::Value>(schema).unwrap()).unwrap(),
    )
}

#[track_caller]
fn check(arguments: &str, headers: &[(&str, &str)], expected: Result<(), Mismatch>) {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"a","arguments":{arguments}}}}}"#
    );
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    let limits = Limits::default();
    let body = read(body.as_bytes(), &limits).unwrap();
    let checked = parameters(SCHEMA).check(&map, &body.messages()[0], &limits);
    assert_eq!(checked, expected, "{arguments} {headers:?}");
}

#[test]
fn h8_headers_of_parameters_say_what_the_arguments_say() {
    const EU: &str = r#"{"region":"eu"}"#;
    check(EU, &[("Mcp-Param-Region", "eu")], Ok(()));
    check(EU, &[("mcp-param-REGION", " eu ")], Ok(()));
    check(EU, &[("Mcp-Param-Region", "=?base64?ZXU=?=")], Ok(()));
    for (headers, fault) in [
        (&[][..], Mismatch::Missing),
        (&[("Mcp-Param-Count", "eu")], Mismatch::Missing),
        (&[("Mcp-Param-Region", "us")], Mismatch::Different),
        (&[("Mcp-Param-Region", "EU")], Mismatch::Different),
        (&[("Mcp-Param-Region", "ZXU=")], Mismatch::Different),
        (&[("Mcp-Param-Region", "=?base64?ZXU?=")], Mismatch::Undecodable),
        (&[("Mcp-Param-Region", "=?base64?ZX!=?=")], Mismatch::Undecodable),
        (&[("Mcp-Param-Region", "eu"), ("Mcp-Param-Region", "eu")], Mismatch::Repeated),
    ] {
        assert_eq!(fault.code().number(), -32020);
        check(EU, headers, Err(fault));
    }
}

#[test]
fn h8_what_is_no_argument_has_no_header() {
    for arguments in ["{}", r#"{"region":null}"#, "null", r#"{"free":"x"}"#, r#"{"list":[{"x":"y"}]}"#] {
        check(arguments, &[], Ok(()));
        // A header without its argument is ignored, as the specification has it.
        check(arguments, &[("Mcp-Param-Region", "eu"), ("Mcp-Param-Unknown", "1")], Ok(()));
    }
    check(r#"{"place":{"city":"Ulm"}}"#, &[("Mcp-Param-City", "Ulm")], Ok(()));
    check(r#"{"place":{"city":"Ulm"}}"#, &[], Err(Mismatch::Missing));
    check(r#"{"place":{}}"#, &[], Ok(()));
    // An argument of another type is the tool's to refuse.
    check(r#"{"region":["eu"]}"#, &[], Ok(()));
    check("[]", &[], Err(Mismatch::Body(InvalidMessage::Params)));
}

#[test]
fn h8_numbers_are_compared_as_numbers() {
    for (number, header, fault) in [
        ("42", "42", None),
        ("42", "42.0", None),
        ("42.0", "42", None),
        ("-1", "-1", None),
        ("42", "43", Some(Mismatch::Different)),
        ("42", "0x2a", Some(Mismatch::Different)),
        ("42", "4.2e1", Some(Mismatch::Different)),
        ("1", "true", Some(Mismatch::Different)),
        ("9007199254740993", "9007199254740993", None),
        // As floating point these two are one.
        ("9007199254740993", "9007199254740992", Some(Mismatch::Different)),
    ] {
        let expected = fault.map_or(Ok(()), Err);
        check(&format!(r#"{{"count":{number}}}"#), &[("Mcp-Param-Count", header)], expected);
    }
    check(r#"{"count":42}"#, &[], Err(Mismatch::Missing));
    check(r#"{"count":9007199254740993}"#, &[], Ok(()));
    check(r#"{"dry":true}"#, &[("Mcp-Param-Dry", "true")], Ok(()));
    check(r#"{"dry":true}"#, &[("Mcp-Param-Dry", "1")], Err(Mismatch::Different));
}

#[test]
fn a_tool_whose_marks_are_not_allowed_has_none() {
    assert!(!parameters(SCHEMA).is_empty());
    for property in [
        r#"{"type":"string","x-mcp-header":""}"#,
        r#"{"type":"string","x-mcp-header":"a b"}"#,
        r#"{"type":"string","x-mcp-header":1}"#,
        r#"{"type":"object","x-mcp-header":"A"}"#,
        r#"{"x-mcp-header":"A"}"#,
    ] {
        assert!(parameters(&format!(r#"{{"properties":{{"a":{property}}}}}"#)).is_empty(), "{property}");
    }
    let twice = r#"{"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}}"#;
    assert!(parameters(twice).is_empty());
    assert!(parameters("true").is_empty());
}
