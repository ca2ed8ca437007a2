//! Start, reload and stop.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use axum::{Router, routing::get as on_get};
use http_body_util::BodyExt;
use serde_json::json;
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use crate::support::{Gateway, Issuer, Setup, call, get, open, tool_call};

const ISSUER: &str = "https://as.example";

fn configuration(listen: &str, upstream: &str, scope: &str) -> String {
    let port = listen.rsplit(':').next().unwrap();
    format!(
        r#"public_url = "http://localhost:{port}"
[listen]
address = "{listen}"
[limits]
shutdown = "20s"
[[authorization_server]]
issuer = "{ISSUER}"
keys = {{ file = "keys.json" }}
[[server]]
path = "/mcp"
upstream = {{ http = "{upstream}" }}
scopes = ["{scope}"]
"#
    )
}

async fn status(gateway: &Gateway, token: &str) -> u16 {
    call(tool_call(&gateway.url("/mcp"), Some(token))).await.status.as_u16()
}

#[tokio::test]
async fn o10_o18_a_changed_configuration_is_taken_and_a_bad_one_is_not() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new().keys("keys", &issuer).start(|listen| configuration(listen, &address, "mcp"));
    let token = issuer.token(&gateway.url("/mcp")).sign();
    let listen = gateway.address().to_string();
    assert_eq!(status(&gateway, &token).await, 200);

    gateway.rewrite("gateway.toml", &configuration(&listen, &address, "admin"));
    gateway.signal("HUP");
    gateway.wait_for("the configuration was reloaded");
    assert_eq!(status(&gateway, &token).await, 403);

    gateway.rewrite("gateway.toml", &configuration(&listen, &address, "mcp").replace("scopes", "scope"));
    gateway.signal("HUP");
    gateway.wait_for("the old one stays in force");
    gateway.wait_for("unknown field `scope`");
    assert_eq!(status(&gateway, &token).await, 403);
}

#[tokio::test]
async fn o07_o18_a_reload_never_opens_plain_http_to_everybody() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let everywhere = |listen: &str| listen.replace("127.0.0.1", "0.0.0.0");
    let behind = "behind_proxy = [\"10.9.9.0/24\"]\n[limits]";
    let gateway = Setup::new()
        .keys("keys", &issuer)
        .start(|listen| configuration(&everywhere(listen), &address, "mcp").replacen("[limits]", behind, 1));
    let token = issuer.token(&gateway.url("/mcp")).sign();
    assert_eq!(status(&gateway, &token).await, 403);
    gateway.rewrite("gateway.toml", &configuration(&gateway.address().to_string(), &address, "mcp"));
    gateway.signal("HUP");
    gateway.wait_for("restart instead");
    assert_eq!(status(&gateway, &token).await, 403);
}

#[tokio::test]
async fn what_waits_for_a_restart_is_said_and_the_rest_is_taken() {
    const SAID: &str = "takes effect at the next restart only";
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new().keys("keys", &issuer).start(|listen| configuration(listen, &address, "mcp"));
    let token = issuer.token(&gateway.url("/mcp")).sign();
    let good = configuration(&gateway.address().to_string(), &address, "admin");
    let reload = |text: &str| {
        gateway.rewrite("gateway.toml", text);
        gateway.signal("HUP");
    };
    let said = |key: &str| {
        let key = format!("key=\"{key}\"");
        gateway.output().lines().filter(|it| it.contains(SAID) && it.contains(&key)).count()
    };
    let wait_until_said = |key: &str, times: usize| {
        let deadline = Instant::now() + Duration::from_secs(60);
        while said(key) < times {
            assert!(Instant::now() < deadline, "never said of {key}:\n{}", gateway.output());
            std::thread::yield_now();
        }
    };
    reload(&good);
    gateway.wait_for("the configuration was reloaded");
    assert_eq!(status(&gateway, &token).await, 403);
    assert!(!gateway.output().contains(SAID), "{}", gateway.output());

    let elsewhere = format!("address = \"{}\"", gateway.address());
    reload(&good.replace(&elsewhere, "address = \"127.0.0.1:1\""));
    wait_until_said("listen.address", 1);
    let mut changed = good;
    let rows = [
        ("limits of connections", "[limits]\nidle = \"76s\""),
        ("log", "[log]\nlevel = \"debug\"\n[limits]"),
        ("admin", "[admin]\nenabled = false\n[limits]"),
    ];
    for (key, section) in rows {
        changed = changed.replacen("[limits]", section, 1);
        reload(&changed);
        wait_until_said(key, 1);
    }
    assert_eq!(rows.map(|(key, _)| said(key)), [1, 1, 1], "{}", gateway.output());
    assert_eq!(said("listen.address"), 2, "there and back");
    assert_eq!(status(&gateway, &token).await, 403, "it serves where it did");
}

