//! Names that a request gives to us and to itself (group D).

use super::{
    gateway::{BODY, Gateway, HOST, Setup, bearer, post, request},
    wire::Message,
};

const METADATA: &str = "/.well-known/oauth-protected-resource/mcp";

/// The request under another `Host`.
async fn as_host(gateway: &Gateway, request: &str, host: &str) -> Message {
    gateway.ask(request.replace(HOST, host)).await
}

#[tokio::test]
async fn d01_d12_a_foreign_host_is_refused_before_routing() {
    let gateway = Gateway::start().await;
    let good = post("/mcp", &bearer(&gateway.token().sign()), BODY);
    let metadata = request("GET", METADATA, "");
    for host in [
        "evil.example",
        "mcp.example.evil.example",
        "attacker.test",
        "127.0.0.1",
        "localhost",
        "mcp.example:1",
    ] {
        for ask in [&good, &metadata, &request("GET", "/nothing", "")] {
            let refused = as_host(&gateway, ask, host).await;
            assert_eq!(refused.status(), 421, "{host}");
            assert!(!format!("{refused:?}").contains(host), "{refused:?}");
        }
    }
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(as_host(&gateway, &good, "MCP.example:443").await.status(), 200);
    assert_eq!(gateway.ask(metadata).await.status(), 200);
}

#[tokio::test]
async fn d01_d02_d03_d13_no_header_changes_what_we_say_of_ourselves() {
    let gateway = Gateway::start().await;
    let plain = gateway.ask(request("GET", METADATA, "")).await;
    let challenge = gateway.ask(post("/mcp", "", BODY)).await;
    for lines in [
        "X-Forwarded-Host: evil.example\r\n",
        "X-Forwarded-Proto: http\r\nX-Forwarded-Port: 1\r\n",
        "X-Forwarded-Prefix: /evil\r\n",
        "Forwarded: host=evil.example;proto=http;for=192.0.2.77\r\n",
        "X-Forwarded-For: 192.0.2.77\r\n",
        "X-Original-Host: evil.example\r\nX-Host: evil.example\r\n",
    ] {
        let answer = gateway.ask(request("GET", METADATA, lines)).await;
        assert_eq!((answer.status(), &answer.body), (200, &plain.body), "{lines}");
        let refused = gateway.ask(post("/mcp", lines, BODY)).await;
        assert_eq!(refused.challenge(), challenge.challenge(), "{lines}");
    }
    assert!(plain.body.contains("\"resource\":\"https://mcp.example/mcp\""), "{plain:?}");
    let log = gateway.stop().await;
    assert!(log.contains("\"client\":\"127.0.0.1\"") && !log.contains("192.0.2.77"), "{log}");
}

#[tokio::test]
async fn d02_d03_a_declared_proxy_names_the_client_for_the_log_only() {
    // Another network than the peer's: refused. The peer's own: believed, for the log.
    for (networks, status) in [("192.0.2.0/24", 403), ("127.0.0.0/8", 200)] {
        let gateway = Setup::default().behind_proxy(networks).start().await;
        let lines = format!("{}X-Forwarded-For: 192.0.2.77\r\n", bearer(&gateway.token().sign()));
        assert_eq!(gateway.ask(post("/mcp", &lines, BODY)).await.status(), status, "{networks}");
        assert_eq!(gateway.upstream.requests().len(), usize::from(status == 200));
        let metadata = gateway.ask(request("GET", METADATA, "X-Forwarded-Host: evil.example\r\n")).await;
        assert!(!metadata.body.contains("evil"), "{metadata:?}");
        assert_eq!(gateway.stop().await.contains("192.0.2.77"), status == 200, "{networks}");
    }
}

