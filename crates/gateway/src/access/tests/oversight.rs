//! Quotas, the audit and lists on the whole way of a request.

use std::{num::NonZeroU32, path::Path};

use http::Method;
use mcp_policy::{Annotations, Effect, Per, Quota, Quotas, Rule, Rules, Targets, ToolNames};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{
    audit::Trail,
    config::{Audit, AuditFailure},
};

/// A world whose time a test moves, with these quotas.
async fn counting(answers: usize, quotas: Vec<Quota>) -> (World, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)));
    let moving = Arc::clone(&clock);
    let answers = std::iter::repeat_with(|| Answer::json("{}")).take(answers);
    let world = World::with(answers, move |parts| {
        parts.clock = moving;
        parts.grants = Arc::new(NoGrants);
        parts.oversight.quotas = Quotas::new(quotas, &parts.clock, None);
    });
    (world.await, clock)
}

fn quota(per: &[Per], tools: &[&str], requests: u32) -> Quota {
    let requests = NonZeroU32::new(requests).unwrap();
    let names = ToolNames::new(tools.iter().map(|it| (*it).to_owned()).collect());
    Quota {
        per: per.to_vec(),
        tools: (!tools.is_empty()).then_some(names),
        requests,
        period: Duration::from_secs(60),
        burst: requests,
    }
}

impl World {
    fn message(&self, message: &Value) -> Request<Body> {
        let mut request = self.request(REVISIONS[0]);
        *request.body_mut() = Body::from(message.to_string());
        request
    }

    fn use_of(&self, tool: &str) -> Request<Body> {
        let params = json!({ "name": tool, "arguments": { "path": "/tmp", "secret": "canary" } });
        self.message(&json!({ "jsonrpc": "2.0", "id": "7", "method": "tools/call", "params": params }))
    }

    async fn status(&self, request: Request<Body>) -> u16 {
        match serve(&self.server, &arrival(), request).await {
            Ok(response) => response.status().as_u16(),
            Err(refusal) => refusal.reason.status().as_u16(),
        }
    }

    /// The answer to a request that is refused.
    async fn refused(&self, request: Request<Body>) -> (Response, Value) {
        let arrival = arrival();
        let refusal = serve(&self.server, &arrival, request).await.unwrap_err();
        let (head, body) = refusal.into_response(arrival.request_id).into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(head, Body::empty()), serde_json::from_slice(&body).unwrap())
    }
}

#[tokio::test]
async fn e50_a_quota_is_spent_and_comes_back() {
    let (world, clock) = counting(3, vec![quota(&[Per::Principal], &[], 2)]).await;
    for _ in 0..2 {
        assert_eq!(world.status(world.use_of("a")).await, 200);
    }
    let (head, body) = world.refused(world.use_of("a")).await;
    assert_eq!(head.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(head.headers()[header::RETRY_AFTER], "30");
    assert_eq!((&body["id"], &body["error"]["code"]), (&json!("7"), &json!(429)));
    clock.advance(Duration::from_secs(29));
    assert_eq!(world.status(world.use_of("a")).await, 429);
    clock.advance(Duration::from_secs(1));
    assert_eq!(world.status(world.use_of("a")).await, 200);
    assert_eq!(world.upstream.requests().len(), 3);
}

#[tokio::test]
async fn e50_what_is_no_message_is_refused_as_such() {
    let (world, _) = counting(1, vec![quota(&[Per::Client], &[], 1)]).await;
    assert_eq!(world.status(world.use_of("a")).await, 200);
    let mut get = world.request(REVISIONS[0]);
    *get.method_mut() = Method::GET;
    let (head, body) = world.refused(get).await;
    assert_eq!((head.status().as_u16(), &body["error"]), (429, &json!("too_many_requests")));
    for body in ["nonsense".to_owned(), "x".repeat(512 * 1024)] {
        let mut request = world.request(REVISIONS[1]);
        *request.body_mut() = Body::from(body);
        let (head, body) = world.refused(request).await;
        assert_eq!(
            (head.status().as_u16(), &body["id"], &body["error"]["code"]),
            (429, &Value::Null, &json!(429))
        );
    }
}

#[tokio::test]
async fn e50_a_quota_of_a_tool_counts_its_calls_alone() {
    let (world, clock) = counting(6, vec![quota(&[Per::Principal], &["delete_*"], 1)]).await;
    let ping = || world.message(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }));
    assert_eq!(world.status(world.use_of("delete_a")).await, 200);
    let (head, body) = world.refused(world.use_of("delete_b")).await;
    assert_eq!((head.status().as_u16(), &body["id"]), (429, &json!("7")));
    for other in [ping(), world.use_of("read"), ping()] {
        assert_eq!(world.status(other).await, 200);
    }
    clock.advance(Duration::from_secs(60));
    let call = |id: u32| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "delete_a" } });
    assert_eq!(world.status(world.message(&json!([call(1), call(2)]))).await, 429, "each of a batch counts");
    assert_eq!(world.upstream.requests().len(), 4);
}

