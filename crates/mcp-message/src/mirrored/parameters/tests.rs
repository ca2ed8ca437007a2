use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::*;

fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    let field = |(name, value): &(&str, &str)| {
        (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
    };
    fields.iter().map(field).collect()
}

/// Knows one tool, `query`, with this schema.
fn known(schema: &Value) -> ToolParameters {
    let known = ToolParameters::default();
    known.learn("query", Some(&schema.to_string()));
    known
}

fn schema() -> Value {
    json!({ "type": "object", "properties": {
        "region": { "type": "string", "x-mcp-header": "Region" },
        "shard": { "type": "integer", "x-mcp-header": "shard" },
        "dry": { "type": "boolean", "x-mcp-header": "Dry-Run" },
        "where": { "type": "object", "properties": { "tenant": { "type": "string", "x-mcp-header": "Tenant" } } },
        "free": { "type": "string" },
    } })
}

fn outcome(
    known: &ToolParameters,
    fields: &[(&str, &str)],
    arguments: &Value,
    demanded: bool,
) -> Result<(), Mismatch> {
    let params = json!({ "name": "query", "arguments": arguments });
    let text = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let body = crate::read(text.as_bytes(), &Limits::default()).unwrap();
    known.check(&headers(fields), body.messages(), demanded, &Limits::default())
}

#[track_caller]
fn check(fields: &[(&str, &str)], arguments: &Value, expected: Result<(), Mismatch>) {
    let outcome = outcome(&known(&schema()), fields, arguments, false);
    assert_eq!(outcome, expected, "{fields:?} {arguments}");
}

const DIFFERENT: Result<(), Mismatch> = Err(Mismatch::Different);

#[test]
fn e21_h8_what_a_header_says_of_an_argument_is_what_the_body_says() {
    let name = "Mcp-Param-Region";
    check(&[(name, "eu")], &json!({ "region": "eu" }), Ok(()));
    check(&[("MCP-PARAM-REGION", "eu")], &json!({ "region": "eu" }), Ok(()));
    check(&[(name, "=?base64?csO8?=")], &json!({ "region": "rü" }), Ok(()));
    check(&[(name, "us")], &json!({ "region": "eu" }), DIFFERENT);
    check(&[(name, "EU")], &json!({ "region": "eu" }), DIFFERENT);
    check(&[(name, "eu")], &json!({ "Region": "eu" }), DIFFERENT);
    check(&[(name, "eu")], &json!({}), DIFFERENT);
    check(&[(name, "null")], &json!({ "region": null }), DIFFERENT);
    check(&[(name, "5")], &json!({ "region": ["5"] }), DIFFERENT);
    check(&[(name, "=?base64?!?=")], &json!({ "region": "eu" }), Err(Mismatch::Undecodable));
    check(&[(name, "eu"), (name, "eu")], &json!({ "region": "eu" }), Err(Mismatch::Repeated));
    let long = "x".repeat(9000);
    check(&[(name, &long)], &json!({ "region": long }), Err(Mismatch::TooLong));
}

#[test]
fn e21_h8_numbers_are_compared_by_value_and_truth_to_the_letter() {
    let shard = "mcp-param-shard";
    for (header, value) in [("7", "7"), ("7.0", "7"), ("7", "7.0"), ("-0", "0"), ("70", "7e1")] {
        check(&[(shard, header)], &serde_json::from_str(&format!("{{\"shard\":{value}}}")).unwrap(), Ok(()));
    }
    for (header, value) in [("8", "7"), ("+7", "7"), ("0x7", "7"), ("7 ", "70"), ("", "0"), ("NaN", "0")] {
        let arguments = serde_json::from_str(&format!("{{\"shard\":{value}}}")).unwrap();
        check(&[(shard, header)], &arguments, DIFFERENT);
    }
    // Beyond what a float holds exactly.
    check(&[(shard, "9007199254740993")], &json!({ "shard": 9_007_199_254_740_993_i64 }), Ok(()));
    check(&[(shard, "9007199254740992")], &json!({ "shard": 9_007_199_254_740_993_i64 }), DIFFERENT);
    check(&[("mcp-param-dry-run", "true")], &json!({ "dry": true }), Ok(()));
    check(&[("mcp-param-dry-run", "True")], &json!({ "dry": true }), DIFFERENT);
    check(&[("mcp-param-dry-run", "false")], &json!({ "dry": true }), DIFFERENT);
}

