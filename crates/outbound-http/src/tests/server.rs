//! A misbehaving HTTP server on 127.0.0.1, on plain threads so that paused time does not touch it.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Listens until the test process ends.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

pub(super) trait Stream: Read + Write {
    fn socket(&self) -> &TcpStream;
}

impl Server {
    /// Answers every request with the same bytes and closes.
    pub(super) fn answering(reply: &str) -> Self {
        let reply = reply.to_owned();
        Self::plain(move |stream| stream.write_all(reply.as_bytes()))
    }

    /// Reads a request head, then does what `reply` says.
    pub(super) fn plain(reply: impl Fn(&mut dyn Stream) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::start(move |socket, heads| serve(socket, heads, &reply))
    }

    /// As [`Server::answering`], over TLS.
    pub(super) fn tls(config: ServerConfig, reply: &str) -> Self {
        let (config, reply) = (Arc::new(config), reply.to_owned());
        Self::start(move |socket, heads| {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(StreamOwned::new(session, socket), heads, &|stream| stream.write_all(reply.as_bytes()))
        })
    }

    /// Hands over what is inside of TLS, for servers that speak something else than HTTP/1.1.
    pub(super) fn bare_tls(
        config: ServerConfig,
        talk: impl Fn(&mut dyn Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let config = Arc::new(config);
        Self::start(move |socket, _| {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            talk(&mut StreamOwned::new(session, socket))
        })
    }

    /// Hands over the bare socket, for servers that never get as far as HTTP.
    pub(super) fn raw(talk: impl Fn(&mut TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self::start(move |mut socket, _| talk(&mut socket))
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(super) fn url(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}/", self.port())
    }

    /// How many connections were accepted.
    pub(super) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// The request heads so far, in lower case.
    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    fn start(
        talk: impl Fn(TcpStream, &Mutex<Vec<String>>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (heads, connections) = (Arc::default(), Arc::default());
        let server = Self { address, heads: Arc::clone(&heads), connections: Arc::clone(&connections) };
        let talk = Arc::new(talk);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                *connections.lock().unwrap() += 1;
                let (talk, heads) = (Arc::clone(&talk), Arc::clone(&heads));
                // A client that hangs up in the middle is what most tests are about.
                thread::spawn(move || drop(talk(socket, &heads)));
            }
        });
        server
    }
}

/// Writes `bytes` over and over, at the given pace, until the client hangs up.
pub(super) fn drip(stream: &mut dyn Stream, bytes: &[u8], pace: Duration) -> io::Result<()> {
    stream.socket().set_read_timeout(Some(pace))?;
    loop {
        stream.write_all(bytes)?;
        stream.flush()?;
        if let Ok(0) = stream.read(&mut [0; 64]) {
            return Ok(());
        }
    }
}

/// Says nothing until the client hangs up.
pub(super) fn silence(stream: &mut dyn Stream) -> io::Result<()> {
    while stream.read(&mut [0; 64])? > 0 {}
    Ok(())
}

/// An answer with a plain body.
pub(super) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

pub(super) const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Stream for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }
}

fn serve(
    mut stream: impl Stream,
    heads: &Mutex<Vec<String>>,
    reply: &dyn Fn(&mut dyn Stream) -> io::Result<()>,
) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    heads.lock().unwrap().push(String::from_utf8_lossy(&head).to_lowercase());
    reply(&mut stream)?;
    stream.flush()
}
