//! What stands before several gateways: it gives each connection to one of them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

/// Listens from the beginning, and has something behind it later.
#[derive(Clone)]
pub(super) struct Balancer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    behind: std::sync::RwLock<Vec<SocketAddr>>,
    next: AtomicUsize,
    /// The only one that gets connections; any number beyond the last for all in turn.
    only: AtomicUsize,
}

impl Balancer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let only = AtomicUsize::new(usize::MAX);
        let shared =
            Arc::new(Shared { behind: std::sync::RwLock::default(), next: AtomicUsize::new(0), only });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let Some(gateway) = accepting.choose() else { continue };
                tokio::spawn(async move {
                    if let Ok(mut gateway) = TcpStream::connect(gateway).await {
                        copy_bidirectional(&mut client, &mut gateway).await.ok();
                    }
                });
            }
        });
        Self { address, shared }
    }

    pub(super) fn origin(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    pub(super) fn put_behind(&self, gateways: Vec<SocketAddr>) {
        *self.shared.behind.write().unwrap() = gateways;
    }

    /// From now on this one gets every new connection.
    pub(super) fn to(&self, gateway: usize) {
        self.shared.only.store(gateway, Relaxed);
    }

    /// From now on they get new connections in turn.
    pub(super) fn to_all(&self) {
        self.to(usize::MAX);
    }
}

impl Shared {
    fn choose(&self) -> Option<SocketAddr> {
        let behind = self.behind.read().unwrap();
        let only = behind.get(self.only.load(Relaxed)).copied();
        only.or_else(|| behind.get(self.next.fetch_add(1, Relaxed) % behind.len().max(1)).copied())
    }
}