#[test]
fn e21_h8_an_argument_may_stand_deeper_and_unknown_headers_are_left_alone() {
    let tenant = "Mcp-Param-Tenant";
    check(&[(tenant, "acme")], &json!({ "where": { "tenant": "acme" } }), Ok(()));
    check(&[(tenant, "other")], &json!({ "where": { "tenant": "acme" } }), DIFFERENT);
    check(&[(tenant, "acme")], &json!({ "tenant": "acme" }), DIFFERENT);
    check(&[("mcp-param-other", "anything")], &json!({ "region": "eu" }), Ok(()));
    check(&[("mcp-param-free", "anything")], &json!({ "free": "x" }), Ok(()));
}

#[test]
fn h8_whoever_is_the_server_misses_a_header_and_others_do_not() {
    let (fields, arguments) = ([("mcp-param-region", "eu")], json!({ "region": "eu", "shard": 1 }));
    let known = known(&schema());
    assert_eq!(outcome(&known, &fields, &arguments, false), Ok(()));
    assert_eq!(outcome(&known, &fields, &arguments, true), Err(Mismatch::Missing));
    let both = [("mcp-param-region", "eu"), ("mcp-param-shard", "1")];
    assert_eq!(outcome(&known, &both, &arguments, true), Ok(()));
    assert_eq!(outcome(&known, &fields, &json!({ "region": "eu", "shard": null }), true), Ok(()));
}

#[test]
fn the_last_list_counts_and_what_is_no_good_schema_is_not_known() {
    let (lie, arguments) = ([("mcp-param-region", "us")], json!({ "region": "eu" }));
    let known = known(&schema());
    assert_eq!(outcome(&known, &lie, &arguments, false), DIFFERENT);
    known.learn("another", Some(&schema().to_string()));
    known.learn("query", Some(r#"{"type":"object"}"#));
    assert_eq!(outcome(&known, &lie, &arguments, false), Ok(()));
    known.learn("query", Some(&schema().to_string()));
    assert_eq!(outcome(&known, &lie, &arguments, false), DIFFERENT);
    known.learn("query", None);
    assert_eq!(outcome(&known, &lie, &arguments, false), Ok(()));

    let marked = |name: &str| json!({ "type": "string", "x-mcp-header": name });
    let twice = json!({ "properties": { "region": marked("Region"), "b": marked("REGION") } });
    let list = json!({ "items": { "properties": { "region": marked("Region") } } });
    let many: serde_json::Map<_, _> =
        (0..999).map(|it| (it.to_string(), marked(&format!("r{it}")))).collect();
    for (schema, arguments, fields) in [
        (twice, arguments.clone(), lie),
        (list, arguments.clone(), lie),
        (json!({ "x-mcp-header": "Region" }), arguments, lie),
        (json!({ "properties": many }), json!({ "7": "eu" }), [("mcp-param-r7", "us")]),
    ] {
        known.learn("query", Some(&schema.to_string()));
        assert_eq!(outcome(&known, &fields, &arguments, false), Ok(()), "{schema}");
    }
}

#[test]
fn a_result_is_learned_from_whatever_it_is() {
    let known = ToolParameters::default();
    for (result, expected) in [
        (json!({}), Ok(())),
        (json!({ "tools": [7, { "name": 7 }, { "inputSchema": schema() }] }), Ok(())),
        (json!({ "tools": [7, { "name": "query", "inputSchema": schema() }] }), DIFFERENT),
        (json!({ "tools": [] }), DIFFERENT),
    ] {
        let text = result.to_string();
        known.learn_list(serde_json::from_str(&text).unwrap());
        let outcome = outcome(&known, &[("mcp-param-region", "us")], &json!({ "region": "eu" }), false);
        assert_eq!(outcome, expected, "{result}");
    }
}
