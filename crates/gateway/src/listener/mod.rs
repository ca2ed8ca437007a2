//! The socket: accepting, TLS, the limits of a connection, and the orderly end.

mod guard;
mod tls;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use axum_server::{
    Handle, Server,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};

use self::guard::ConnectionGuard;
use crate::{exchanges::Patience, service::MakeService};

pub use self::tls::TlsError;
pub(crate) use self::{guard::ForConnection, tls::server_config};

/// What one connection may take of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionLimits {
    /// Connections at once.
    pub(crate) connections: usize,
    /// Bytes of a request's header block.
    pub(crate) header_bytes: usize,
    /// Header fields of a request.
    pub(crate) header_count: usize,
    /// From the first byte of a request, or from the beginning of the connection, to the end of its headers; also the
    /// TLS handshake.
    pub(crate) header_read: Duration,
    /// A connection without a request.
    pub(crate) idle: Duration,
    /// A write without progress, or an answer of which an HTTP/2 client takes nothing.
    pub(crate) write_stall: Duration,
}

/// Serves `service` on `socket` until `handle` says to stop.
///
/// # Errors
/// Fails when the socket cannot be used; errors of single connections stay theirs.
pub(crate) async fn serve(
    socket: TcpListener,
    tls: Option<RustlsConfig>,
    limits: ConnectionLimits,
    handle: Handle<SocketAddr>,
    service: MakeService,
) -> io::Result<()> {
    let patience = Patience { idle: limits.idle, head: limits.header_read, untaken: limits.write_stall };
    let guard = ConnectionGuard::new(limits.connections, patience);
    let mut server = axum_server::from_tcp(socket)?
        .handle(handle)
        .first_request_timeout(limits.header_read)
        .accept_error_handler(|peer, error| tracing::debug!(?peer, %error, "connection refused"));
    limit(&mut server, limits);
    match tls {
        Some(config) => {
            let acceptor = RustlsAcceptor::new(config).handshake_timeout(limits.header_read).acceptor(guard);
            server.acceptor(acceptor).serve(service).await
        }
        None => server.acceptor(guard).serve(service).await,
    }
}

/// The time for heads is kept by `first_request_timeout` and by the [`ConnectionGuard`]: hyper's own counts from the end
/// of the last answer, so it could not tell an idle connection from a slow head.
fn limit<A>(server: &mut Server<SocketAddr, A>, limits: ConnectionLimits) {
    let builder = server.http_builder();
    builder
        .http1()
        .max_headers(limits.header_count)
        .max_buf_size(limits.header_bytes.max(SMALLEST_BUFFER))
        .half_close(false);
    builder
        .http2()
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .max_pending_accept_reset_streams(Some(20))
        .keep_alive_interval(limits.idle)
        .keep_alive_timeout(limits.header_read);
}

/// The smallest read buffer hyper takes.
const SMALLEST_BUFFER: usize = 8 * 1024;

/// Requests at once on one HTTP/2 connection.
const STREAMS_PER_CONNECTION: u32 = 128;