/// Whether so many threads of a process work for requests; the looks at files of API keys have one more at times.
fn has_workers(gateway: &Gateway, count: usize) -> bool {
    (count..=count + 1).contains(&workers(gateway))
}

/// The threads of a process that its runtime has made.
fn workers(gateway: &Gateway) -> usize {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", gateway.pid())).unwrap();
    let names = tasks.map(|it| std::fs::read_to_string(it.unwrap().path().join("comm")).unwrap());
    names.filter(|it| it.trim() == "mcp-worker").count()
}

#[test]
fn there_are_as_many_workers_as_were_asked_for_or_one_for_each_core() {
    let start = |setup: Setup| {
        setup
            .keys("keys", &Issuer::new(ISSUER))
            .start(|listen| configuration(listen, "http://127.0.0.1:1/", "mcp"))
    };
    for count in [1, 3, 7] {
        let gateway = start(Setup::new().argument(&format!("--workers={count}")));
        assert!(has_workers(&gateway, count), "{} for {count}", workers(&gateway));
    }
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(has_workers(&start(Setup::new()), cores));
}

#[test]
fn what_is_for_development_only_is_said_at_the_start() {
    const SAID: &str = "for development only";
    let start = |from: &str, to: &str| {
        let gateway = Setup::new().keys("keys", &Issuer::new(ISSUER)).start(|listen| {
            let port = listen.rsplit(':').next().unwrap();
            configuration(listen, "http://127.0.0.1:1/", "mcp").replace(&from.replace("PORT", port), to)
        });
        gateway.output().lines().filter(|it| it.contains(SAID)).map(str::to_owned).collect::<Vec<_>>()
    };
    let outbound = "[outbound]\nallow_loopback = true\n[[server]]";
    let [url, loopback] = start("[[server]]", outbound).try_into().unwrap();
    assert!(url.contains("public_url is on loopback"), "{url}");
    assert!(loopback.contains("outbound.allow_loopback is on"), "{loopback}");
    assert_eq!(start("", "").len(), 1);
    assert_eq!(start("http://localhost:PORT", "https://mcp.example"), Vec::<String>::new());
}

#[tokio::test]
async fn e38_a_token_within_the_leeway_keeps_its_answer() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| {
        Answer::json("data: 1\n\n").header("content-type", "text/event-stream")
    })
    .await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new().keys("keys", &issuer).start(|listen| configuration(listen, &address, "mcp"));
    let url = gateway.url("/mcp");
    let late = issuer.token(&url).claim("exp", crate::support::unix_now() - 10).sign();
    let answer = call(tool_call(&url, Some(&late))).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "data: 1\n\n"));
    let too_late = issuer.token(&url).claim("exp", crate::support::unix_now() - 70).sign();
    assert_eq!(status(&gateway, &too_late).await, 401);
}

#[tokio::test]
async fn o18_a_changed_key_file_is_noticed_without_a_signal() {
    let (issuer, other) = (Issuer::new(ISSUER), Issuer::new(ISSUER));
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new().keys("keys", &issuer).start(|listen| configuration(listen, &address, "mcp"));
    let url = gateway.url("/mcp");
    let (old, new) = (issuer.token(&url).sign(), other.token(&url).sign());
    assert_eq!((status(&gateway, &old).await, status(&gateway, &new).await), (200, 401));
    gateway.rewrite("keys.json", &other.jwks());
    gateway.wait_for("the configuration was reloaded");
    assert_eq!((status(&gateway, &old).await, status(&gateway, &new).await), (401, 200));
}

/// Another configuration than the one before.
type Change = fn(&str) -> String;

/// The same stream before and after a reload: whether it ends.
async fn ends_with(change: Change) -> bool {
    let issuer = Issuer::new(ISSUER);
    let (events, answer) = Answer::events();
    let upstream = RecordingUpstream::answering([answer]).await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new()
        .keys("keys", &issuer)
        .keys("other", &Issuer::new(ISSUER))
        .start(|listen| configuration(listen, &address, "mcp"));
    let url = gateway.url("/mcp");
    let mut stream = open(tool_call(&url, Some(&issuer.token(&url).sign()))).await;
    events.send("data: 1\n\n").await.unwrap();
    assert!(stream.frame().await.unwrap().is_ok());
    let before = configuration(&gateway.address().to_string(), &address, "mcp");
    let after = change(&before);
    assert_ne!(before, after);
    gateway.rewrite("gateway.toml", &after);
    gateway.signal("HUP");
    gateway.wait_for("the configuration was reloaded");
    // One of the two happens: the stream ends by itself, or it brings what is sent now.
    events.send("data: 2\n\n").await.ok();
    drop(events);
    let rest = stream.into_body().collect().await.unwrap().to_bytes();
    assert!(rest.is_empty() || rest == "data: 2\n\n", "{rest:?}");
    rest.is_empty()
}

