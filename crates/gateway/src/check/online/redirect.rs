use bytes::Bytes;
use http::{
    Request, StatusCode,
    header::{ACCEPT, HOST, LOCATION},
};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use url::Position;

use super::PROBE;
use crate::config::Upstream;

/// Where the upstream redirects to; the proxy follows without a word.
///
/// `None` if it does not redirect, cannot be asked, or is asked by https, where only the proxy can connect.
pub(super) async fn location(upstream: &Upstream) -> Option<String> {
    tokio::time::timeout(PROBE, ask(upstream)).await.ok().flatten()
}

async fn ask(upstream: &Upstream) -> Option<String> {
    match upstream {
        Upstream::Http(url) if url.scheme() == "http" => {
            let host = url.host_str()?;
            let port = url.port_or_known_default()?;
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            let stream = TcpStream::connect((bare, port)).await.ok()?;
            let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            exchange(stream, &authority, &url[Position::BeforePath..Position::AfterQuery]).await
        }
        Upstream::Http(_) | Upstream::Sse(_) | Upstream::Stdio(_) => None,
        Upstream::Unix { socket, path } => {
            exchange(UnixStream::connect(socket).await.ok()?, "localhost", path.as_str()).await
        }
    }
}

async fn exchange<S>(stream: S, host: &str, path: &str) -> Option<String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::get(path)
        .header(HOST, host)
        .header(ACCEPT, "text/event-stream")
        .body(Empty::<Bytes>::new())
        .ok()?;
    // Both in this task: when the head is there, the connection goes.
    let answer = tokio::select! {
        answer = sender.send_request(request) => answer.ok()?,
        _ = connection => return None,
    };
    let redirects =
        matches!(answer.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let location = answer.headers().get(LOCATION).filter(|_| redirects)?;
    location.to_str().ok().map(str::to_owned)
}