/// May not use `x`, and lets the audit have the path of what is done with `a`.
fn rules() -> Rules {
    let about = |tool: &str, effect| Rule {
        targets: Targets { tools: vec![tool.parse().unwrap()], ..Targets::default() },
        effect,
        ..Rule::default()
    };
    Rules { rules: vec![about("x", Effect::Deny), about("a", Effect::default())], ..Rules::default() }
}

fn policy(lists: ListUse) -> Arc<Policy> {
    let log_arguments = vec![Vec::new(), vec!["path".to_owned(), "none".to_owned()]];
    let policy = Policy::new(rules(), Arc::<Annotations>::default());
    Arc::new(policy.with_lists(lists).with_log_arguments(log_arguments))
}

fn open_audit(parts: &mut ServerParts, file: &Path, if_failing: AuditFailure) {
    let audit = Audit { file: Some(file.to_owned()), if_failing, ..Audit::default() };
    parts.oversight.trail = Trail::default();
    parts.oversight.trail.open(Some(&audit), &parts.clock).unwrap();
}

#[tokio::test]
async fn m10_each_decision_has_its_line_and_no_argument_that_no_rule_names() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit");
    let world = World::with([Answer::json("{}"), Answer::json("{}")], |parts| {
        parts.policy = Some(policy(ListUse::Unread));
        open_audit(parts, &file, AuditFailure::Refuse);
    })
    .await;
    for (tool, expected) in [("a", 200), ("x", 403), ("b", 200)] {
        assert_eq!(world.status(world.use_of(tool)).await, expected);
    }
    world.grant.end();
    assert_eq!(world.status(world.use_of("a")).await, 401);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("canary"), "{text}");
    let lines: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let of = |line: &Value| ["tool", "rule", "outcome", "reason", "arguments"].map(|it| line[it].clone());
    let expected = [
        [json!("a"), json!(2), json!("allowed"), json!("ok"), json!({ "path": "/tmp" })],
        [json!("x"), json!(1), json!("refused"), json!("operation_denied"), Value::Null],
        [json!("b"), Value::Null, json!("allowed"), json!("ok"), Value::Null],
        [Value::Null, Value::Null, json!("refused"), json!("grant_ended"), Value::Null],
    ];
    assert_eq!(lines.iter().map(of).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn m10_without_rules_and_quotas_too_a_line_names_method_and_tool() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit");
    let world = World::with((0..3).map(|_| Answer::json("{}")), |parts| {
        open_audit(parts, &file, AuditFailure::Refuse);
    })
    .await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "b" } });
    assert_eq!(world.status(world.use_of("a")).await, 200);
    assert_eq!(world.status(world.message(&json!([ping, call]))).await, 200);
    let mut get = world.request(REVISIONS[0]);
    *get.method_mut() = Method::GET;
    assert_eq!(world.status(get).await, 200);
    // What two readers could take for two calls cannot be named, so it goes no further.
    let mut twofold = world.request(REVISIONS[0]);
    *twofold.body_mut() =
        Body::from(r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"a","name":"b"}}"#);
    assert_eq!(world.status(twofold).await, 400);
    assert_eq!(world.upstream.requests().len(), 3);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("canary"), "{text}");
    let lines: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let of = |line: &Value| ["method", "tool", "methods", "names", "reason"].map(|it| line[it].clone());
    let expected = [
        [json!("tools/call"), json!("a"), Value::Null, Value::Null, json!("ok")],
        [Value::Null, Value::Null, json!(["ping", "tools/call"]), json!(["", "b"]), json!("ok")],
        [json!("GET"), Value::Null, Value::Null, Value::Null, json!("ok")],
        [Value::Null, Value::Null, Value::Null, Value::Null, json!("message_invalid")],
    ];
    assert_eq!(lines.iter().map(of).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn m10_a_line_of_what_is_refused_early_names_method_and_tool() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit");
    let world = World::with([Answer::json("{}")], |parts| {
        let resource: oauth_types::ResourceUri = RESOURCE.parse().unwrap();
        parts.resource = ProtectedResource::builder(resource, ISSUER.parse().unwrap())
            .scopes("mcp".parse().unwrap())
            .build();
        parts.oversight.quotas = Quotas::new(vec![quota(&[Per::Principal], &[], 1)], &parts.clock, None);
        open_audit(parts, &file, AuditFailure::Refuse);
    })
    .await;
    let token = |scope: &str| world.issuer.token().claim("scope", scope).sign();
    let with = |scope: &str| {
        let mut request = world.use_of("a");
        let value = format!("Bearer {}", token(scope));
        request.headers_mut().insert(header::AUTHORIZATION, value.parse().unwrap());
        request
    };
    for (scope, expected) in [("other", 403), ("mcp", 200), ("mcp", 429)] {
        assert_eq!(world.status(with(scope)).await, expected);
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let of = |line: &Value| ["method", "tool", "reason"].map(|it| line[it].as_str().unwrap().to_owned());
    let expected =
        ["scope_insufficient", "ok", "quota_spent"].map(|it| ["tools/call", "a", it].map(str::to_owned));
    assert_eq!(lines.iter().map(of).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn without_audit_and_rules_no_body_is_read() {
    let world = World::with([Answer::json("{}")], |_| {}).await;
    let mut request = world.request(REVISIONS[0]);
    *request.body_mut() = Body::from(r#"{"method":"a","method":"b"}"#);
    assert_eq!(world.status(request).await, 200);
    assert_eq!(world.upstream.request().body, r#"{"method":"a","method":"b"}"#);
}

/// A world that lets people in without a credential by `ways`, each of whom may ask once, with an audit.
async fn open_to_all(per: Per, ways: Ways, audit: &Path) -> World {
    World::with((0..8).map(|_| Answer::json("{}")), |parts| {
        parts.ways = ways;
        parts.oversight.quotas = Quotas::new(vec![quota(&[per], &[], 1)], &parts.clock, None);
        open_audit(parts, audit, AuditFailure::Refuse);
    })
    .await
}

/// What somebody gets who calls a tool without a credential from this address.
async fn status_without_credential(world: &World, client: [u8; 4]) -> u16 {
    let mut request = world.use_of("a");
    request.headers_mut().remove(header::AUTHORIZATION);
    let arrival = Arrival::new(RequestIds::new(&SystemEntropy).next(), client.into());
    match serve(&world.server, &arrival, request).await {
        Ok(response) => response.status().as_u16(),
        Err(refusal) => refusal.reason.status().as_u16(),
    }
}

/// Who called the tool, and what came of it, as the audit has it.
fn told(audit: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(audit).unwrap();
    let lines = text.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    let of = |line: Value| {
        assert_eq!((&line["tool"], line["client"].is_null()), (&json!("a"), line["subject"] != "alice"));
        (line["subject"].as_str().unwrap().to_owned(), line["reason"].as_str().unwrap().to_owned())
    };
    lines.map(of).collect()
}

fn expected_lines<const N: usize>(lines: [(&str, &str); N]) -> Vec<(String, String)> {
    lines.map(|(who, reason)| (who.to_owned(), reason.to_owned())).to_vec()
}

#[tokio::test]
async fn e50_who_comes_without_a_credential_is_counted_and_written_down() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit");
    let ways = || {
        let anonymous = Anonymous::new(vec!["tools/call".to_owned()], "mcp".parse().unwrap());
        Ways { anonymous: Some(anonymous), ..Ways::default() }
    };
    let (one, other) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    // Each address has a count of its own as a principal; as a client they are one.
    let by_principal = open_to_all(Per::Principal, ways(), &file).await;
    for (client, expected) in [(one, 200), (one, 429), (other, 200), (other, 429)] {
        assert_eq!(status_without_credential(&by_principal, client).await, expected, "{client:?}");
    }
    let by_client = open_to_all(Per::Client, ways(), &file).await;
    for (client, expected) in [(one, 200), (other, 429)] {
        assert_eq!(status_without_credential(&by_client, client).await, expected, "{client:?}");
    }
    // Nobody is sent away who has a credential, whatever those without have used up.
    assert_eq!(by_client.status(by_client.use_of("a")).await, 200);
    let expected = expected_lines([
        ("anonymous", "ok"),
        ("anonymous", "quota_spent"),
        ("anonymous", "ok"),
        ("anonymous", "quota_spent"),
        ("anonymous", "ok"),
        ("anonymous", "quota_spent"),
        ("alice", "ok"),
    ]);
    assert_eq!(told(&file), expected);
}

#[tokio::test]
async fn e50_programs_of_this_machine_are_counted_together_and_written_down() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("audit");
    for per in [Per::Principal, Per::Client] {
        let ways = Ways { loopback: Some(Loopback::new("mcp".parse().unwrap())), ..Ways::default() };
        let world = open_to_all(per, ways, &file).await;
        for expected in [200, 429] {
            assert_eq!(status_without_credential(&world, [127, 0, 0, 1]).await, expected);
        }
        assert_eq!(status_without_credential(&world, [192, 0, 2, 1]).await, 401);
    }
    let once = [("loopback", "ok"), ("loopback", "quota_spent")];
    assert_eq!(told(&file), [expected_lines(once), expected_lines(once)].concat());
}

#[tokio::test]
async fn m10_where_no_line_can_be_written_nothing_reaches_the_upstream_if_so_configured() {
    for (if_failing, expected, seen) in [(AuditFailure::Refuse, 503, 0), (AuditFailure::Continue, 200, 1)] {
        let world = World::with([Answer::json("{}")], |parts| {
            open_audit(parts, Path::new("/dev/full"), if_failing);
        })
        .await;
        assert_eq!(world.status(world.use_of("a")).await, expected);
        assert_eq!(world.upstream.requests().len(), seen);
    }
}

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"x"},{"name":"a"}]}}"#;

