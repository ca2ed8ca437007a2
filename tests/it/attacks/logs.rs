//! What may be read in logs and errors (group M).

use super::gateway::{BODY, Gateway, HOST, ISSUER, Setup, bearer, post, request};

#[tokio::test]
async fn m01_m07_no_secret_and_no_query_is_logged_at_any_level() {
    for format in ["json", "human"] {
        let gateway = Setup::default().server("identity = { jwt = { audience = \"https://up.example\" } }\n");
        let gateway = gateway.log_format(format).start().await;
        let good = gateway.token().claim("jti", "canary-jti").sign();
        let bad = gateway.token().claim("aud", "canary-audience").sign();
        let assertion = {
            assert_eq!(gateway.ask(post("/mcp?canary-query=1", &bearer(&good), BODY)).await.status(), 200);
            gateway.upstream.request().header("x-mcp-assertion").unwrap().to_owned()
        };
        let lines = format!(
            "{}Cookie: a=canary-cookie\r\nX-Api-Key: canary-key\r\nReferer: https://x.example/?canary-referer\r\n\
             User-Agent: canary-agent\r\nMcp-Session-Id: canary-session\r\n",
            bearer(&good)
        );
        assert_eq!(gateway.ask(post("/mcp", &lines, "canary-body")).await.status(), 404);
        gateway.ask(post("/mcp", &bearer(&bad), BODY)).await.is_401_invalid();
        gateway.ask(post("/mcp", &format!("Authorization: Basic {good}\r\n"), BODY)).await.is_401_bare();
        gateway.ask(post(&format!("/mcp?access_token={good}"), "", BODY)).await.is_401_bare();
        assert_eq!(gateway.ask(post(&format!("/{good}"), "", BODY)).await.status(), 404);
        assert_eq!(gateway.ask(post(&format!("/mcp/{good}"), &bearer(&good), BODY)).await.status(), 404);
        assert_eq!(gateway.ask(post(&format!("/%2e{good}"), "", BODY)).await.status(), 400);
        let log = gateway.stop().await;
        assert!(log.contains("answered"), "{log}");
        for secret in [&good, &bad, &assertion] {
            for part in secret.split('.') {
                assert!(!log.contains(&part[..part.len().min(24)]), "{part} in {log}");
            }
        }
        for canary in ["cookie", "key", "referer", "query", "body", "session", "agent", "jti"] {
            assert!(!log.contains(&format!("canary-{canary}")), "canary-{canary} in {log}");
        }
    }
}

#[tokio::test]
async fn m04_nothing_from_outside_begins_a_line_or_moves_the_cursor() {
    const FORGED: &str = "x\r\n{\"level\":\"INFO\",\"forged\":true}\u{1b}[31m\u{202e}\u{2028}\u{9b}\u{85}";
    for format in ["json", "human"] {
        let gateway = Setup::default().log_format(format).start().await;
        for token in [
            gateway.token().claim("iss", FORGED),
            gateway.token().claim("aud", FORGED),
            gateway.token().claim("sub", FORGED),
            gateway.token().claim("scope", FORGED),
            gateway.token().claim("client_id", FORGED),
            gateway.token().header("kid", FORGED),
            gateway.token().header("alg", FORGED),
            gateway.token().header("typ", FORGED),
            gateway.token().header("crit", vec![FORGED]),
        ] {
            let answer = gateway.ask(post("/mcp", &bearer(&token.sign()), BODY)).await;
            assert!([401, 403].contains(&answer.status()), "{answer:?}");
            assert!(!format!("{answer:?}").contains("forged"), "{answer:?}");
        }
        for lines in
            ["User-Agent: a\u{202e}b\r\n", "X-Forwarded-For: \u{202e}\r\n", "Mcp-Name: \u{9b}31m\r\n"]
        {
            gateway.ask(post("/mcp", lines, BODY)).await.is_401_bare();
        }
        let odd = [
            request("F\u{1b}[31mOO", "/mcp", ""),
            request("GET", "/\u{1b}[31m", ""),
            request("GET", "/\u{202e}", ""),
        ];
        for ask in &odd {
            assert_eq!(gateway.ask(ask).await.status(), 400, "{ask:?}");
        }
        assert_eq!(gateway.ask(request("LONG-AND-MADE-UP", "/mcp", "")).await.status(), 405);
        gateway.serves().await;
        let log = gateway.stop().await;
        for control in ['\u{1b}', '\u{202e}', '\u{2028}', '\u{9b}', '\u{85}', '\r'] {
            assert!(!log.contains(control), "{control:?} in {log:?}");
        }
        assert!(log.contains("forged") && !log.contains("LONG-AND"), "nothing was quoted: {log}");
        for line in log.lines() {
            let is_json = serde_json::from_str::<serde_json::Value>(line);
            let forged = is_json.as_ref().is_ok_and(|it| it.get("forged").is_some());
            assert!(!forged && is_json.is_ok() == (format == "json"), "{line}");
        }
    }
}

