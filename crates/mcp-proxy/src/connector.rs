use std::future::Future;
use std::io::{self, IoSlice};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use tokio::net::{TcpStream, UnixStream};
use tower_service::Service;

use crate::{BoxError, ProxySetupError, UpstreamSettings, UpstreamTarget};

/// Opens connections to the one upstream, within the configured time.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    way: Way,
    timeout: Duration,
}

#[derive(Clone, Debug)]
enum Way {
    Tcp(HttpConnector),
    Tls(Box<HttpsConnector<HttpConnector>>),
    Unix(Arc<Path>),
}

impl Connector {
    pub(crate) fn new(settings: &UpstreamSettings) -> Result<Self, ProxySetupError> {
        let way = match &settings.target {
            UpstreamTarget::Unix { socket, .. } => Way::Unix(socket.as_path().into()),
            UpstreamTarget::Http(uri) | UpstreamTarget::Sse { stream: uri, .. }
                if uri.scheme() == Some(&Scheme::HTTPS) =>
            {
                let builder = HttpsConnectorBuilder::new().with_tls_config(tls(&settings.extra_roots)?);
                let https = builder.https_only().enable_http1().enable_http2().wrap_connector(tcp());
                Way::Tls(Box::new(https))
            }
            UpstreamTarget::Http(_) | UpstreamTarget::Sse { .. } => Way::Tcp(tcp()),
        };
        Ok(Self { way, timeout: settings.connect_timeout })
    }
}

impl Service<Uri> for Connector {
    type Response = UpstreamStream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<UpstreamStream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Neither of the three has a state to wait for.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (way, timeout) = (self.way.clone(), self.timeout);
        Box::pin(async move {
            let elapsed = |_| io::Error::from(io::ErrorKind::TimedOut);
            tokio::time::timeout(timeout, connect(way, uri)).await.map_err(elapsed)?
        })
    }
}

async fn connect(way: Way, uri: Uri) -> Result<UpstreamStream, BoxError> {
    Ok(match way {
        Way::Tcp(mut tcp) => UpstreamStream::Tcp(tcp.call(uri).await?),
        Way::Tls(mut tls) => UpstreamStream::Tls(Box::new(tls.call(uri).await?)),
        Way::Unix(socket) => UpstreamStream::Unix(TokioIo::new(UnixStream::connect(socket).await?)),
    })
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(TCP_KEEP_ALIVE));
    tcp
}

fn tls(extra_roots: &[CertificateDer<'static>]) -> Result<ClientConfig, ProxySetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for root in extra_roots {
        roots.add(root.clone()).map_err(ProxySetupError::Tls)?;
    }
    if roots.is_empty() {
        return Err(ProxySetupError::NoRoots);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ProxySetupError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// A connection to the upstream.
#[derive(Debug)]
pub(crate) enum UpstreamStream {
    Tcp(TokioIo<TcpStream>),
    /// Boxed, so that plain connections do not carry the size of a TLS session.
    Tls(Box<MaybeHttpsStream<TokioIo<TcpStream>>>),
    Unix(TokioIo<UnixStream>),
}

impl Connection for UpstreamStream {
    /// Without the addresses of the connection, which would be copied into each answer and which nobody reads there.
    fn connected(&self) -> Connected {
        match self {
            Self::Tls(stream) if stream.connected().is_negotiated_h2() => Connected::new().negotiated_h2(),
            Self::Tcp(_) | Self::Tls(_) | Self::Unix(_) => Connected::new(),
        }
    }
}

impl Read for UpstreamStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl Write for UpstreamStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
            Self::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }
}

/// An upstream whose host has gone is noticed on an idle stream, where nothing is written.
const TCP_KEEP_ALIVE: Duration = Duration::from_secs(60);
