use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use http_body_util::{BodyExt, Full, Limited};
use mcp_proxy::{ForwardError, OnBehalf, Proxy, ProxyBody, SessionKey};
use oauth_types::SystemEntropy;
use serde_json::Value;

use outbound_http::causes;

use super::{PROBE, program, redirect};
use crate::{
    adapters::{placement, upstream_settings},
    check::{FindingCode, Findings, shown},
    config::{Server, ServerMaterial, Upstream},
    credential::UpstreamToken,
};

/// Opens an MCP session with the server behind `server`, by the proxy that requests will take.
pub(super) async fn check(server: &Server, material: &ServerMaterial, subject: String) -> Findings {
    if material.stdio.is_some() {
        return program::check(server, material, subject).await;
    }
    let mut findings = Findings::default();
    let subject = format!("{subject}.upstream");
    let Some(proxy) = proxy(server, material) else { return findings };
    let credential = credential(server, material);
    let (code, message) = match server.upstream {
        Upstream::Sse(_) => open_stream(&proxy, &credential).await,
        Upstream::Http(_) | Upstream::Unix { .. } | Upstream::Stdio(_) => {
            initialize(&proxy, &credential).await
        }
    };
    let (code, message) = match code {
        FindingCode::UpstreamWantsCredentials if of_persons(server) => {
            (FindingCode::UpstreamAnswers, "refuses a request that is nobody's, as it should".to_owned())
        }
        _ => (code, message),
    };
    findings.add(code, subject.as_str(), message);
    let is_sse = matches!(server.upstream, Upstream::Sse(_));
    if code == FindingCode::UpstreamWrongPath && !is_sse && is_legacy(&proxy).await {
        let message = "a GET opens a stream that names an `endpoint`, as in the transport of 2024";
        findings.add(FindingCode::UpstreamLegacySse, subject.as_str(), message);
    }
    if code == FindingCode::UpstreamAnswers
        && let Some(location) = redirect::location(&server.upstream).await
    {
        findings.add(
            FindingCode::UpstreamRedirects,
            subject,
            format!("requests are redirected to {}", shown::text(&location)),
        );
    }
    findings
}

/// `None` if it cannot be built, which the offline part has said.
fn proxy(server: &Server, material: &ServerMaterial) -> Option<Proxy> {
    let mut settings = upstream_settings(server, material).ok()??;
    settings.connect_timeout = settings.connect_timeout.min(PROBE);
    settings.response_timeout = settings.response_timeout.min(PROBE);
    settings.drain = PROBE;
    Proxy::new(settings, SessionKey::random(&SystemEntropy)).ok()
}

/// The secret that every request shows, if it is the same for everybody.
fn credential(server: &Server, material: &ServerMaterial) -> HeaderMap {
    let section = server.credential.as_ref();
    let secret = material.credential.as_ref().and_then(|it| it.secret.as_ref());
    let field = section.zip(secret).and_then(|(section, secret)| {
        placement(section).field(&UpstreamToken::new(secret.expose().to_owned()))
    });
    field.into_iter().collect()
}

/// Whether requests show a credential of the person who calls, which the check has none of.
fn of_persons(server: &Server) -> bool {
    server.credential.as_ref().is_some_and(|it| it.secret.is_none())
}

async fn initialize(proxy: &Proxy, credential: &HeaderMap) -> (FindingCode, String) {
    let request = Request::post("/")
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json, text/event-stream")
        .body(Full::new(Bytes::from_static(INITIALIZE.as_bytes())));
    let Ok(request) = request else { return (FindingCode::UpstreamFailed, String::new()) };
    let mut asking = on_behalf();
    asking.headers.clone_from(credential);
    match proxy.forward(request, asking).await {
        Err(error) => (code_of(&error), causes(&error)),
        Ok(answer) => {
            let session = answer.headers().get(MCP_SESSION_ID).cloned();
            let verdict = judge(answer).await;
            end_session(proxy, session, credential).await;
            verdict
        }
    }
}

/// Opens the stream of HTTP+SSE, which the proxy lets pass only if it names an endpoint.
async fn open_stream(proxy: &Proxy, credential: &HeaderMap) -> (FindingCode, String) {
    let request = Request::get("/").header(ACCEPT, "text/event-stream").body(Full::new(Bytes::new()));
    let Ok(request) = request else { return (FindingCode::UpstreamFailed, String::new()) };
    let mut asking = on_behalf();
    asking.headers.clone_from(credential);
    match proxy.forward(request, asking).await {
        Err(error) => (code_of(&error), causes(&error)),
        Ok(answer) if answer.status().is_success() => {
            (FindingCode::UpstreamAnswers, "opens a stream that names where messages are posted".to_owned())
        }
        Ok(answer) => {
            let status = answer.status().as_u16();
            let code = if matches!(status, 404 | 405) {
                FindingCode::UpstreamWrongPath
            } else {
                FindingCode::UpstreamFailed
            };
            (code, format!("answered {status} to a GET"))
        }
    }
}

