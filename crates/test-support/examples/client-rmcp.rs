//! MCP client on the official Rust SDK: connects, lists tools, calls tools, reports.
//!
//! Understands the options of `tests/real/client-typescript.mjs --oauth` and prints the same JSON line, without
//! `requests`: it starts without a token, prints `open URL` for whoever plays the person, and listens on a loopback
//! port for the redirect.
//! With `--header 'NAME: VALUE'` it sends that with each request and does nothing of OAuth, as people configure a key.

#![expect(clippy::print_stdout, reason = "its reader is another program")]

use std::{error::Error, sync::Arc};

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, Uri},
    routing::get,
};
use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, Tool},
    service::RunningService,
    transport::{
        AuthClient, StreamableHttpClientTransport,
        auth::{AuthorizationManager, AuthorizationRequest, OAuthState},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let (report, code) = match run(&Options::read(std::env::args().skip(1))).await {
        Ok(report) => (report, 0),
        Err(error) => (json!({ "error": { "name": "Error", "message": chain(error.as_ref()) } }), 1),
    };
    println!("{report}");
    std::process::exit(code);
}

#[derive(Default)]
struct Options {
    url: String,
    refresh: bool,
    client_metadata_url: Option<String>,
    header: Option<String>,
    calls: Vec<String>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Self {
        let mut options = Self::default();
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--refresh" => options.refresh = true,
                "--url" => options.url = arguments.next().unwrap_or_default(),
                "--client-metadata-url" => options.client_metadata_url = arguments.next(),
                "--header" => options.header = arguments.next(),
                "--call" => options.calls.extend(arguments.next()),
                _ => {}
            }
        }
        options
    }
}

async fn run(options: &Options) -> Outcome<Value> {
    match &options.header {
        Some(header) => run_with_header(options, header).await,
        None => run_with_oauth(options).await,
    }
}

/// What a person configures who has a key: one header, the same each time.
async fn run_with_header(options: &Options, header: &str) -> Outcome<Value> {
    let (name, value) = header.split_once(": ").ok_or("a header is `NAME: VALUE`")?;
    let headers = HeaderMap::from_iter([(HeaderName::try_from(name)?, HeaderValue::from_str(value)?)]);
    let http = reqwest::Client::builder().no_proxy().default_headers(headers).build()?;
    let config = StreamableHttpClientTransportConfig::with_uri(options.url.as_str());
    let client = ().serve(StreamableHttpClientTransport::with_client(http, config)).await?;
    let tools = client.list_all_tools().await?;
    let calls = call_tools(&client, &options.calls).await?;
    client.cancel().await?;
    Ok(report(&tools, &calls))
}

async fn run_with_oauth(options: &Options) -> Outcome<Value> {
    let manager = authorize(options).await?;
    let http = AuthClient::new(reqwest::Client::builder().no_proxy().build()?, manager);
    let manager = Arc::clone(&http.auth_manager);
    let config = StreamableHttpClientTransportConfig::with_uri(options.url.as_str());
    let client = ().serve(StreamableHttpClientTransport::with_client(http, config)).await?;
    let tools = client.list_all_tools().await?;
    let mut calls = call_tools(&client, &options.calls).await?;
    if options.refresh {
        refresh(&manager).await?;
        calls.extend(call_tools(&client, &options.calls).await?);
    }
    client.cancel().await?;
    Ok(report(&tools, &calls))
}

fn report(tools: &[Tool], calls: &[Value]) -> Value {
    json!({
        "sdk": "rmcp",
        "tools": tools.iter().map(|it| it.name.as_ref()).collect::<Vec<_>>(),
        "calls": calls,
    })
}

/// From nothing to tokens: discovery, registration, the browser, the code.
async fn authorize(options: &Options) -> Outcome<AuthorizationManager> {
    let (redirect_uri, mut answers) = listen().await?;
    let mut request = AuthorizationRequest::new(redirect_uri).with_client_name("Real client of the tests");
    if let Some(url) = &options.client_metadata_url {
        request = request.with_client_metadata_url(url.as_str());
    }
    let mut state = OAuthState::new(options.url.as_str(), None).await?;
    state.start_authorization(request).await?;
    println!("open {}", state.get_authorization_url().await?);
    let answer = answers.recv().await.ok_or("the listener ended")?;
    state.handle_callback_url(&answer).await?;
    state.into_authorization_manager().ok_or_else(|| "no authorization came of it".into())
}

/// Listens on a loopback port; gives the redirect URI, and later the URL of each redirect.
async fn listen() -> Outcome<(String, mpsc::UnboundedReceiver<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let (sender, receiver) = mpsc::unbounded_channel();
    let base = origin.clone();
    let callback = get(async move |uri: Uri| {
        sender.send(format!("{base}{uri}")).ok();
        "You may close this window.\n"
    });
    let router = Router::new().route("/callback", callback);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((format!("{origin}/callback"), receiver))
}

/// Lets the SDK exchange its refresh token, which must give another access token.
async fn refresh(manager: &Mutex<AuthorizationManager>) -> Outcome<()> {
    let manager = manager.lock().await;
    let before = manager.get_access_token().await?;
    manager.refresh_token().await?;
    if manager.get_access_token().await? == before {
        return Err("the refresh gave the same access token".into());
    }
    Ok(())
}

async fn call_tools(client: &RunningService<RoleClient, ()>, calls: &[String]) -> Outcome<Vec<Value>> {
    let mut results = Vec::new();
    for call in calls {
        let (name, arguments) = call.split_once('=').unwrap_or((call, "{}"));
        let Value::Object(arguments) = serde_json::from_str(arguments)? else {
            return Err("arguments are an object".into());
        };
        let request = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
        let result = serde_json::to_value(client.call_tool(request).await?)?;
        let content = result.get("content").and_then(Value::as_array).into_iter().flatten();
        let text = |block: &Value| block.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
        results.push(json!({
            "tool": name,
            "content": content.map(text).collect::<Vec<_>>(),
            "isError": result.get("isError").and_then(Value::as_bool).unwrap_or_default(),
        }));
    }
    Ok(results)
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
