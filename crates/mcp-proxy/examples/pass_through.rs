//! Forwards everything on <http://127.0.0.1:8080> to the MCP server given as the argument.
//!
//! ```text
//! cargo run -p mcp-proxy --example pass_through -- http://127.0.0.1:3000/mcp
//! ```
//!
//! It authenticates nobody: a real gateway validates a token first and puts its subject into `OnBehalf`.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use mcp_proxy::{OnBehalf, Proxy, SessionKey, UpstreamSettings, UpstreamTarget};
use oauth_types::SystemEntropy;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let upstream = std::env::args().nth(1).ok_or("give the MCP server's address as the argument")?;
    let settings = UpstreamSettings::new("/", UpstreamTarget::Http(upstream.parse()?));
    let proxy = Proxy::new(settings, SessionKey::random(&SystemEntropy))?;
    let router = Router::new().fallback(forward).with_state(Arc::new(proxy));
    axum::serve(TcpListener::bind("127.0.0.1:8080").await?, router).await?;
    Ok(())
}

async fn forward(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let on_behalf = OnBehalf::new("somebody", HeaderValue::from_static("1"));
    match proxy.forward(request, on_behalf).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => (error.status(), error.reason().description()).into_response(),
    }
}
