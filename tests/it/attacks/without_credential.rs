//! Requests that need no credential, by `anonymous` and `loopback`: what is let in so, and what is not.

use test_support::upstream::Recorded;

use super::{
    gateway::{BODY, Gateway, HOST, Setup, bearer, post, request},
    wire::Message,
};

const ANONYMOUS: &str = "anonymous = { methods = [\"initialize\", \"notifications/initialized\", \"tools/list\"], \
                         scopes = [\"mcp\"] }\nidentity = { headers = true }\n\
                         api_keys = { file = \"api-keys.json\" }\n";

async fn open() -> Gateway {
    Setup::default().server(ANONYMOUS).start().await
}

fn call(method: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"name":"x"}}}}"#)
}

async fn ask(gateway: &Gateway, lines: &str, body: &str) -> Message {
    gateway.ask(post("/mcp", lines, body)).await
}

fn subject(request: &Recorded) -> (&str, &str) {
    (request.header("x-mcp-issuer").unwrap(), request.header("x-mcp-subject").unwrap())
}

#[tokio::test]
async fn a01_who_brings_nothing_may_do_the_chosen_methods_and_is_else_asked_to_sign_in() {
    let gateway = open().await;
    for method in ["initialize", "notifications/initialized", "tools/list"] {
        assert_eq!(ask(&gateway, "", &call(method)).await.status(), 200, "{method}");
    }
    let requests = gateway.upstream.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(subject(request), ("urn:mcp-gateway:anonymous", "anonymous"));
    }
    assert_eq!(requests[2].body, call("tools/list"), "the body goes on as it came");
    for method in
        ["tools/call", "Tools/List", "tools/list ", "tools", "tools/list/x", "TOOLS/LIST", "", "ping"]
    {
        let refused = ask(&gateway, "", &call(method)).await;
        refused.is_401_bare();
        assert!(refused.challenge().contains("scope=\"mcp\""), "{refused:?}");
    }
    assert_eq!(gateway.upstream.requests().len(), 3);
    let token = bearer(&gateway.token().sign());
    assert_eq!(ask(&gateway, &token, &call("tools/call")).await.status(), 200);
    assert_eq!(subject(&gateway.upstream.requests()[3]).0, "https://as.example");
}

#[tokio::test]
async fn a02_a04_a08_a_credential_that_is_bad_is_never_taken_for_none() {
    let gateway = open().await;
    for lines in [
        bearer("bad"),
        bearer(&gateway.token().claim("exp", 1_000_000_000).sign()),
        bearer("mcpgw_00"),
        bearer(""),
        "X-API-Key: bad\r\n".to_owned(),
        "X-API-Key: \r\n".to_owned(),
        "Authorization: \r\n".to_owned(),
        "Authorization: Basic YTpi\r\n".to_owned(),
        "Authorization: DPoP bad\r\n".to_owned(),
        format!("{0}{0}", bearer("bad")),
    ] {
        let refused = ask(&gateway, &lines, BODY).await;
        assert!(matches!(refused.status(), 400 | 401), "{lines} {refused:?}");
    }
    for query in ["access_token=x", "api_key=x", "x=mcpgw_00", "X-API-Key=x"] {
        gateway.ask(post(&format!("/mcp?{query}"), "", BODY)).await.is_401_bare();
    }
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(ask(&gateway, "", BODY).await.status(), 200);
    assert_eq!(gateway.ask(post("/mcp?x=y", "", BODY)).await.status(), 200);
}

#[tokio::test]
async fn a17_e17_no_other_method_of_http_is_let_in_without_a_credential() {
    let gateway = open().await;
    for method in ["GET", "DELETE", "HEAD"] {
        for lines in ["", "Mcp-Method: tools/list\r\n", "Mcp-Session-Id: x\r\nLast-Event-ID: 1\r\n"] {
            let mut wire = gateway.connect().await;
            wire.send(request(method, "/mcp", lines)).await;
            assert_eq!(wire.head().await.unwrap().status(), 401, "{method} {lines}");
        }
    }
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(ask(&gateway, "", BODY).await.status(), 200);
}

