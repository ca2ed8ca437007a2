//! Every path that the routers know, as the routers themselves tell: a route that is added later is asked too.

use std::{collections::BTreeSet, net::Ipv4Addr, sync::Arc};

use axum::body::Body;
use http::{Method, Request, StatusCode};
use oauth_types::{Clock, Entropy, SystemClock};
use test_support::{
    issuer::TestIssuer,
    upstream::{Answer, Recorded, RecordingUpstream},
};

use super::Routes;
use crate::{
    audit::Trail,
    config::{Config, Loaded},
    demo::without_files,
    request_id::RequestIds,
    runtime::Runtime,
    serve::{self, StateFile},
    service::Arrival,
    third_party::Resident,
};

/// What one route answered to somebody without a credential.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) status: StatusCode,
}

/// Asks every route of `loaded` by every method, without a credential.
pub(crate) async fn without_credential(loaded: &Loaded) -> Vec<Asked> {
    let (runtime, resident) = runtime(loaded).await;
    let mut answers = Vec::new();
    for path in paths(runtime.routes()) {
        for method in METHODS {
            let method: Method = method.parse().unwrap();
            let status = ask(&runtime, method.clone(), &path, None).await;
            answers.push(Asked { method, path: path.clone(), status });
        }
    }
    resident.stop().await;
    answers
}

async fn runtime(loaded: &Loaded) -> (Runtime, Resident) {
    let process = serve::process(Trail::default(), token_validate::KNOWN_ANSWERS).unwrap();
    let clock: Arc<dyn Clock> = Arc::<SystemClock>::clone(&process.clock);
    let entropy: Arc<dyn Entropy> = Arc::clone(&process.entropy);
    let resident = Resident::open(loaded, StateFile::MayBeMade, clock, entropy).await.unwrap();
    let (own, prepared) = resident.prepare(loaded).await.unwrap();
    resident.put_to_work(prepared);
    (Runtime::build(loaded, &process, own, None).unwrap().0, resident)
}

async fn ask(runtime: &Runtime, method: Method, path: &str, token: Option<&str>) -> StatusCode {
    let ids = RequestIds::new(&oauth_types::SystemEntropy);
    let arrival = Arrival::new(ids.next(), Ipv4Addr::LOCALHOST.into());
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    runtime.route(&arrival, request.body(Body::from(CALL)).unwrap()).await.status()
}

/// A path for each route: the endpoints by their table, the others as axum shows them.
fn paths(routes: &Routes) -> BTreeSet<String> {
    let shown = format!("{:?}", routes.others);
    // Behind the routes come those of the fallback, which are none of ours.
    let (ours, _) = shown.split_once("fallback_router").unwrap();
    let texts = ours.split('"').skip(1).step_by(2);
    let mut paths: BTreeSet<_> = texts.filter(|it| it.starts_with('/')).map(filled).collect();
    for known in ["/healthz", "/readyz", "/.well-known/oauth-protected-resource"] {
        assert!(paths.contains(known), "the router shows its paths otherwise than it did: {shown}");
    }
    paths.extend(routes.endpoints.keys().cloned());
    paths
}

/// A path that fits the pattern of a route.
fn filled(pattern: &str) -> String {
    let segments = pattern.split('/').map(|it| if it.starts_with('{') { "mcp" } else { it });
    segments.collect::<Vec<_>>().join("/")
}

fn configuration(upstream: &str, issuer: &TestIssuer) -> Loaded {
    let config = format!(
        "public_url = \"https://mcp.example\"\nlisten = {{ address = \"127.0.0.1:0\" }}\n\
         [[authorization_server]]\nissuer = \"https://as.example\"\nkeys = {{ file = \"keys.json\" }}\n\
         [[server]]\npath = \"/mcp\"\nscopes = [\"mcp\"]\nupstream = {{ http = \"{upstream}\" }}\n\
         identity = {{ jwt = {{ audience = \"https://files.internal\" }} }}\n\
         [[server]]\npath = \"/old\"\nupstream = {{ sse = \"{upstream}\" }}\n"
    );
    let mut loaded = without_files(Config::parse(&config, "the routes").unwrap());
    loaded.material.authorization_servers[0].keys = Some(issuer.jwks().to_string());
    loaded
}

#[tokio::test]
async fn a17_every_route_that_there_is_asks_for_a_token_or_is_open_by_name() {
    const OPEN: [&str; 8] = [
        "/.well-known/mcp-gateway/assertion-keys",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/mcp",
        "/healthz",
        "/mcp/.well-known/oauth-protected-resource",
        "/old/.well-known/oauth-protected-resource",
        "/readyz",
    ];
    const ROOTS: [&str; 2] =
        ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/"];
    const ENDPOINTS: [&str; 5] = ["/mcp", "/mcp/", "/old", "/old/", "/old/message"];

    let upstream = RecordingUpstream::start(|_: &Recorded| Answer::json("{}")).await;
    let issuer = TestIssuer::new("https://as.example");
    let loaded = configuration(&upstream.uri("/up").to_string(), &issuer);
    let answers = without_credential(&loaded).await;
    let paths: BTreeSet<_> = answers.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, OPEN.into_iter().chain(ENDPOINTS).collect(), "a route came or went: say what it is");
    let is_wrong = |it: &&Asked| {
        let is_open = OPEN.contains(&it.path.as_str());
        let expected: &[u16] = match it.method.as_str() {
            "OPTIONS" => &[200, 204, 405],
            // Several servers have no document in common.
            "GET" | "HEAD" if ROOTS.contains(&it.path.as_str()) => &[404],
            "GET" | "HEAD" if is_open => &[200],
            _ if is_open => &[405],
            _ => &[401, 405],
        };
        !expected.contains(&it.status.as_u16())
    };
    let wrong: Vec<_> = answers.iter().filter(is_wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(upstream.requests().is_empty(), "{:?}", upstream.requests());

    let (runtime, _resident) = runtime(&loaded).await;
    let token = issuer.token().issued_at(SystemClock::new().now()).sign();
    assert_eq!(ask(&runtime, Method::POST, "/mcp", Some(&token)).await, 200);
    assert_eq!(upstream.requests().len(), 1);
}

const METHODS: [&str; 11] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY"];
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
