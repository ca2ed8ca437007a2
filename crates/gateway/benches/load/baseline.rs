//! A plain pass-through proxy on the gateway's HTTP stack, with its limits and timeouts, and nothing of its own:
//! no token is read, no line is logged, no header is judged.

use std::{io, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use axum_server::accept::NoDelayAcceptor;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

#[derive(Clone, Debug)]
struct Proxy {
    client: Client<HttpConnector, Body>,
    upstream: Uri,
    host: HeaderValue,
}

/// Serves until it is killed.
pub(crate) async fn serve(listen: SocketAddr, upstream: SocketAddr) -> io::Result<()> {
    let proxy = Proxy {
        client: client(),
        upstream: Uri::try_from(format!("http://{upstream}/mcp")).map_err(io::Error::other)?,
        host: HeaderValue::try_from(upstream.to_string()).map_err(io::Error::other)?,
    };
    let router =
        Router::new().route("/healthz", get(async || "ok\n")).route("/mcp", axum::routing::any(forward));
    let service = router.with_state(proxy).into_make_service();
    let mut server = axum_server::bind(listen).first_request_timeout(Duration::from_secs(10));
    server
        .http_builder()
        .http1()
        .header_read_timeout(Duration::from_secs(75))
        .max_headers(100)
        .max_buf_size(32 * 1024)
        .half_close(false);
    server.acceptor(NoDelayAcceptor::new()).serve(service).await
}

async fn forward(State(proxy): State<Proxy>, mut request: Request) -> Response {
    remove_hop_by_hop(request.headers_mut());
    request.headers_mut().insert(header::HOST, proxy.host.clone());
    *request.uri_mut() = proxy.upstream.clone();
    match tokio::time::timeout(RESPONSE, proxy.client.request(request)).await {
        Ok(Ok(mut response)) => {
            remove_hop_by_hop(response.headers_mut());
            response.map(Body::new)
        }
        Ok(Err(_)) => StatusCode::BAD_GATEWAY.into_response(),
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

fn client() -> Client<HttpConnector, Body> {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(4))
        .http1_max_buf_size(16 * 1024)
        .build(tcp)
}

/// What no proxy passes on (RFC 9110 section 7.6.1).
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The gateway's default for the head of an answer.
const RESPONSE: Duration = Duration::from_secs(60);