#[tokio::test]
async fn e25_the_answer_to_a_listing_is_reduced_and_any_other_is_not() {
    let list = |method: &str| json!({ "jsonrpc": "2.0", "id": 1, "method": method });
    let body = async |lists: ListUse, answer: Answer, method: &str| {
        let world = World::with([answer], |parts| parts.policy = Some(policy(lists))).await;
        let response = serve(&world.server, &arrival(), world.message(&list(method))).await;
        let body = response.map_err(|it| it.reason)?.into_body().collect().await.unwrap().to_bytes();
        Ok::<_, Reason>(String::from_utf8(body.to_vec()).unwrap())
    };
    let reduced = LIST.replace(r#"{"name":"x"},"#, "");
    let strange = || Answer::status(201).header("content-type", "Application/JSON ;x").with_body(LIST);
    assert_eq!(body(ListUse::Reduced, strange(), "tools/list").await, Ok(reduced));
    assert_eq!(body(ListUse::Learned, strange(), "tools/list").await.as_deref(), Ok(LIST));
    assert_eq!(body(ListUse::Unread, strange(), "tools/list").await.as_deref(), Ok(LIST));
    assert_eq!(body(ListUse::Reduced, strange(), "ping").await.as_deref(), Ok(LIST));
    let marked = || Answer::json(&format!("\u{feff}{LIST}"));
    assert_eq!(body(ListUse::Reduced, marked(), "tools/list").await, Err(Reason::ListUnreadable));
    assert!(body(ListUse::Unread, marked(), "tools/list").await.is_ok());
    let packed = || Answer::json("x").header("content-encoding", "gzip");
    assert!(body(ListUse::Reduced, packed(), "tools/list").await.is_err());
}

#[tokio::test]
async fn e25_a_list_that_an_older_server_repeats_on_a_stream_is_reduced_too() {
    let (events, answer) = Answer::events();
    let world = World::with([answer], |parts| parts.policy = Some(policy(ListUse::Reduced))).await;
    let mut get = world.request(REVISIONS[0]);
    *get.method_mut() = Method::GET;
    let mut response = serve(&world.server, &arrival(), get).await.unwrap();
    events.send(format!("data: {LIST}\n\n")).await.unwrap();
    let first = next(&mut response).await.unwrap();
    assert_eq!(first, format!("data: {}\n\n", LIST.replace(r#"{"name":"x"},"#, "")));
}
