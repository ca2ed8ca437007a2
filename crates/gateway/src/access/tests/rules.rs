//! Rules, asked for by everything that a client may send.

use futures_util::stream;
use mcp_policy::{Annotations, Callers, Effect, Otherwise, Rule, Rules, Targets};
use oauth_types::Scope;
use serde_json::Value;

use super::*;
use crate::api_keys::{self, KeyRing, NewKey};

/// `delete_*` is denied, `write_*` needs `files:write`, as does whatever begins with `secret:`, and the end of a
/// session needs `session:end`.
fn policy() -> Policy {
    let tools = |name: &str| Targets { tools: vec![name.parse().unwrap()], ..Targets::default() };
    let secrets = Targets { resources: vec!["secret:*".parse().unwrap()], ..Targets::default() };
    let require =
        |scope: &str| Effect::Allow { callers: Callers::default(), require: scope.parse().unwrap() };
    let rules = vec![
        Rule { targets: tools("delete_*"), effect: Effect::Deny, ..Rule::default() },
        Rule { targets: tools("write_*"), effect: require("files:write"), ..Rule::default() },
        Rule { targets: secrets, effect: require("files:write files:secret"), ..Rule::default() },
        Rule { methods: vec!["DELETE".parse().unwrap()], effect: require("session:end"), ..Rule::default() },
    ];
    Policy::new(Rules { rules, otherwise: Otherwise::Allow }, Arc::new(Annotations::new()))
}

async fn world() -> World {
    world_with(|_| {}).await
}

/// The same, with parts that are changed further.
async fn world_with(change: impl FnOnce(&mut ServerParts)) -> World {
    let answers = (0..32).map(|_| Answer::json("{}"));
    World::with(answers, |parts| {
        let resource: oauth_types::ResourceUri = RESOURCE.parse().unwrap();
        let scope = |text: &str| -> Scope { text.parse().unwrap() };
        parts.resource = ProtectedResource::builder(resource, ISSUER.parse().unwrap())
            .scopes(scope("mcp"))
            .offered_scopes(scope("files:read files:write files:secret"))
            .build();
        parts.policy = Some(Arc::new(policy()));
        change(parts);
    })
    .await
}

/// A request of somebody with the scopes `scope`, and with further headers.
fn post(world: &World, scope: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let token = world.issuer.token().claim("scope", scope).sign();
    let request = Request::post("/mcp")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::ACCEPT, "application/json, text/event-stream");
    let is_said = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let request = if is_said { request } else { request.header(header::CONTENT_TYPE, "application/json") };
    headers.iter().fold(request, |it, (name, value)| it.header(*name, *value)).body(body.into()).unwrap()
}

struct Refused {
    reason: Reason,
    status: StatusCode,
    challenge: Option<String>,
    body: Value,
}

/// What is refused must not have been seen by the upstream.
async fn refused(world: &World, request: Request<Body>) -> Refused {
    let before = world.upstream.requests().len();
    let refusal = serve(&world.server, &arrival(), request).await.unwrap_err();
    assert_eq!(world.upstream.requests().len(), before);
    let reason = refusal.reason;
    let answer = refusal.into_response(RequestIds::new(&SystemEntropy).next());
    let status = answer.status();
    let challenge = answer.headers().get(header::WWW_AUTHENTICATE);
    let challenge = challenge.map(|it| it.to_str().unwrap().to_owned());
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    Refused { reason, status, challenge, body: serde_json::from_slice(&body).unwrap() }
}

#[track_caller]
fn assert_denied(refused: &Refused, id: &Value) {
    assert_eq!((refused.reason, refused.status), (Reason::OperationDenied, StatusCode::FORBIDDEN));
    assert_eq!(refused.challenge, None);
    assert_eq!((&refused.body["id"], &refused.body["error"]["code"]), (id, &Value::from(403)));
    assert_eq!(refused.body["jsonrpc"], "2.0");
    assert!(refused.body["error"]["data"]["request_id"].is_string());
}