/// The client in the line about a request with `lines`, if `networks` are those of proxies.
async fn client_of(networks: Option<&str>, lines: &str) -> String {
    let setup = networks.into_iter().fold(Setup::default(), Setup::behind_proxy);
    let gateway = setup.start().await;
    let answer =
        gateway.ask(post("/mcp", &format!("{lines}{}", bearer(&gateway.token().sign())), BODY)).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let id = answer.header("x-request-id").unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&gateway.log.line_with(&id).await).unwrap();
    line["client"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn d02_forwarded_names_the_client_if_a_declared_proxy_says_it() {
    let proxies = Some("127.0.0.0/8");
    let both = "Forwarded: for=192.0.2.77\r\nX-Forwarded-For: 192.0.2.88\r\n";
    for (networks, lines, client) in [
        (proxies, "Forwarded: for=192.0.2.77;proto=https;host=evil.example\r\n", "192.0.2.77"),
        (proxies, "Forwarded: For=\"[2001:db8::7]:4711\"\r\n", "2001:db8::7"),
        // What the client itself wrote stands further left.
        (proxies, "Forwarded: for=198.51.100.1, for=192.0.2.77\r\n", "192.0.2.77"),
        (proxies, "Forwarded: for=unknown\r\n", "127.0.0.1"),
        (proxies, both, "127.0.0.1"),
        (None, "Forwarded: for=192.0.2.77;proto=https;host=evil.example\r\n", "127.0.0.1"),
    ] {
        assert_eq!(client_of(networks, lines).await, client, "{networks:?} {lines}");
    }
}

#[tokio::test]
async fn d04_a_request_has_one_host() {
    let gateway = Gateway::start().await;
    let good = post("/mcp", &bearer(&gateway.token().sign()), BODY);
    let host = format!("Host: {HOST}\r\n");
    for bad in [
        good.replace(&host, ""),
        good.replace(&host, &format!("{host}{host}")),
        good.replace(&host, &format!("{host}Host: evil.example\r\n")),
        good.replace(&host, &format!("Host: user@{HOST}\r\n")),
        good.replace(&host, &format!("Host: {HOST}\rX\r\n")),
        good.replace("POST /mcp", "POST http://evil.example/mcp"),
        good.replace("POST /mcp", "POST https://mcp.example/mcp"),
        good.replace("POST /mcp", "POST http://user@mcp.example/mcp"),
    ] {
        assert_eq!(gateway.ask(&bad).await.status(), 400, "{bad}");
    }
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(gateway.ask(good).await.status(), 200);
}

#[tokio::test]
async fn d05_d06_d07_other_paths_are_404_or_400_and_name_no_resource() {
    let gateway = Gateway::start().await;
    let good = bearer(&gateway.token().sign());
    for (target, status) in [
        ("//mcp", 400),
        ("/MCP", 404),
        ("/mcp%2f", 400),
        ("/%6dcp", 400),
        ("/mcp2", 404),
        ("/mc", 404),
        ("/.well-known/oauth-protected-resource/other", 404),
        ("/.well-known/oauth-protected-resource/MCP", 404),
        ("/.well-known/oauth-protected-resource//mcp", 400),
    ] {
        let answer = gateway.ask(request("GET", target, &good)).await;
        assert_eq!(answer.status(), status, "{target}");
        assert!(!answer.body.contains("mcp.example"), "{answer:?}");
        assert_eq!(answer.header("www-authenticate"), None);
    }
    assert!(gateway.upstream.requests().is_empty());
    let challenged = gateway.ask(post("/mcp?a='b'&c=..", "", BODY)).await;
    assert_eq!(challenged.challenge(), gateway.ask(post("/mcp", "", BODY)).await.challenge());
    assert_eq!(gateway.ask(post("/mcp/", &good, BODY)).await.status(), 200);
}

#[tokio::test]
async fn d08_metadata_is_complete_and_asks_for_the_header_only() {
    let gateway = Gateway::start().await;
    let answer = gateway.ask(request("GET", METADATA, "")).await;
    let document: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(document["resource"], "https://mcp.example/mcp");
    assert_eq!(document["authorization_servers"], serde_json::json!(["https://as.example"]));
    assert_eq!(document["bearer_methods_supported"], serde_json::json!(["header"]));
    assert_eq!(document["scopes_supported"], serde_json::json!(["mcp"]));
}

#[tokio::test]
async fn d10_d11_foreign_pages_are_refused_and_none_is_reflected() {
    let gateway = Setup::default().start().await;
    let good = bearer(&gateway.token().sign());
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil",
        "http://localhost",
        "http://mcp.example",
        "",
    ] {
        let lines = format!("{good}Origin: {origin}\r\n");
        let ask = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n";
        for refused in [
            gateway.ask(post("/mcp", &lines, BODY)).await,
            gateway.ask(request("OPTIONS", "/mcp", &format!("{lines}{ask}"))).await,
        ] {
            assert_eq!(refused.status(), 403, "{origin}: {refused:?}");
            assert_eq!(refused.header("access-control-allow-origin"), None, "{refused:?}");
        }
        let open = gateway.ask(request("GET", METADATA, &format!("Origin: {origin}\r\n"))).await;
        assert_eq!(open.header("access-control-allow-origin"), Some("*"));
        assert_eq!(open.header("access-control-allow-credentials"), None);
    }
    assert!(gateway.upstream.requests().is_empty());
    let lines = format!("{good}Origin: https://mcp.example\r\n");
    let own = gateway.ask(post("/mcp", &lines, BODY)).await;
    assert_eq!((own.status(), own.header("access-control-allow-credentials")), (200, None));
}

#[tokio::test]
async fn d12_a_loopback_gateway_answers_to_loopback_names_only() {
    let gateway = Setup::default().public_url("http://localhost:7777").start().await;
    let token = gateway.token().claim("aud", "http://localhost:7777/mcp").sign();
    let good = post("/mcp", &bearer(&token), BODY);
    for host in
        ["attacker.test", "attacker.test:7777", "localhost.attacker.test:7777", "localhost", "localhost:7778"]
    {
        assert_eq!(as_host(&gateway, &good, host).await.status(), 421, "{host}");
    }
    assert!(gateway.upstream.requests().is_empty());
    for host in ["localhost:7777", "127.0.0.1:7777", "[::1]:7777"] {
        assert_eq!(as_host(&gateway, &good, host).await.status(), 200, "{host}");
    }
}

#[tokio::test]
async fn d14_metadata_is_read_only_and_short_to_ask_for() {
    let gateway = Gateway::start().await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        assert_eq!(gateway.ask(request(method, METADATA, "")).await.status(), 405, "{method}");
    }
    let long = gateway.ask(request("GET", &format!("{METADATA}?{}", "a".repeat(1024 * 1024)), "")).await;
    assert!([414, 431].contains(&long.status()), "{long:?}");
    assert_eq!(gateway.ask(request("GET", METADATA, "")).await.status(), 200);
}
