//! The operator's way into a running gateway: a unix socket for nobody but its owner; and an address for figures alone.

use std::{
    fmt, fs,
    io::{self, ErrorKind},
    net::SocketAddr as IpSocketAddr,
    os::unix::{
        fs::{FileTypeExt, PermissionsExt},
        net::UnixStream as BlockingStream,
    },
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{Router, serve::Listener};
use tokio::{
    net::{TcpListener, UnixListener, UnixStream, unix::SocketAddr},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// A socket that answers operators until it is closed.
#[derive(Debug)]
pub(crate) struct AdminListener {
    path: PathBuf,
    serving: Serving,
}

/// An address that answers collectors of figures until it is closed.
#[derive(Debug)]
pub(crate) struct MetricsListener(Serving);

#[derive(Debug)]
struct Serving {
    stop: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

/// Why there is no socket for operators.
#[derive(Debug, thiserror::Error)]
pub enum AdminSocketError {
    /// Another gateway answers there.
    #[error("the admin socket {} is in use by another gateway", .0.display())]
    InUse(PathBuf),
    /// Something else has the name.
    #[error("{} is there and no socket: move it away, or set `admin.socket`", .0.display())]
    NotASocket(PathBuf),
    /// The address for figures cannot be listened on.
    #[error("cannot listen on {address} for figures")]
    Metrics {
        /// `admin.metrics`.
        address: IpSocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system refused.
    #[error("cannot make the admin socket {}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl AdminListener {
    /// Lets `router` answer on a new socket at `path`; one that a crash has left there is replaced.
    ///
    /// Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`AdminSocketError`].
    pub(crate) fn open(path: &Path, router: Router) -> Result<Self, AdminSocketError> {
        remove_stale(path)?;
        let owned = OwnersOnly::bind(path)
            .map_err(|source| AdminSocketError::Io { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), serving: Serving::begin(owned, router) })
    }

    /// Ends it: what is under way has a few seconds.
    pub(crate) async fn close(self) {
        // While it still listens nobody else takes the name, so what is removed is its own; and nobody misses it, should
        // somebody have removed it before.
        let _ = fs::remove_file(&self.path);
        self.serving.close().await;
    }
}

impl MetricsListener {
    /// Lets `router` answer at `address`, in plain HTTP; must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`AdminSocketError::Metrics`].
    pub(crate) fn open(address: IpSocketAddr, router: Router) -> Result<Self, AdminSocketError> {
        let bind = || {
            let socket = std::net::TcpListener::bind(address)?;
            socket.set_nonblocking(true)?;
            TcpListener::from_std(socket)
        };
        let socket = bind().map_err(|source| AdminSocketError::Metrics { address, source })?;
        Ok(Self(Serving::begin(socket, router)))
    }

    /// Ends it.
    pub(crate) async fn close(self) {
        self.0.close().await;
    }
}

impl Serving {
    fn begin<L: Listener<Addr: fmt::Debug>>(listener: L, router: Router) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let task =
            tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
        Self { stop, task }
    }

    async fn close(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(LAST_WORDS, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Removes the socket of a gateway that is no more.
fn remove_stale(path: &Path) -> Result<(), AdminSocketError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(AdminSocketError::NotASocket(path.to_owned()));
    }
    match BlockingStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|source| AdminSocketError::Io { path: path.to_owned(), source })
        }
        _ => Err(AdminSocketError::InUse(path.to_owned())),
    }
}

/// Takes connections of the socket's owner, and of root, who may do everything anyway.
struct OwnersOnly {
    socket: UnixListener,
    owner: u32,
}

impl OwnersOnly {
    fn bind(path: &Path) -> io::Result<Self> {
        let socket = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        // Whoever connected before the line above is judged by who they are. The file is not asked whose it is: in a
        // folder that others may write, somebody could have put another in its place.
        let (own, _) = UnixStream::pair()?;
        Ok(Self { socket, owner: own.peer_cred()?.uid() })
    }

    fn admits(&self, stream: &UnixStream) -> bool {
        stream.peer_cred().is_ok_and(|peer| is_admitted(peer.uid(), self.owner))
    }
}

fn is_admitted(user: u32, owner: u32) -> bool {
    user == owner || user == ROOT
}

impl Listener for OwnersOnly {
    type Io = UnixStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (UnixStream, SocketAddr) {
        loop {
            match self.socket.accept().await {
                Ok((stream, address)) if self.admits(&stream) => return (stream, address),
                Ok(_) => tracing::warn!("somebody else than its owner tried the admin socket"),
                Err(error) => {
                    tracing::warn!(%error, "the admin socket takes no connection");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

const ROOT: u32 = 0;
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Until a process that has too many files open may have closed one.
const AGAIN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