#[tokio::test]
async fn e38_a_stream_ends_when_a_reload_may_refuse_its_token_and_only_then() {
    let rows: [(Change, bool); 8] = [
        (|it| it.replace("shutdown = \"20s\"", "shutdown = \"21s\""), false),
        (|it| it.replace("path = \"/mcp\"", "path = \"/mcp\"\nname = \"Files\""), false),
        (|it| it.replace("scopes = [\"mcp\"]", "scopes = [\"mcp\", \"admin\"]"), true),
        (|it| it.replace("path = \"/mcp\"", "path = \"/other\""), true),
        (|it| it.replace("path = \"/mcp\"", "path = \"/mcp\"\naudiences = [\"https://a.example\"]"), true),
        (|it| it.replace("keys.json", "other.json"), true),
        (|it| it.replace("keys = {", "clients = [\"app\"]\nkeys = {"), true),
        (|it| it.replace(ISSUER, "https://other.example"), true),
    ];
    for (number, (change, ends)) in rows.into_iter().enumerate() {
        assert_eq!(ends_with(change).await, ends, "row {number}");
    }
}

#[test]
fn o07_o10_a_wrong_configuration_opens_no_socket_and_names_the_key() {
    let rows = [
        ("scopes = ", "scope = ", "server[0].scope"),
        ("address = \"127.0.0.1:", "address = \"0.0.0.0:", "listen.address"),
        ("public_url = \"http://localhost", "public_url = \"http://mcp.example", "public_url"),
        (
            "keys = { file = \"keys.json\" }",
            "keys = { file = \"none.json\" }",
            "authorization_server[0].keys.file",
        ),
        (
            "upstream = { http = \"http://127.0.0.1:1/\" }",
            "upstream = { http = \"http://169.254.169.254/\" }",
            "server[0].upstream",
        ),
    ];
    for (from, to, key) in rows {
        let refused = Setup::new().keys("keys", &Issuer::new(ISSUER)).refuse(|listen| {
            let good = configuration(listen, "http://127.0.0.1:1/", "mcp");
            assert!(good.contains(from), "{from}");
            good.replace(from, to)
        });
        assert_eq!(refused.status.code(), Some(2), "{key}");
        assert!(refused.output.contains(key), "{key}:\n{}", refused.output);
        assert!(!refused.output.contains("listening"), "{}", refused.output);
    }
}

#[test]
fn an_address_in_use_is_a_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = Setup::new()
        .keys("keys", &Issuer::new(ISSUER))
        .refuse(|_| configuration(&address, "http://127.0.0.1:1/", "mcp"));
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.output.contains(&format!("cannot listen on {address}")), "{}", refused.output);
}

#[tokio::test]
async fn c06_an_unreachable_authorization_server_is_waited_for() {
    let reserved = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = reserved.local_addr().unwrap();
    drop(reserved);
    let issuer_url = format!("http://{place}");
    let issuer = Issuer::new(&issuer_url);
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let gateway = Setup::new().argument("--workers=1").start(|listen| {
        configuration(listen, &address, "mcp")
            .replace(ISSUER, &issuer_url)
            .replace("keys = { file = \"keys.json\" }", "")
            + "[outbound]\nallow_loopback = true\n"
    });
    let token = issuer.token(&gateway.url("/mcp")).sign();
    assert_eq!(get(&gateway.url("/healthz")).await.status, 200);
    let unready = get(&gateway.url("/readyz")).await;
    assert_eq!(
        (unready.status.as_u16(), unready.json()["error"].as_str()),
        (503, Some("temporarily_unavailable"))
    );
    gateway.wait_for("reason=not_ready");
    gateway.wait_for(&format!("/mcp waits for the keys of {issuer_url}"));
    let waiting = call(tool_call(&gateway.url("/mcp"), Some(&token))).await;
    assert_eq!((waiting.status.as_u16(), waiting.header("retry-after")), (503, "2"));
    assert_eq!(upstream.requests().len(), 0);

    let metadata = json!({ "issuer": issuer_url, "jwks_uri": format!("{issuer_url}/jwks") }).to_string();
    let keys = issuer.jwks();
    let server = Router::new()
        .route("/.well-known/oauth-authorization-server", on_get(async move || metadata))
        .route("/jwks", on_get(async move || keys));
    let listener = tokio::net::TcpListener::bind(place).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, server).await });
    let deadline = Instant::now() + Duration::from_secs(90);
    while status(&gateway, &token).await != 200 {
        assert!(Instant::now() < deadline, "never recovered:\n{}", gateway.output());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get(&gateway.url("/readyz")).await.status, 200);
}

