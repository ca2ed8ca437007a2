use axum::body::Body;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower_service::Service;

use super::*;
use crate::ProtectedResource;

fn resource(uri: &str) -> ProtectedResource {
    ProtectedResource::builder(uri.parse().unwrap(), "https://as.example".parse().unwrap()).build()
}

fn app() -> Router {
    router(Documents::new([resource("https://mcp.example/mcp")]).unwrap())
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

async fn send(method: Method, uri: &str, headers: &[(&str, &str)]) -> Answer {
    send_to(app(), method, uri, headers).await
}

async fn send_to(mut app: Router, method: Method, uri: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(uri), |it, (name, text)| it.header(*name, *text));
    let (parts, body) = app.call(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

const INSERTED: &str = "/.well-known/oauth-protected-resource/mcp";

#[tokio::test]
async fn every_location_answers_the_same_document() {
    let expected = resource("https://mcp.example/mcp");
    for path in expected.locations().iter().map(String::as_str).chain([WELL_KNOWN_PATH]) {
        let answer = send(Method::GET, path, &[]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.body.as_bytes(), expected.document(), "{path}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.headers.get("vary"), None);
    }
}

#[tokio::test]
async fn head_answers_the_headers_of_get() {
    let (get, head) = (send(Method::GET, INSERTED, &[]).await, send(Method::HEAD, INSERTED, &[]).await);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    assert_eq!(head.header("content-type"), get.header("content-type"));
}

#[tokio::test]
async fn d01_d02_d13_no_header_and_no_query_changes_a_byte() {
    let plain = send(Method::GET, INSERTED, &[]).await;
    let odd = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "81"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x-original-url", "/evil"),
        ("origin", "https://evil.example"),
        ("accept", "text/html"),
        ("accept-language", "de"),
    ];
    for uri in [INSERTED.to_owned(), format!("{INSERTED}?resource=https://evil.example")] {
        let answer = send(Method::GET, &uri, &odd).await;
        assert_eq!((answer.status, &answer.body), (200, &plain.body), "{uri}");
        assert_eq!(answer.headers, plain.headers, "{uri}");
    }
}

#[tokio::test]
async fn d10_cors_never_reflects_an_origin_or_allows_credentials() {
    for origin in ["https://evil.example", "null", "http://localhost:6274"] {
        for method in [Method::GET, Method::OPTIONS] {
            let answer = send(method, INSERTED, &[("origin", origin)]).await;
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            assert_eq!(answer.headers.get("access-control-allow-credentials"), None);
        }
    }
}

#[tokio::test]
async fn a_preflight_allows_what_clients_send_on_discovery() {
    let asked = [
        ("origin", "http://localhost:6274"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "mcp-protocol-version"),
    ];
    let answer = send(Method::OPTIONS, INSERTED, &asked).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
    for name in ["Authorization", "MCP-Protocol-Version", "Mcp-Session-Id", "Last-Event-ID"] {
        assert!(answer.header("access-control-allow-headers").split(", ").any(|it| it == name), "{name}");
    }
    assert!(answer.header("access-control-expose-headers").starts_with("WWW-Authenticate"));
}

#[tokio::test]
async fn d05_d06_an_unknown_resource_is_404_json_that_repeats_nothing() {
    for path in ["/other", "/mcp/x", "//mcp", "/MCP", "/mcp%2f", "/mcp/..", "/%22%3E%3Cscript"] {
        let answer = send(Method::GET, &format!("{WELL_KNOWN_PATH}{path}?q=echo"), &[]).await;
        assert_eq!((answer.status, answer.body.as_str()), (404, NOT_FOUND), "{path}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        serde_json::from_str::<serde_json::Value>(&answer.body).unwrap();
    }
    assert_eq!(send(Method::GET, INSERTED, &[]).await.status, 200);
}

#[tokio::test]
async fn d06_with_several_resources_and_no_default_the_root_is_404() {
    let both = || [resource("https://mcp.example/a"), resource("https://mcp.example/b")];
    let app = router(Documents::new(both()).unwrap());
    assert_eq!(send_to(app, Method::GET, WELL_KNOWN_PATH, &[]).await.status, 404);
    let [a, b] = both();
    let app = router(Documents::with_default(b, [a]).unwrap());
    let answer = send_to(app, Method::GET, WELL_KNOWN_PATH, &[]).await;
    assert!(answer.body.contains("https://mcp.example/b"), "{}", answer.body);
}

#[tokio::test]
async fn d14_other_methods_are_405_and_say_which_are_not() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
        for path in [INSERTED, WELL_KNOWN_PATH, "/mcp/.well-known/oauth-protected-resource"] {
            let answer = send(method.clone(), path, &[]).await;
            assert_eq!((answer.status, answer.body.as_str()), (405, METHOD_NOT_ALLOWED), "{method} {path}");
            assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS");
            assert_eq!(answer.header("content-type"), "application/json");
        }
    }
}

/// The status line that a real server answers to GET with a query of `length` bytes.
async fn status_of_query(length: usize) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app()).await });
    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = client.split();
    let head = format!(
        "GET {INSERTED}?{} HTTP/1.1\r\nhost: mcp.example\r\nconnection: close\r\n\r\n",
        "a".repeat(length)
    );
    let mut line = [0; 12];
    let (_sent_or_cut_off, answered) =
        tokio::join!(writer.write_all(head.as_bytes()), reader.read_exact(&mut line));
    answered.unwrap();
    server.abort();
    String::from_utf8(line.to_vec()).unwrap()
}

#[tokio::test]
async fn d14_a_query_of_a_mebibyte_is_refused() {
    assert_eq!(status_of_query(100).await, "HTTP/1.1 200");
    assert_eq!(status_of_query(65_536).await, "HTTP/1.1 414");
    let status = status_of_query(1_048_576).await;
    assert!(["HTTP/1.1 414", "HTTP/1.1 431"].contains(&status.as_str()), "{status}");
}

#[tokio::test]
async fn odd_paths_are_plain_text_to_the_router() {
    for path in ["/:id", "/*", "/a%7Bb%7D"] {
        let odd = resource(&format!("https://mcp.example{path}"));
        for location in odd.locations() {
            let app = router(Documents::new([odd.clone()]).unwrap());
            assert_eq!(send_to(app, Method::GET, &location, &[]).await.status, 200, "{location}");
        }
    }
}

#[tokio::test]
async fn it_merges_into_an_application_that_has_a_fallback() {
    let app = app().merge(Router::new().fallback(|| async { StatusCode::IM_A_TEAPOT }));
    assert_eq!(send_to(app.clone(), Method::GET, "/elsewhere", &[]).await.status, 418);
    assert_eq!(send_to(app, Method::GET, INSERTED, &[]).await.status, 200);
}
