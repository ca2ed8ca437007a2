//! What stands between a store and its database, and breaks when the test wants it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// What happens to what passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Pass,
    /// The next statement does not arrive, and the connection ends.
    LoseRequest,
    /// The next statement arrives, its answer does not, and the connection ends.
    LoseAnswer,
    /// Nothing arrives, and nobody is told.
    Swallow,
}

#[derive(Debug)]
pub(super) struct Proxy {
    address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    statements: Arc<AtomicUsize>,
}

impl Proxy {
    pub(super) async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mood, statements) = (Arc::new(Mutex::new(Mood::Pass)), Arc::default());
        let its = (Arc::clone(&mood), Arc::clone(&statements));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, to, Arc::clone(&its.0), Arc::clone(&its.1)));
            }
        });
        Self { address, mood, statements }
    }

    /// The same URL, by way of the proxy.
    pub(super) fn url(&self, url: &str, to: SocketAddr) -> String {
        url.replace(&to.to_string(), &self.address.to_string())
    }

    pub(super) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(super) fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    /// How many statements have come by.
    pub(super) fn statements(&self) -> usize {
        self.statements.load(Ordering::Relaxed)
    }
}

async fn pass(client: TcpStream, to: SocketAddr, mood: Arc<Mutex<Mood>>, statements: Arc<AtomicUsize>) {
    let Ok(server) = TcpStream::connect(to).await else { return };
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    let losing = Arc::new(Mutex::new(false));
    let requests =
        tokio::spawn(requests(from_client, to_server, Arc::clone(&mood), Arc::clone(&losing), statements));
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
        while *mood.lock().unwrap() == Mood::Swallow {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if *losing.lock().unwrap() || to_client.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    requests.abort();
}

async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    mood: Arc<Mutex<Mood>>,
    losing: Arc<Mutex<bool>>,
    statements: Arc<AtomicUsize>,
) {
    let mut buffer = vec![0; 1 << 21];
    while let Ok(read @ 1..) = client.read(&mut buffer).await {
        while *mood.lock().unwrap() == Mood::Swallow {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if buffer[0] == BIND {
            statements.fetch_add(1, Ordering::Relaxed);
            match std::mem::replace(&mut *mood.lock().unwrap(), Mood::Pass) {
                Mood::LoseRequest => return,
                Mood::LoseAnswer => *losing.lock().unwrap() = true,
                Mood::Pass | Mood::Swallow => {}
            }
        }
        if server.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// The first byte of a statement that was prepared before.
const BIND: u8 = b'B';