#[tokio::test]
async fn c06_one_issuer_of_two_that_is_down_keeps_nobody_else_out() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let second =
        "[[authorization_server]]\nissuer = \"http://127.0.0.1:1\"\n[outbound]\nallow_loopback = true\n";
    let start = |more: &str| {
        let keys = Setup::new().keys("keys", &issuer);
        keys.start(|listen| format!("{}{more}{second}", configuration(listen, &address, "mcp")))
    };
    let both = start("");
    assert_eq!(get(&both.url("/readyz")).await.status, 200);
    let url = both.url("/mcp");
    assert_eq!(status(&both, &issuer.token(&url).sign()).await, 200);
    // A server whose only issuer is down makes the gateway unready.
    let other = "[[server]]\npath = \"/other\"\nupstream = { http = \"http://127.0.0.1:1/\" }\nscopes = [\"mcp\"]\n\
                 authorization_servers = [\"http://127.0.0.1:1\"]\n";
    assert_eq!(get(&start(other).url("/readyz")).await.status, 503);
}

#[tokio::test]
async fn stopping_finishes_answers_and_ends_streams_that_listen() {
    let issuer = Issuer::new(ISSUER);
    let (release, held) = Answer::json(r#"{"done":true}"#).held();
    let (events, listening) = Answer::events();
    let (mut held, mut listening) = (Some(held), Some(listening));
    let upstream = RecordingUpstream::start(move |request: &Recorded| {
        let answer = if request.method == "GET" { listening.take() } else { held.take() };
        answer.unwrap_or_else(|| Answer::status(500))
    })
    .await;
    let address = upstream.uri("/mcp").to_string();
    let mut gateway =
        Setup::new().keys("keys", &issuer).start(|listen| configuration(listen, &address, "mcp"));
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    let mut stream_request = tool_call(&url, Some(&token));
    *stream_request.method_mut() = http::Method::GET;
    *stream_request.body_mut() = String::new();
    let mut stream = open(stream_request).await;
    events.send("data: 1\n\n").await.unwrap();
    assert!(stream.frame().await.unwrap().is_ok());
    let answer = tokio::spawn(call(tool_call(&url, Some(&token))));
    while upstream.requests().len() < 2 {
        tokio::task::yield_now().await;
    }

    gateway.signal("TERM");
    gateway.wait_for("stopping");
    assert!(stream.frame().await.is_none(), "a stream that listens ends at once");
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(gateway.address()).is_ok() {
        assert!(Instant::now() < deadline, "new connections are still taken");
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    assert_eq!(answer.await.unwrap().json()["done"], true);
    assert!(gateway.wait().success());
}

#[tokio::test]
async fn a_second_signal_cuts_what_is_under_way() {
    let issuer = Issuer::new(ISSUER);
    let (_never_released, held) = Answer::json("{}").held();
    let upstream = RecordingUpstream::answering([held]).await;
    let address = upstream.uri("/mcp").to_string();
    let mut gateway = Setup::new().keys("keys", &issuer).start(|listen| {
        configuration(listen, &address, "mcp").replace("shutdown = \"20s\"", "shutdown = \"10m\"")
    });
    let url = gateway.url("/mcp");
    let token = issuer.token(&url).sign();
    let answer = tokio::spawn(call(tool_call(&url, Some(&token))));
    while upstream.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    gateway.signal("TERM");
    gateway.wait_for("stopping, for up to 600 s; signal again to cut");
    assert!(!answer.is_finished(), "the first signal waits for the answer");
    gateway.signal("INT");
    gateway.wait_for("cutting what is under way");
    assert!(gateway.wait().success());
    assert!(answer.await.is_err(), "nothing answered");
}

#[tokio::test]
async fn what_a_kill_leaves_behind_is_no_obstacle() {
    let issuer = Issuer::new(ISSUER);
    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let address = upstream.uri("/mcp").to_string();
    let mut gateway =
        Setup::new().keys("keys", &issuer).start(|listen| configuration(listen, &address, "mcp"));
    let token = issuer.token(&gateway.url("/mcp")).sign();
    assert_eq!(status(&gateway, &token).await, 200);
    gateway.crash_and_restart();
    assert_eq!(status(&gateway, &token).await, 200);
}
