//! What web pages may send to an MCP endpoint and read of its answers: browsers hide everything else from them.

use std::collections::BTreeSet;

use super::{
    gateway::{BODY, Gateway, Setup, bearer, post, request},
    wire::Message,
};

/// A page that the operator has let in.
const APP: &str = "https://app.example";

/// What clients in browsers send, of every revision.
const SENT: [&str; 10] = [
    "accept",
    "authorization",
    "content-type",
    "dpop",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    // Only where the page asks for it by name.
    "mcp-param-region",
];

/// What they must be able to read.
const READ: [&str; 7] = [
    "dpop-nonce",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
    "retry-after",
    "www-authenticate",
    "x-request-id",
];

async fn start() -> Gateway {
    Setup::default().root(&format!("allowed_origins = [\"{APP}\"]\n")).start().await
}

/// The names in a header of the answer, in lower case.
fn names(answer: &Message, header: &str) -> BTreeSet<String> {
    let list = answer.header(header).unwrap_or_else(|| panic!("no {header}: {answer:?}"));
    list.split(',').map(|it| it.trim().to_ascii_lowercase()).collect()
}

fn all(expected: &[&str]) -> BTreeSet<String> {
    expected.iter().map(|it| (*it).to_owned()).collect()
}

/// The question of a browser before the request of a page of `origin`.
async fn preflight(gateway: &Gateway, origin: &str, headers: &str) -> Message {
    let lines = format!(
        "Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: {headers}\r\n"
    );
    gateway.ask(request("OPTIONS", "/mcp", &lines)).await
}

#[tokio::test]
async fn a_page_that_is_let_in_may_send_and_read_all_that_mcp_needs() {
    let gateway = start().await;
    let asked = preflight(&gateway, APP, "authorization, mcp-session-id, mcp-param-region, x-other").await;
    assert_eq!(asked.status(), 204, "{asked:?}");
    assert_eq!(names(&asked, "access-control-allow-headers"), all(&SENT));
    assert_eq!(
        names(&asked, "access-control-allow-methods"),
        all(&["delete", "get", "head", "options", "post"])
    );
    let good = bearer(&gateway.token().sign());
    for (lines, status) in [(good.as_str(), 200), ("", 401), ("Authorization: Bearer x.y.z\r\n", 401)] {
        let answer = gateway.ask(post("/mcp", &format!("{lines}Origin: {APP}\r\n"), BODY)).await;
        assert_eq!(answer.status(), status, "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{answer:?}");
        assert_eq!(names(&answer, "access-control-expose-headers"), all(&READ));
    }
    let narrow = bearer(&gateway.token().claim("scope", "other").sign());
    let answer = gateway.ask(post("/mcp", &format!("{narrow}Origin: {APP}\r\n"), BODY)).await;
    assert_eq!((answer.status(), answer.header("access-control-allow-origin")), (403, Some("*")));
}

#[tokio::test]
async fn d10_a_page_is_let_in_by_the_origin_in_the_configuration_to_the_letter() {
    let gateway = start().await;
    let good = bearer(&gateway.token().sign());
    for (origin, is_in) in [
        (APP, true),
        ("https://mcp.example", true),
        ("https://other.example", false),
        ("http://app.example", false),
        ("https://app.example:8443", false),
        ("https://app.example.evil.example", false),
    ] {
        let asked = preflight(&gateway, origin, "authorization").await;
        let answer = gateway.ask(post("/mcp", &format!("{good}Origin: {origin}\r\n"), BODY)).await;
        let expected = if is_in { (204, 200, Some("*")) } else { (403, 403, None) };
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!((asked.status(), answer.status(), allowed), expected, "{origin}");
        assert_eq!(asked.header("access-control-allow-origin"), expected.2, "{origin}");
    }
    // Without the key only the gateway's own pages are let in.
    let gateway = Gateway::start().await;
    let good = bearer(&gateway.token().sign());
    assert_eq!(gateway.ask(post("/mcp", &format!("{good}Origin: {APP}\r\n"), BODY)).await.status(), 403);
}
