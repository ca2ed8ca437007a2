use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName};

use super::*;
use crate::ProxySetupError;

const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln+/c2ln";

#[tokio::test]
async fn the_body_arrives_byte_for_byte() {
    let odd = "{\"id\":1,  \"id\":1e999}\r\n\u{feff}";
    let recorded = seen(request(Method::POST, &[("content-type", "application/json")], odd)).await;
    assert_eq!(recorded.body, odd);
    assert_eq!(recorded.method, Method::POST);
    assert_eq!(recorded.header("content-length"), Some(odd.len().to_string().as_str()));
    assert_eq!(recorded.header("x-request-id"), Some("req-1"));
}

#[tokio::test]
async fn an_empty_post_says_so_and_other_methods_have_no_body() {
    assert_eq!(seen(request(Method::POST, &[], "")).await.header("content-length"), Some("0"));
    for method in [Method::GET, Method::DELETE] {
        let recorded = seen(request(method.clone(), &[], "smuggled")).await;
        assert_eq!((recorded.method.clone(), recorded.body.len()), (method, 0));
        assert_eq!(recorded.header("content-length"), None);
    }
}

#[tokio::test]
async fn e01_e02_e04_credentials_of_the_client_stop_here() {
    let bearer = format!("Bearer {TOKEN}");
    let cookie = format!("__Host-session={TOKEN}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("proxy-authorization", bearer.as_str()),
        ("dpop", TOKEN),
        ("cookie", cookie.as_str()),
        ("x-upstream-token", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let mut on_behalf = alice();
    on_behalf.headers.insert("x-api-key", HeaderValue::from_static("upstream-key"));
    let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
    let call = Request::builder().method(Method::POST).uri(format!("/mcp?access_token={TOKEN}"));
    let mut call = call.body(Full::from(CALL)).unwrap();
    *call.headers_mut() = post(&headers).headers().clone();
    proxy_to(&upstream).forward(call, on_behalf).await.unwrap();

    let recorded = upstream.request();
    let everything = format!("{recorded:?}");
    let url_encoded = TOKEN.replace('+', "%2B").replace('/', "%2F");
    for shape in [TOKEN.to_owned(), STANDARD.encode(TOKEN), URL_SAFE_NO_PAD.encode(TOKEN), url_encoded] {
        assert!(!everything.contains(&shape), "{everything}");
    }
    assert_eq!(recorded.header("authorization"), None);
    assert_eq!(recorded.header("cookie"), None);
    assert_eq!(recorded.header("x-api-key"), Some("upstream-key"));
    assert_eq!(recorded.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn e04_a_credential_for_the_upstream_replaces_the_clients() {
    let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
    let mut on_behalf = alice();
    on_behalf.headers.insert("authorization", HeaderValue::from_static("Bearer ours"));
    proxy_to(&upstream).forward(post(&[("authorization", "Bearer theirs")]), on_behalf).await.unwrap();
    assert_eq!(upstream.request().header("authorization"), Some("Bearer ours"));
}

#[tokio::test]
async fn e05_identity_headers_of_the_client_never_arrive() {
    let spoofed = [
        ("X-USER", "mallory"),
        ("x-user", "mallory"),
        ("x_user", "mallory"),
        ("x-mcp-subject", "mallory"),
        ("x-forwarded-user", "mallory"),
        ("mcp_subject", "mallory"),
        ("mcp-sub_ject", "mallory"),
    ];
    for ours in [None, Some("alice")] {
        let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
        // Even where the operator lets the name through from elsewhere, ours wins.
        let mut settings = settings(&upstream);
        settings.request_headers =
            if ours.is_some() { vec![HeaderName::from_static("x-user")] } else { vec![] };
        let mut on_behalf = alice();
        if let Some(ours) = ours {
            on_behalf.headers.insert("x-user", HeaderValue::from_static(ours));
        }
        proxy(settings).forward(post(&spoofed), on_behalf).await.unwrap();
        let recorded = upstream.request();
        assert_eq!(recorded.header("x-user"), ours);
        assert!(!format!("{recorded:?}").contains("mallory"), "{recorded:?}");
    }
}

#[tokio::test]
async fn e05_a_header_the_operator_lets_through_arrives() {
    let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
    let mut settings = settings(&upstream);
    settings.request_headers = vec![HeaderName::from_static("x-tenant")];
    proxy(settings).forward(post(&[("x-tenant", "a"), ("x-other", "b")]), alice()).await.unwrap();
    assert_eq!(upstream.request().header("x-tenant"), Some("a"));
    assert_eq!(upstream.request().header("x-other"), None);
}

#[tokio::test]
async fn e06_connection_cannot_remove_what_we_set() {
    let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
    let mut on_behalf = alice();
    on_behalf.headers.insert("x-user", HeaderValue::from_static("alice"));
    let headers =
        [("connection", "X-User, Authorization,  user-agent , x-request-id"), ("user-agent", "curl")];
    proxy_to(&upstream).forward(post(&headers), on_behalf).await.unwrap();
    let recorded = upstream.request();
    assert_eq!(recorded.header("x-user"), Some("alice"));
    assert_eq!(recorded.header("x-request-id"), Some("req-1"));
    assert_eq!(recorded.header("user-agent"), None, "named by Connection");

    let kept = seen(post(&[("connection", "keep-alive"), ("user-agent", "curl")])).await;
    assert_eq!(kept.header("user-agent"), Some("curl"));
}

#[tokio::test]
async fn e07_hop_by_hop_headers_are_not_sent_up() {
    let hop_by_hop = [
        ("keep-alive", "timeout=5"),
        ("te", "trailers"),
        ("trailer", "x-user"),
        ("upgrade", "websocket"),
        ("proxy-connection", "keep-alive"),
        ("http2-settings", "AAMAAABkAARAAAAAAAIAAAAA"),
        ("expect", "100-continue"),
    ];
    let recorded = seen(post(&hop_by_hop)).await;
    for (name, _) in hop_by_hop {
        assert_eq!(recorded.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn e16_e18_e28_nothing_of_the_request_chooses_the_address() {
    let elsewhere = [
        ("host", "169.254.169.254"),
        ("x-original-url", "/admin"),
        ("x-rewrite-url", "/admin"),
        ("x-forwarded-uri", "/admin"),
        ("x-forwarded-method", "DELETE"),
        ("x-forwarded-host", "evil.example"),
        ("x-http-method-override", "DELETE"),
        ("forwarded", "host=evil.example"),
    ];
    let targets = [
        "http://169.254.169.254/latest/meta-data",
        "/..%2fadmin?x=1",
        "//evil.example/mcp",
        "/",
        "/mcp?upstream=b",
    ];
    for target in targets {
        let mut call = post(&elsewhere);
        *call.uri_mut() = target.parse().unwrap();
        let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
        proxy_to(&upstream).forward(call, alice()).await.unwrap();
        let recorded = upstream.request();
        assert_eq!(recorded.uri, "/mcp", "{target}");
        assert_eq!(recorded.header("host"), Some(upstream.address().to_string().as_str()), "{target}");
        for (name, _) in elsewhere.into_iter().skip(1) {
            assert_eq!(recorded.header(name), None, "{name}");
        }
    }
}

#[tokio::test]
async fn path_and_query_of_the_upstream_are_the_configured_ones() {
    let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
    let target = UpstreamTarget::Http(upstream.uri("/v1/mcp/?tenant=a%2Fb"));
    proxy(UpstreamSettings::new("/mcp", target)).forward(post(&[]), alice()).await.unwrap();
    assert_eq!(upstream.request().uri, "/v1/mcp/?tenant=a%2Fb");
}

#[tokio::test]
async fn e27_internal_headers_of_gateways_are_stripped() {
    let internal = [
        ("mcp-init-host", "evil.example"),
        ("mcp-router-key", "k"),
        ("mcp-gateway-tenant", "t"),
        ("router-key", "k"),
        ("x-gateway-tenant", "t"),
    ];
    let recorded = seen(post(&internal)).await;
    for (name, _) in internal {
        assert_eq!(recorded.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn headers_of_mcp_arrive_and_unknown_ones_of_it_too() {
    let sent = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "=?base64?w6k=?="),
        ("mcp-param-region", "eu"),
        ("mcp-param-tenant_id", "a"),
        ("mcp-something-new", "1"),
        ("last-event-id", "17"),
        ("accept-language", "de"),
        ("user-agent", "claude-code/1"),
    ];
    let recorded = seen(post(&sent)).await;
    for (name, value) in sent {
        assert_eq!(recorded.header(name), Some(value), "{name}");
    }
    assert_eq!(recorded.header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn accept_is_widened_to_what_mcp_servers_insist_on() {
    const BOTH: &str = "application/json, text/event-stream";
    let rows = [
        (Method::POST, None, Some(BOTH)),
        (Method::POST, Some("*/*"), Some(BOTH)),
        (Method::POST, Some("application/json"), Some(BOTH)),
        (
            Method::POST,
            Some("Text/Event-Stream, application/JSON;q=0.5"),
            Some("Text/Event-Stream, application/JSON;q=0.5"),
        ),
        (Method::GET, None, Some("text/event-stream")),
        (Method::GET, Some("*/*"), Some("text/event-stream")),
        (Method::GET, Some("text/html"), Some("text/html")),
        (Method::DELETE, None, None),
    ];
    for (method, accept, expected) in rows {
        let headers: Vec<_> = accept.map(|accept| ("accept", accept)).into_iter().collect();
        let recorded = seen(request(method.clone(), &headers, "")).await;
        assert_eq!(recorded.header("accept"), expected, "{method} {accept:?}");
    }
}

#[tokio::test]
async fn e51_trace_context_is_bounded_and_baggage_stays() {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let long = "a".repeat(513);
    let good = seen(post(&[("traceparent", parent), ("tracestate", "a=1"), ("baggage", "user=alice")])).await;
    assert_eq!(good.header("traceparent"), Some(parent));
    assert_eq!(good.header("tracestate"), Some("a=1"));
    assert_eq!(good.header("baggage"), None);

    let hostile = [("traceparent", "00-${jndi:ldap://evil}"), ("tracestate", long.as_str())];
    let recorded = seen(post(&hostile)).await;
    assert_eq!(recorded.header("traceparent"), None);
    assert_eq!(recorded.header("tracestate"), None);

    let twice = seen(post(&[("traceparent", parent), ("traceparent", "00-ffff")])).await;
    assert_eq!(twice.header("traceparent"), Some(parent));
}

#[tokio::test]
async fn what_cannot_be_forwarded_is_refused_without_the_upstream() {
    let upstream = RecordingUpstream::answering([]).await;
    let proxy = proxy_to(&upstream);
    for method in [Method::PUT, Method::CONNECT, Method::OPTIONS, Method::TRACE] {
        let error = proxy.forward(request(method, &[], ""), alice()).await.unwrap_err();
        assert_eq!(error.code(), "upstream_method");
    }
    let error = proxy.forward(post(&[("content-encoding", "gzip")]), alice()).await.unwrap_err();
    assert_eq!((error.code(), error.status().as_u16()), ("request_content_coding", 415));
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn trailers_of_the_client_never_arrive() {
    let trailers =
        HeaderMap::from_iter([(HeaderName::from_static("x-user"), HeaderValue::from_static("mallory"))]);
    let body = Full::from(CALL).with_trailers(async move { Some(Ok(trailers)) });
    let upstream = RecordingUpstream::answering([Answer::json("{}")]).await;
    let call = Request::builder().method(Method::POST).header("trailer", "x-user").body(body).unwrap();
    proxy_to(&upstream).forward(call, alice()).await.unwrap();
    assert_eq!(upstream.request().body, CALL);
    assert!(!format!("{:?}", upstream.request()).contains("mallory"));
}

#[test]
fn headers_that_must_stop_cannot_be_configured() {
    let target = UpstreamTarget::Http("http://127.0.0.1/mcp".parse().unwrap());
    let with = |request_headers: Vec<HeaderName>| {
        let settings = UpstreamSettings { request_headers, ..UpstreamSettings::new("/mcp", target.clone()) };
        Proxy::new(settings, SessionKey::new(&[7; 32])).map(drop)
    };
    assert!(with(vec![HeaderName::from_static("x-tenant")]).is_ok());
    let never = [
        "authorization",
        "cookie",
        "dpop",
        "proxy-authorization",
        "forwarded",
        "x-forwarded-for",
        "x_tenant",
        "connection",
        "host",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "baggage",
        "via",
        "mcp-session-id",
        "mcp-router-key",
        "x-request-id",
        "x-http-method-override",
        "x-original-url",
    ];
    for name in never {
        let outcome = with(vec![HeaderName::from_static("x-tenant"), HeaderName::from_static(name)]);
        assert!(matches!(outcome, Err(ProxySetupError::RequestHeader(refused)) if refused == name), "{name}");
    }
}