fn call(tool: &str, revision: Option<&str>) -> String {
    let meta = revision
        .map(|it| format!(r#","_meta":{{"io.modelcontextprotocol/protocolVersion":"{it}"}}"#))
        .unwrap_or_default();
    format!(r#"{{"jsonrpc":"2.0","id":"\u0061","method":"tools/call","params":{{"name":"{tool}"{meta}}}}}"#)
}

#[tokio::test]
async fn what_is_allowed_is_forwarded_byte_for_byte() {
    let world = world().await;
    let body = " {\"jsonrpc\":\"2.0\", \"id\":1.0e0 ,\"method\":\"tools\\/call\",\"params\":{\"name\":\"re\\u0061d\",\
                \"arguments\":{\"x\":1.500, \"é\":\"\\ud83d\\ude00\"}}}\n"
        .replace("1.0e0", "1");
    let response = serve(&world.server, &arrival(), post(&world, "mcp", &[], body.clone())).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let seen = world.upstream.request();
    assert_eq!(seen.body, body);
    assert_eq!(seen.header("content-length"), Some(body.len().to_string().as_str()));
}

#[tokio::test]
async fn what_is_denied_is_answered_to_its_id_and_what_needs_more_by_a_challenge() {
    let world = world().await;
    assert_denied(&refused(&world, post(&world, "mcp", &[], call("delete_file", None))).await, &"a".into());
    let step_up = refused(&world, post(&world, "mcp files:read other", &[], call("write_file", None))).await;
    assert_eq!((step_up.reason, step_up.status), (Reason::OperationScopeInsufficient, StatusCode::FORBIDDEN));
    let challenge = step_up.challenge.unwrap();
    assert!(challenge.starts_with(r#"Bearer error="insufficient_scope""#), "{challenge}");
    assert!(challenge.contains(r#"scope="files:read files:write mcp""#), "{challenge}");
    assert_eq!(step_up.body["error"], "insufficient_scope");
    let request = post(&world, "mcp files:write", &[], call("write_file", None));
    assert_eq!(serve(&world.server, &arrival(), request).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn who_lacks_a_scope_of_the_server_is_told_all_that_the_request_needs_and_keeps_what_there_is() {
    let world = world().await;
    let lacking = async |scope: &str, body: &str| {
        let refused = refused(&world, post(&world, scope, &[], body.to_owned())).await;
        assert_eq!((refused.reason, refused.status), (Reason::ScopeInsufficient, StatusCode::FORBIDDEN));
        let challenge = refused.challenge.unwrap();
        let scope = challenge.split_once("scope=\"").unwrap().1;
        scope.split_once('"').unwrap().0.to_owned()
    };
    let (read, write) = (call("read_file", None), call("write_file", None));
    assert_eq!(lacking("other", &read).await, "mcp");
    assert_eq!(lacking("files:read other", &read).await, "files:read mcp");
    assert_eq!(lacking("files:read other", &write).await, "files:read files:write mcp");
    assert_eq!(lacking("files:write", &write).await, "files:write mcp");
    assert_eq!(lacking("files:read", &format!("[{read},{write}]")).await, "files:read files:write mcp");
    // No scope would help with this one, so nothing is promised for it.
    assert_eq!(lacking("files:read", &call("delete_file", None)).await, "files:read mcp");
    assert_eq!(lacking("files:read", "nonsense").await, "files:read mcp");
    // Who asks for just that may then do it.
    let request = post(&world, "files:read files:write mcp", &[], write);
    assert_eq!(serve(&world.server, &arrival(), request).await.unwrap().status(), StatusCode::OK);
}

/// Whoever sends bodies without end has no more places by lacking a scope, be they those of all or those of a subject.
#[tokio::test(start_paused = true)]
async fn e43_who_lacks_a_scope_of_the_server_has_the_places_of_everybody() {
    let without_end = || Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let worlds = [
        world_with(|parts| parts.streams = StreamLimit::new(8, 1, None)).await,
        world_with(|parts| parts.requests = RequestLimit::new(1)).await,
    ];
    for world in &worlds {
        let arrived = arrival();
        let mut first =
            Box::pin(serve(&world.server, &arrived, post(world, "files:read", &[], without_end())));
        for _ in 0..9 {
            assert!(futures_util::poll!(first.as_mut()).is_pending(), "its body is waited for");
        }
        let began = tokio::time::Instant::now();
        let second = refused(world, post(world, "files:read", &[], without_end())).await;
        assert_eq!((second.reason, began.elapsed()), (Reason::ScopeInsufficient, Duration::ZERO));
        assert!(second.challenge.unwrap().contains(r#"scope="files:read mcp""#));

        drop(first);
        let third = refused(world, post(world, "files:read", &[], call("write_file", None))).await;
        assert!(third.challenge.unwrap().contains(r#"scope="files:read files:write mcp""#));
    }
}

/// A call is read as far as calls usually go, and no further.
#[tokio::test]
async fn e43_a_call_without_a_scope_of_the_server_is_read_to_a_quarter_of_a_megabyte() {
    let world = world().await;
    let of_size = |size: usize| {
        let padding = format!(r#""arguments":{{"x":"{}"}},"name""#, "a".repeat(size));
        call("write_file", None).replacen(r#""name""#, &padding, 1)
    };
    for (size, named) in [(200 * 1024, "files:read files:write mcp"), (300 * 1024, "files:read mcp")] {
        let refused = refused(&world, post(&world, "files:read", &[], of_size(size))).await;
        assert!(refused.challenge.unwrap().contains(&format!("scope=\"{named}\"")), "{size}");
    }
}

#[tokio::test]
async fn a_request_for_several_resources_is_told_all_scopes_at_once() {
    let world = world().await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":
        {"resourceSubscriptions":["open:1","secret:1"]}}}"#;
    let step_up = refused(&world, post(&world, "mcp", &[], body)).await;
    let challenge = step_up.challenge.unwrap();
    assert!(challenge.contains(r#"scope="files:secret files:write mcp""#), "{challenge}");
    let request = post(&world, "mcp files:write files:secret", &[], body);
    assert_eq!(serve(&world.server, &arrival(), request).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn e22_a_retry_with_answers_for_the_server_is_judged_as_the_first_call() {
    let world = world().await;
    let mirrored = |tool: &'static str| {
        [("mcp-protocol-version", REVISIONS[1]), ("mcp-method", "tools/call"), ("mcp-name", tool)]
    };
    let retry = |tool: &str| {
        let more = r#""inputResponses":{"q":{"action":"accept","content":{"tool":"read_file","name":"read_file"}}},
            "requestState":"{\"name\":\"read_file\"}""#;
        call(tool, Some(REVISIONS[1])).replacen(r#""params":{"#, &format!(r#""params":{{{more},"#), 1)
    };
    let allowed = post(&world, "mcp", &mirrored("read_file"), retry("read_file"));
    assert_eq!(serve(&world.server, &arrival(), allowed).await.unwrap().status(), StatusCode::OK);
    assert_eq!(world.upstream.request().body, retry("read_file"), "it passes byte for byte");

    for body in [call("delete_file", Some(REVISIONS[1])), retry("delete_file")] {
        let request = post(&world, "mcp", &mirrored("delete_file"), body);
        assert_denied(&refused(&world, request).await, &"a".into());
    }
    for body in [call("write_file", Some(REVISIONS[1])), retry("write_file")] {
        let step_up = refused(&world, post(&world, "mcp", &mirrored("write_file"), body)).await;
        assert_eq!(step_up.reason, Reason::OperationScopeInsufficient);
        assert!(step_up.challenge.unwrap().contains(r#"scope="files:write mcp""#));
    }
    let granted = post(&world, "mcp files:write", &mirrored("write_file"), retry("write_file"));
    assert_eq!(serve(&world.server, &arrival(), granted).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn e20_a_batch_with_one_denied_call_is_refused_whole() {
    let world = world().await;
    let (ping, read) = (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, call("read_file", None));
    let good = format!("[{ping},{read}]");
    let request = post(&world, "mcp", &[], good);
    assert_eq!(serve(&world.server, &arrival(), request).await.unwrap().status(), StatusCode::OK);
    let hidden = format!("[{ping},{},{read}]", call("delete_file", None));
    assert_denied(&refused(&world, post(&world, "mcp", &[], hidden)).await, &Value::Null);
    let notified = r#"[{"jsonrpc":"2.0","method":"tools/call","params":{"name":"delete_file"}}]"#;
    assert_denied(&refused(&world, post(&world, "mcp", &[], notified)).await, &Value::Null);
    let step_up = format!("[{read},{}]", call("write_file", None));
    assert_eq!(
        refused(&world, post(&world, "mcp", &[], step_up)).await.reason,
        Reason::OperationScopeInsufficient
    );
}

#[tokio::test]
async fn e21_headers_that_say_something_else_than_the_body_are_refused_by_its_own_code() {
    let world = world().await;
    let modern = "2026-07-28";
    let version = ("mcp-protocol-version", modern);
    let good = [version, ("mcp-method", "tools/call"), ("mcp-name", "read_file")];
    let request = post(&world, "mcp", &good, call("read_file", Some(modern)));
    assert_eq!(serve(&world.server, &arrival(), request).await.unwrap().status(), StatusCode::OK);
    for lie in [
        &[version, ("mcp-method", "tools/call"), ("mcp-name", "read_file"), ("mcp-name", "delete_file")][..],
        &[version, ("mcp-method", "tools/list"), ("mcp-name", "read_file")],
        &[version, ("mcp-method", "tools/call"), ("mcp-name", "other")],
        &[version, ("mcp-method", "tools/call"), ("mcp-name", "=?base64?ZGVsZXRlX2ZpbGU=?=")],
        &[version, ("mcp-method", "tools/call")],
        &[("mcp-method", "tools/call"), ("mcp-name", "read_file")],
        &[version],
    ] {
        let refused = refused(&world, post(&world, "mcp", lie, call("read_file", Some(modern)))).await;
        assert_eq!((refused.reason, refused.status), (Reason::HeaderMismatch, StatusCode::BAD_REQUEST));
        assert_eq!(
            (&refused.body["error"]["code"], &refused.body["id"]),
            (&Value::from(-32020), &"a".into())
        );
    }
    // Headers that name something harmless do not make a denied call pass.
    let lie = refused(&world, post(&world, "mcp", &good, call("delete_file", Some(modern)))).await;
    assert_eq!(lie.reason, Reason::HeaderMismatch);
}

#[tokio::test]
async fn e22_no_revision_gets_round_a_denial() {
    let world = world().await;
    let revisions = [
        None,
        Some("2024-11-05"),
        Some("2025-03-26"),
        Some("2025-06-18"),
        Some("2025-11-25"),
        Some("2026-07-28"),
        Some("9999-12-31"),
        Some("garbage"),
        Some(""),
    ];
    for revision in revisions {
        let version = revision.map(|it| ("mcp-protocol-version", it));
        let mirrors = [("mcp-method", "tools/call"), ("mcp-name", "delete_file")];
        let headers: Vec<_> = version.into_iter().chain(mirrors).collect();
        // As a body of the revision that the header claims, and as one of any other.
        for body in [None, revision, Some("2026-07-28"), Some("2025-06-18")] {
            let refused = refused(&world, post(&world, "mcp", &headers, call("delete_file", body))).await;
            if body.is_none() && !revision.is_some_and(mcp_message::is_modern_revision) || body == revision {
                assert_denied(&refused, &"a".into());
            } else {
                assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{revision:?} {body:?}");
            }
        }
    }
}

#[tokio::test]
async fn e23_an_unknown_method_is_denied() {
    let world = world().await;
    let ask = |method: &str| format!(r#"{{"jsonrpc":"2.0","id":"a","method":"{method}"}}"#);
    assert_denied(&refused(&world, post(&world, "mcp", &[], ask("tools/purge"))).await, &"a".into());
    for method in ["tools/list", "ping", "server/discover", "notifications/cancelled"] {
        let request = post(&world, "mcp", &[], ask(method));
        assert_eq!(serve(&world.server, &arrival(), request).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn e19_a_body_with_two_readings_is_refused() {
    let world = world().await;
    let utf16: Vec<u8> = call("read_file", None).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let named = |name: &str| call("x", None).replace(r#""name":"x""#, name).into_bytes();
    for (body, code) in [
        (named(r#""name":"read_file","name":"delete_file""#), -32600),
        (named(r#""name":"read_file","n\u0061me":"delete_file""#), -32600),
        (named(r#""name":"read_file","Name":"delete_file""#), -32600),
        (named(r#""name":"read_file","__proto__":{"name":"delete_file"}"#), -32600),
        (named(r#""name":"read_\ud800""#), -32700),
        (named(r#""name":"read_file"/* */"#), -32700),
        ([b"\xef\xbb\xbf".to_vec(), named(r#""name":"read_file""#)].concat(), -32700),
        ([named(r#""name":"read_file""#), named(r#""name":"delete_file""#)].concat(), -32700),
        (named(""), -32602),
        (utf16, -32700),
        (Vec::new(), -32700),
    ] {
        let text = String::from_utf8_lossy(&body).into_owned();
        let refused = refused(&world, post(&world, "mcp", &[], body)).await;
        assert_eq!(
            (refused.reason, refused.status),
            (Reason::MessageInvalid, StatusCode::BAD_REQUEST),
            "{text}"
        );
        assert_eq!(refused.body["error"]["code"], code, "{text}");
    }
}

#[tokio::test]
async fn e19_a_body_that_is_declared_as_something_else_is_refused() {
    let world = world().await;
    for (kind, expected) in [
        ("application/json", true),
        ("Application/JSON; charset=UTF-8", true),
        (r#"application/json;charset="utf-8""#, true),
        ("application/json; charset=utf-7", false),
        ("application/json; charset=utf-16", false),
        ("application/json; charset=utf-8; charset=utf-7", false),
        ("application/json, text/plain", false),
        ("text/plain", false),
        ("application/x-www-form-urlencoded", false),
        ("", false),
    ] {
        let request = post(&world, "mcp", &[("content-type", kind)], call("read_file", None));
        let outcome =
            serve(&world.server, &arrival(), request).await.map(|it| it.status()).map_err(|it| it.reason);
        let refusal = Err(Reason::MessageTypeUnsupported);
        assert_eq!(outcome, if expected { Ok(StatusCode::OK) } else { refusal }, "{kind}");
    }
    let twice = [("content-type", "application/json"), ("content-type", "application/json; charset=utf-7")];
    let refused = refused(&world, post(&world, "mcp", &twice, call("read_file", None))).await;
    assert_eq!(refused.reason, Reason::MessageTypeUnsupported);
}

#[tokio::test]
async fn every_http_method_is_judged() {
    let world = world().await;
    let with = |method: Method, scope: &str| {
        let mut request = post(&world, scope, &[], Body::empty());
        *request.method_mut() = method;
        request
    };
    assert_eq!(refused(&world, with(Method::DELETE, "mcp")).await.reason, Reason::OperationScopeInsufficient);
    for request in
        [with(Method::DELETE, "mcp session:end"), with(Method::GET, "mcp"), with(Method::HEAD, "mcp")]
    {
        let method = request.method().clone();
        assert_eq!(
            serve(&world.server, &arrival(), request).await.unwrap().status(),
            StatusCode::OK,
            "{method}"
        );
    }
}

#[tokio::test]
async fn e43_a_body_is_bounded_before_it_is_judged() {
    let world = world().await;
    let pieces = stream::iter((0..2000).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1024]))));
    let request = post(&world, "mcp", &[], Body::from_stream(pieces));
    assert_eq!(refused(&world, request).await.reason, Reason::BodyTooLarge);
}

#[tokio::test]
async fn k08_a_grant_that_ends_while_the_body_comes_is_noticed() {
    let world = world().await;
    let grant = Arc::clone(&world.grant);
    let text = call("read_file", None);
    let body = stream::once(async move {
        grant.end();
        Ok::<_, std::io::Error>(Bytes::from(text))
    });
    let request = post(&world, "mcp", &[], Body::from_stream(body));
    assert_eq!(refused(&world, request).await.reason, Reason::GrantEnded);
}

/// A body that takes so long.
fn slow(clock: Arc<ManualClock>, time: Duration) -> Body {
    let text = call("read_file", None);
    Body::from_stream(stream::once(async move {
        clock.advance(time);
        Ok::<_, std::io::Error>(Bytes::from(text))
    }))
}

/// A server whose clock the test has, and no grants that are ours.
async fn timed(change: impl FnOnce(&mut ServerParts)) -> (World, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(UnixTime::from_seconds(NOW)));
    let world = world_with(|parts| {
        parts.clock = Arc::<ManualClock>::clone(&clock);
        parts.grants = Arc::new(NoGrants);
        change(parts);
    });
    (world.await, clock)
}

#[tokio::test]
async fn b21_a_token_that_expires_while_the_body_comes_is_noticed() {
    // An hour, and a minute of leeway.
    for (seconds, expected) in [(3600 + 59, None), (3600 + 60, Some(token_validate::Reason::TokenExpired))] {
        let (world, clock) = timed(|_| {}).await;
        let request = post(&world, "mcp", &[], slow(clock, Duration::from_secs(seconds)));
        let outcome = serve(&world.server, &arrival(), request).await;
        assert_eq!(outcome.err().map(|it| it.reason), expected.map(Reason::Token), "{seconds}");
    }
}

#[tokio::test]
async fn b21_a_key_that_expires_while_the_body_comes_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.toml");
    std::fs::write(&path, KEYS).unwrap();
    let config = crate::config::Config::read(&path).unwrap();
    let scopes = vec!["mcp".parse().unwrap()];
    let new = NewKey { label: "of a test".to_owned(), scopes, lifetime: Some(Duration::from_secs(3600)) };
    let key = api_keys::add(&config, None, new, UnixTime::from_seconds(NOW), &SystemEntropy).unwrap().key;
    for (seconds, expected) in [(3599, None), (3600, Some(Reason::ApiKeyExpired))] {
        let ring = KeyRing::open(&folder.path().join("keys.json")).unwrap();
        let (world, clock) = timed(|parts| parts.ways.api_keys = Some(Arc::new(ring))).await;
        let mut request = post(&world, "mcp", &[], slow(clock, Duration::from_secs(seconds)));
        let bearer = format!("Bearer {}", key.expose()).parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        let outcome = serve(&world.server, &arrival(), request).await;
        assert_eq!(outcome.err().map(|it| it.reason), expected, "{seconds}");
    }
}

const KEYS: &str = r#"public_url = "http://localhost:8080"
[listen]
address = "127.0.0.1:8080"
[[server]]
path = "/mcp"
upstream = { http = "http://127.0.0.1:3000/mcp" }
scopes = ["mcp"]
api_keys = { file = "keys.json" }
[[authorization_server]]
issuer = "https://as.example"
"#;
