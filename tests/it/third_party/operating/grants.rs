//! `grants` and `clients`.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{fs::MetadataExt, net::UnixStream},
};

use serde_json::json;

use super::{Client, LOCAL, Scene, alice, gateway, text};
use crate::{
    support::{get, open, tool_call},
    third_party::{
        attacks::streams::{endless, ends},
        client::TokenAnswer,
        commands::run,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn k08_n07_the_operator_sees_grants_and_ends_them_at_once() {
    let scene = Scene::set().await;
    let other = Client::register_as(&scene.gateway, json!({ "client_name": "Another\u{1b}[2J" })).await;
    let spared = other.connect(&alice()).await;

    let listed = scene.asks(&["grants", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    let everything = listed.to_string();
    assert!(!everything.contains(&spared.access) && !everything.contains(&spared.refresh), "{everything}");
    let of_client = scene.asks(&["grants", "list", "--client", &scene.client.id]);
    let [grant] = of_client.as_array().unwrap().as_slice() else { panic!("{of_client}") };
    assert_eq!(grant["person"], json!({ "provider": "local", "subject": "alice" }));
    assert_eq!(grant["client_name"], "Client of the tests");
    let (_, table, _) = scene.command(&["grants", "list"]);
    assert!(table.contains("local:alice") && !table.contains('\u{1b}'), "{table:?}");

    let ended = scene.asks(&["grants", "revoke", "--grant", grant["grant"].as_str().unwrap()]);
    assert_eq!(ended, json!({ "grants": 1, "sign_ins": 0 }));
    assert_eq!(scene.status(&scene.tokens.access).await, 401);
    let dead = scene.client.refresh(&scene.tokens.refresh).await;
    assert_eq!(dead.refusal(), (400, "invalid_grant".to_owned()));
    assert_eq!(scene.status(&spared.access).await, 200, "the other client goes on");
    let said = scene.gateway.output();
    let lines: Vec<_> = said.lines().filter(|it| it.contains("grant ended")).collect();
    assert!(matches!(lines[..], [line] if line.contains("operator_revoked")), "{lines:?}");

    let ended = scene.asks(&["grants", "revoke", "--user", "local:alice"]);
    assert_eq!(ended, json!({ "grants": 1, "sign_ins": 1 }));
    assert_eq!(scene.status(&spared.access).await, 401);
    assert_eq!(scene.asks(&["grants", "list"]), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn k08_streams_end_with_everything_the_operator_ends() {
    let upstream = endless().await;
    let gateway = gateway(&upstream.uri("/mcp").to_string(), LOCAL, "");
    let client = Client::register(&gateway).await;
    let tokens = client.connect(&alice()).await;
    let stream = open(tool_call(&gateway.url("/mcp"), Some(&tokens.access))).await;
    assert_eq!(stream.status(), 200);

    let command = |arguments: &[&str]| run(&gateway.path(""), arguments, "");
    let unsaid = command(&["grants", "revoke", "--config", "gateway.toml"]);
    assert_eq!(unsaid.status.code(), Some(2), "everything ends only when somebody says so");
    let ended = command(&["grants", "revoke", "--all", "--config", "gateway.toml"]);
    assert_eq!(text(&ended.stdout), "ended 1 grants and 1 sign-ins\n", "{}", text(&ended.stderr));
    ends(stream, "the operator's command").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k08_a_client_that_the_operator_ends_is_no_longer_known() {
    let scene = Scene::set().await;
    let listed = scene.asks(&["clients", "list"]);
    let [client] = listed.as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&client["client_id"], &client["grants"]), (&json!(scene.client.id), &json!(1)));
    assert_eq!((&client["name"], &client["origin"]), (&json!("Client of the tests"), &json!("registered")));

    let removed = scene.asks(&["clients", "revoke", &scene.client.id]);
    assert_eq!(removed, json!({ "was_registered": true, "grants": 1 }));
    assert_eq!(scene.status(&scene.tokens.access).await, 401);
    let refused = get(&scene.client.asks().url).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(scene.asks(&["clients", "list"]), json!([]));
    let again = scene.asks(&["clients", "revoke", &scene.client.id]);
    assert_eq!(again, json!({ "was_registered": false, "grants": 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn k08_without_a_gateway_the_commands_open_the_store_themselves() {
    let mut scene = Scene::set().await;
    scene.stop();
    assert!(!scene.gateway.path("state.redb.sock").exists());
    assert_eq!(scene.asks(&["grants", "list"]).as_array().unwrap().len(), 1);
    let (code, answer, said) = scene.command(&["grants", "revoke", "--all", "--json"]);
    assert_eq!((code, answer.contains("\"grants\": 1")), (0, true), "{answer}{said}");
    assert!(said.contains("operator_revoked"), "the audit line is not lost: {said}");

    scene.gateway.crash_and_restart();
    assert_eq!(scene.status(&scene.tokens.access).await, 401);
    let dead = scene.client.refresh(&scene.tokens.refresh).await;
    assert_eq!(dead.refusal(), (400, "invalid_grant".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn m05_n09_figures_are_on_the_socket_of_operators_and_count_routes_only() {
    let mut scene = Scene::set().await;
    let collector = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let configuration = std::fs::read_to_string(scene.gateway.path("gateway.toml")).unwrap();
    scene.gateway.rewrite("gateway.toml", &format!("{configuration}\n[admin]\nmetrics = \"{collector}\"\n"));
    scene.gateway.crash_and_restart();
    scene.client.refresh(&scene.tokens.refresh).await.tokens();
    assert_eq!(scene.status(&scene.tokens.access).await, 200);
    assert_eq!(scene.status("canary-token").await, 401);
    for path in ["/made-up-1", "/made-up-2?token=canary-query"] {
        assert_eq!(get(&scene.gateway.url(path)).await.status, 404);
    }
    let socket = UnixStream::connect(scene.gateway.path("state.redb.sock")).unwrap();
    let figures = fetched("/metrics", socket);
    assert!(figures.starts_with("HTTP/1.1 200"), "{figures}");
    for line in [
        r#"mcp_gateway_requests_total{route="/mcp",status="200",reason="ok"} 1"#,
        r#"mcp_gateway_requests_total{route="-",status="404",reason="route_unknown"} 2"#,
        r#"mcp_gateway_requests_total{route="/token",status="200",reason="ok"} 1"#,
        "mcp_gateway_grants_live 1",
    ] {
        assert!(figures.contains(line), "{line}\n{figures}");
    }
    assert!(!figures.contains("canary") && !figures.contains("made-up"), "{figures}");
    assert_eq!(get(&scene.gateway.url("/metrics")).await.status, 404);

    let at_address = |path: &str| fetched(path, TcpStream::connect(collector).unwrap());
    assert!(at_address("/metrics").contains("mcp_gateway_grants_live 1"));
    assert!(at_address("/grants/list").starts_with("HTTP/1.1 404"), "figures and nothing else");
}

/// What is at `path`, by a client of nobody's making.
fn fetched(path: &str, mut stream: impl Read + Write) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn n01_n05_operators_come_through_their_socket_only() {
    let mut scene = Scene::set().await;
    let socket = scene.gateway.path("state.redb.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().mode() & 0o777, 0o600);
    for path in ["/grants/list", "/grants/revoke", "//grants/list", "/%67rants/list", "/metrics"] {
        let answer = get(&scene.gateway.url(path)).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{path}: {}", answer.status);
    }
    scene.gateway.crash_and_restart();
    assert_eq!(scene.asks(&["grants", "list"]).as_array().unwrap().len(), 1, "a stale socket is replaced");

    let configuration = std::fs::read_to_string(scene.gateway.path("gateway.toml")).unwrap();
    scene.stop();
    scene.gateway.rewrite("gateway.toml", &format!("{configuration}\n[admin]\nenabled = false\n"));
    scene.gateway.crash_and_restart();
    assert!(!socket.exists());
    let (code, _, said) = scene.command(&["grants", "list"]);
    assert_eq!(code, 1);
    assert!(said.contains("no gateway answers on the admin socket") && said.contains("in use"), "{said}");
}