const fn code_of(error: &ForwardError) -> FindingCode {
    match error {
        ForwardError::Connect(_) => FindingCode::UpstreamUnreachable,
        ForwardError::ConnectTimeout | ForwardError::Timeout => FindingCode::UpstreamTimeout,
        ForwardError::Redirect(_) => FindingCode::UpstreamRedirectRefused,
        ForwardError::Unauthorized => FindingCode::UpstreamWantsCredentials,
        ForwardError::Method
        | ForwardError::ContentCoding
        | ForwardError::Loop
        | ForwardError::Session
        | ForwardError::BodyTooLarge
        | ForwardError::ClientBody
        | ForwardError::Protocol(_) => FindingCode::UpstreamFailed,
    }
}

async fn judge(answer: Response<ProxyBody>) -> (FindingCode, String) {
    let status = answer.status();
    if status.is_success() && answer.body().is_event_stream() {
        return (FindingCode::UpstreamAnswers, "answers initialize with an event stream".to_owned());
    }
    let message = json_rpc(answer.into_body()).await;
    match (status, message) {
        // A later revision has no `initialize`, and says so with one of these.
        (StatusCode::OK | StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND, Some(message)) => {
            (FindingCode::UpstreamAnswers, introduction(&message))
        }
        (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, _) => {
            (FindingCode::UpstreamWrongPath, format!("answered {} to a POST", status.as_u16()))
        }
        (status, _) if status.is_success() => {
            (FindingCode::UpstreamNotMcp, format!("answered {} with what is no JSON-RPC", status.as_u16()))
        }
        (status, _) => (FindingCode::UpstreamFailed, format!("answered {} to initialize", status.as_u16())),
    }
}

async fn json_rpc(body: ProxyBody) -> Option<Value> {
    let whole = Limited::new(body, MAX_ANSWER).collect();
    let whole = tokio::time::timeout(PROBE, whole).await.ok()?.ok()?.to_bytes();
    let message: Value = serde_json::from_slice(&whole).ok()?;
    (message.get("jsonrpc")? == "2.0").then_some(message)
}

/// How the server calls itself.
pub(super) fn introduction(message: &Value) -> String {
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    if let Some(code) = message.pointer("/error/code") {
        return format!(
            "answers initialize with the JSON-RPC error {code}, as servers of later revisions do"
        );
    }
    let name: String =
        text("/result/serverInfo/name").unwrap_or("a nameless server").chars().take(100).collect();
    let revision: String = text("/result/protocolVersion").unwrap_or("unknown").chars().take(20).collect();
    format!("{name} answers initialize, protocol revision {revision}")
}

/// Ends the session that the check opened; a server that does not care has its own end for it.
async fn end_session(proxy: &Proxy, session: Option<HeaderValue>, credential: &HeaderMap) {
    let Some(session) = session else { return };
    let request = Request::delete("/").header(MCP_SESSION_ID, session).body(Full::new(Bytes::new()));
    if let Ok(request) = request {
        let mut ending = on_behalf();
        ending.headers.clone_from(credential);
        let _ = proxy.forward(request, ending).await;
    }
}

/// Whether a GET opens the stream of HTTP+SSE, the transport of MCP 2024-11-05.
async fn is_legacy(proxy: &Proxy) -> bool {
    let request = Request::builder().method(Method::GET).header(ACCEPT, "text/event-stream");
    let Ok(request) = request.body(Full::new(Bytes::new())) else { return false };
    match proxy.forward(request, on_behalf()).await {
        Ok(answer) if answer.body().is_event_stream() => {
            tokio::time::timeout(PROBE, names_endpoint(answer.into_body())).await.unwrap_or(false)
        }
        _ => false,
    }
}

async fn names_endpoint(mut body: ProxyBody) -> bool {
    let mut text = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        text.extend_from_slice(frame.data_ref().map_or(&[], |it| it));
        let seen = String::from_utf8_lossy(&text);
        if seen.lines().any(|line| line.strip_prefix("event:").is_some_and(|it| it.trim() == "endpoint")) {
            return true;
        }
        if text.len() > MAX_ANSWER {
            break;
        }
    }
    false
}

fn on_behalf() -> OnBehalf {
    OnBehalf::new("mcp-gateway check", HeaderValue::from_static("mcp-gateway-check"))
}

pub(super) const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"mcp-gateway-check","version":"1"}}}"#;
const MCP_SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const MAX_ANSWER: usize = 64 * 1024;
