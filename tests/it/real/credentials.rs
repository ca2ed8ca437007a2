//! A token exchange at a real authorization server.

use serde_json::{Value, json};
use test_support::upstream::{Answer, Recorded, RecordingUpstream};

use crate::support::{Part, Person, Setup, client_report, get};

#[tokio::test(flavor = "multi_thread")]
async fn e30_a_person_comes_in_with_one_token_and_the_upstream_gets_another() {
    let upstream = RecordingUpstream::start(mcp_server).await;
    let reserved = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = reserved.local_addr().unwrap().port().to_string();
    drop(reserved);
    let (issuer, address) = (format!("http://127.0.0.1:{port}"), upstream.uri("/mcp").to_string());
    let section = format!(
        "[server.credential.exchange]\nissuer = \"{issuer}\"\ntoken_endpoint = \"{issuer}/token\"\n\
         client_id = \"gateway\"\nclient_secret = {{ file = \"secret\" }}\naudience = \"files\"\n"
    );
    let gateway = Setup::new().file("secret", "gateway-secret-of-the-tests").start(|listen| {
        let http = format!("http = \"{address}\"");
        super::configuration(listen, &http, &issuer, "").replace("[[auth", &format!("{section}[[auth"))
    });
    let url = gateway.url("/mcp");
    let arguments = ["--port", &port, "--resource", &url, "--alg", "ES256"];
    let authorization_server = Part::start("authorization-server.mjs", &arguments);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(90);
    while get(&gateway.url("/readyz")).await.status != 200 {
        assert!(std::time::Instant::now() < deadline, "never ready:\n{}", gateway.output());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let arguments = ["--url", &url, "--oauth", "--sdk", "v1"];
    let report = client_report("client-typescript.mjs", &arguments, &mut Person::new()).await;
    assert_eq!(report["tools"], json!([]), "{report}");
    let requests = upstream.requests();
    let shown = requests[0].header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
    assert!(requests.iter().all(|it| it.header("authorization").unwrap().ends_with(shown)), "{requests:?}");
    let facts = http::Request::post(authorization_server.url("/token/introspection"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("client_id=gateway&client_secret=gateway-secret-of-the-tests&token={shown}"))
        .unwrap();
    let facts = crate::support::call(facts).await.json();
    assert_eq!(
        (&facts["active"], &facts["sub"], &facts["scope"]),
        (&true.into(), &"alice".into(), &"files:read".into())
    );
}

/// As much of an MCP server as a client needs to list no tools.
fn mcp_server(request: &Recorded) -> Answer {
    let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let result = match message["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
            "serverInfo": { "name": "files", "version": "1" },
        }),
        Some("tools/list") => json!({ "tools": [] }),
        Some(_) => return Answer::status(202),
        None => return Answer::status(405),
    };
    Answer::json(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string())
}