#[tokio::test]
async fn e19_e20_e21_e22_a_body_that_asks_for_more_or_can_be_read_twice_needs_a_credential() {
    let gateway = open().await;
    let (list, tool) = (call("tools/list"), call("tools/call"));
    let bodies = [
        format!("[{list},{tool}]"),
        format!("[{tool},{list}]"),
        "[]".to_owned(),
        String::new(),
        "{".to_owned(),
        format!("{list}{tool}"),
        format!("\u{feff}{list}"),
        list.replacen('{', r#"{"method":"tools/call","#, 1),
        list.replace(r#""method""#, r#""Method""#),
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":["tools/list"]}"#.to_owned(),
    ];
    for body in &bodies {
        for revision in ["", "MCP-Protocol-Version: 2025-03-26\r\n", "MCP-Protocol-Version: garbage\r\n"] {
            ask(&gateway, revision, body).await.is_401_bare();
        }
    }
    ask(&gateway, "Mcp-Method: tools/call\r\n", &list).await.is_401_bare();
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(ask(&gateway, "", &list).await.status(), 200);
    assert_eq!(ask(&gateway, "Mcp-Method: tools/list\r\n", &list).await.status(), 200);
    assert_eq!(ask(&gateway, "", &format!("[{list},{list}]")).await.status(), 200);
}

#[tokio::test]
async fn e43_a_body_is_read_within_the_bounds_that_hold_for_all() {
    let gateway =
        Setup::default().server(ANONYMOUS).sections("[limits]\nbody_bytes = \"64KiB\"\n").start().await;
    let large = BODY
        .replace("tools/list\"", &format!("tools/list\",\"params\":{{\"x\":\"{}\"}}", "x".repeat(66_000)));
    assert_eq!(ask(&gateway, "", &large).await.status(), 413);
    let chunked = format!(
        "POST /mcp HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{large}\r\n0\r\n\r\n",
        large.len()
    );
    assert_eq!(gateway.ask(chunked).await.status(), 413);
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(ask(&gateway, "", BODY).await.status(), 200);
}

#[tokio::test]
async fn e23_where_rules_want_more_who_brings_nothing_is_asked_to_sign_in_and_who_does_is_judged() {
    let all = ANONYMOUS.replace("\"tools/list\"]", "\"tools/list\", \"tools/call\"]");
    let rules = "[[server.rule]]\ntools = [\"secret\"]\ndeny = true\n\
                 [[server.rule]]\ntools = [\"x\"]\nrequire = [\"write\"]\n\
                 [[server.rule]]\nmethods = [\"*\"]\n";
    let gateway = Setup::default().server(&format!("{all}{rules}")).start().await;
    let narrow = ask(&gateway, "", &call("tools/call")).await;
    narrow.is_401_bare();
    assert!(narrow.challenge().contains("scope=\"mcp write\""), "{narrow:?}");
    let denied = call("tools/call").replace("\"x\"", "\"secret\"");
    ask(&gateway, "", &denied).await.is_401_bare();
    let token = bearer(&gateway.token().sign());
    assert_eq!(ask(&gateway, &token, &call("tools/call")).await.status(), 403);
    assert_eq!(ask(&gateway, &token, &denied).await.status(), 403);
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(ask(&gateway, "", BODY).await.status(), 200);
    let writer = bearer(&gateway.token().claim("scope", "mcp write").sign());
    assert_eq!(ask(&gateway, &writer, &call("tools/call")).await.status(), 200);
}

const LOCAL: &str = "loopback = { scopes = [\"mcp\"] }\nidentity = { headers = true }\n";
const LOCAL_URL: &str = "http://localhost:8080";

async fn local() -> Gateway {
    Setup::default().server(LOCAL).public_url(LOCAL_URL).start().await
}

async fn at_home(gateway: &Gateway, method: &str, lines: &str) -> u16 {
    let request = match method {
        "POST" => post("/mcp", lines, BODY),
        other => request(other, "/mcp", lines),
    };
    let mut wire = gateway.connect().await;
    wire.send(request.replace(&format!("Host: {HOST}"), "Host: localhost:8080")).await;
    wire.head().await.unwrap().status()
}

#[tokio::test]
async fn a18_a_program_of_this_machine_is_let_in_and_nobody_for_a_header() {
    let gateway = local().await;
    assert_eq!(at_home(&gateway, "POST", "").await, 200);
    assert_eq!(at_home(&gateway, "DELETE", "").await, 200);
    assert_eq!(subject(&gateway.upstream.requests()[0]), ("urn:mcp-gateway:loopback", "loopback"));
    for lines in [
        "X-Forwarded-For: 192.0.2.1\r\n",
        "X-Forwarded-For: 127.0.0.1\r\n",
        "Forwarded: for=127.0.0.1\r\n",
        "X-Forwarded-Host: localhost:8080\r\n",
        "X-Real-IP: 127.0.0.1\r\n",
        "Via: 1.1 tunnel\r\n",
        "CF-Connecting-IP: 192.0.2.1\r\n",
        "Authorization: Bearer bad\r\n",
        "X-API-Key: bad\r\n",
    ] {
        assert_eq!(at_home(&gateway, "POST", lines).await, 401, "{lines}");
    }
    assert_eq!(gateway.upstream.requests().len(), 2);
}

#[tokio::test]
async fn d11_d12_no_web_page_is_let_in_without_a_credential() {
    let gateway = local().await;
    for lines in [
        "Origin: http://localhost:8080\r\n",
        "Origin: http://localhost:3000\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n",
        "Sec-Fetch-Site: none\r\n",
    ] {
        assert_eq!(at_home(&gateway, "POST", lines).await, 401, "{lines}");
        assert_eq!(at_home(&gateway, "GET", lines).await, 401, "{lines}");
    }
    assert_eq!(at_home(&gateway, "POST", "Origin: https://evil.example\r\n").await, 403);
    for host in ["evil.example:8080", "127.0.0.1.evil.example:8080", "localhost", "mcp.example"] {
        let rebound = post("/mcp", "", BODY).replace(&format!("Host: {HOST}"), &format!("Host: {host}"));
        assert_eq!(gateway.ask(rebound).await.status(), 421, "{host}");
    }
    assert!(gateway.upstream.requests().is_empty());
    assert_eq!(at_home(&gateway, "POST", "").await, 200);
    let page = gateway.token().claim("aud", format!("{LOCAL_URL}/mcp")).sign();
    let lines = format!("Origin: http://localhost:3000\r\n{}", bearer(&page));
    assert_eq!(at_home(&gateway, "POST", &lines).await, 200, "a page with a token is none of these");
}

#[tokio::test]
async fn a01_without_the_sections_nobody_is_let_in_without_a_credential() {
    let gateway = Setup::default().public_url(LOCAL_URL).start().await;
    assert_eq!(at_home(&gateway, "POST", "").await, 401);
    let token = gateway.token().claim("aud", format!("{LOCAL_URL}/mcp")).sign();
    assert_eq!(at_home(&gateway, "POST", &bearer(&token)).await, 200);
}