#[tokio::test]
async fn m06_errors_tell_a_code_a_sentence_and_a_request_id() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let gateway = Setup::default().upstream(address).start().await;
    let good = bearer(&gateway.token().sign());
    let narrow = bearer(&gateway.token().claim("scope", "x").sign());
    let foreign = bearer(&gateway.token().claim("iss", "https://canary.example").sign());
    for (ask, status) in [
        (post("/mcp", &good, BODY), 502),
        (post("/mcp", "", BODY), 401),
        (post("/mcp", &foreign, BODY), 401),
        (post("/mcp", &narrow, BODY), 403),
        (post("/canary", &good, BODY), 404),
        (post("/%2ecanary", &good, BODY), 400),
        (request("PUT", "/mcp", &good), 405),
        (post("/mcp", &format!("{good}Origin: https://canary.example\r\n"), BODY), 403),
        (post("/mcp", &good, BODY).replace(HOST, "canary.example"), 421),
        (post("/mcp", &format!("{good}Mcp-Session-Id: canary\r\n"), BODY), 404),
        (request("POST", "/mcp", &format!("{good}Content-Length: 99999999\r\n")), 413),
    ] {
        let answer = gateway.ask(ask).await;
        assert_eq!(answer.status(), status, "{answer:?}");
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["error", "error_description", "request_id"]);
        assert_eq!(body["request_id"], answer.header("x-request-id").unwrap());
        let shown = format!("{answer:?}");
        for internal in
            ["canary", &address.port().to_string(), "127.0.0.1", ISSUER, "keys.json", "panicked", "src/"]
        {
            assert!(!shown.contains(internal), "{internal} in {shown}");
        }
        gateway.log.line_with(body["request_id"].as_str().unwrap()).await;
    }
}

#[tokio::test]
async fn m01_m04_a_path_is_logged_as_its_route_or_not_at_all() {
    const DOCUMENT: &str = "/.well-known/oauth-protected-resource";
    let rows = [
        ("/mcp", 401, "/mcp"),
        ("/mcp/", 401, "/mcp"),
        ("/healthz", 405, "/healthz"),
        (&format!("{DOCUMENT}/mcp"), 405, "/.well-known/oauth-protected-resource/{*resource}"),
        (&format!("{DOCUMENT}/canary"), 405, "/.well-known/oauth-protected-resource/{*resource}"),
        ("/canary", 404, "-"),
        ("/mcp/canary", 404, "-"),
        ("/canary-of-27-characters-long", 404, "-"),
        ("/%2ecanary", 400, "-"),
        ("/canary\u{202e}", 400, "-"),
    ];
    let gateway = Gateway::start().await;
    for (path, status, _) in rows {
        let answer = gateway.ask(post(path, "", BODY)).await;
        assert_eq!(answer.status(), status, "{path}: {answer:?}");
    }
    let elsewhere = post("/mcp", "", BODY).replace(HOST, "evil.example");
    assert_eq!(gateway.ask(elsewhere).await.status(), 421);
    let log = gateway.stop().await;
    let lines = log.lines().map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap());
    let logged: Vec<_> = lines
        .filter(|it| it["target"] == "access")
        .map(|it| (it["path"].as_str().unwrap().to_owned(), it["status"].as_u64().unwrap()))
        .collect();
    let rows = rows.iter().map(|it| (it.2.to_owned(), u64::from(it.1)));
    let expected: Vec<_> = rows.chain([("-".to_owned(), 421)]).collect();
    assert_eq!(logged, expected);
    assert!(!log.contains("canary"), "{log}");
}

#[tokio::test]
async fn m05_a_line_per_request_has_reasons_and_paths_of_bounded_kinds() {
    let gateway = Gateway::start().await;
    gateway.ask(post("/mcp", "", BODY)).await.is_401_bare();
    assert_eq!(gateway.ask(post(&format!("/{}", "a/".repeat(2_000)), "", BODY)).await.status(), 404);
    gateway.serves().await;
    let log = gateway.stop().await;
    let lines: Vec<serde_json::Value> = log.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let answered: Vec<_> = lines.iter().filter(|it| it["target"] == "access").collect();
    let of = |name: &str| answered.iter().map(|it| it[name].as_str().unwrap_or("")).collect::<Vec<_>>();
    assert_eq!(of("reason"), ["token_missing", "route_unknown", "ok"]);
    assert_eq!(of("path"), ["/mcp", "-", "/mcp"]);
    assert!(answered[2]["subject"].as_str().is_some_and(|it| it.len() == 16), "{answered:?}");
}
