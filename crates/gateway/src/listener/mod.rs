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
use tokio::net::TcpSocket;

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

/// Opens a socket on `address` where many may wait to be accepted, as they do when all come back at once.
///
/// # Errors
/// Fails when the address cannot be used.
pub(crate) fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
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

/// Connections that wait to be accepted, if the system allows as many.
const BACKLOG: u32 = 1024;

/// The smallest read buffer hyper takes.
const SMALLEST_BUFFER: usize = 8 * 1024;

/// Requests at once on one HTTP/2 connection.
const STREAMS_PER_CONNECTION: u32 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    /// The system's own default for programs in Rust is 128, and each beyond waits for a second at least.
    #[tokio::test]
    async fn many_connect_before_any_is_accepted() {
        let socket = open(([127, 0, 0, 1], 0).into()).unwrap();
        let address = socket.local_addr().unwrap();
        let connecting = (0..400).map(|_| tokio::net::TcpStream::connect(address));
        let connected = futures_util::future::try_join_all(connecting);
        let connected = tokio::time::timeout(Duration::from_millis(900), connected).await;
        assert_eq!(connected.unwrap().unwrap().len(), 400);
    }
}
