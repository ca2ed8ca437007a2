//! HTTP/1.1 byte by byte, so that a test can say what no client library would.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::gateway::PATIENCE;

/// One connection.
pub(super) struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// A request or an answer as it came.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) start: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Message {
    pub(super) fn status(&self) -> u16 {
        self.start.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The one value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(it, _)| it == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} appears twice in {self:?}");
        value
    }

    /// The challenge, which must be there: the first one, which is what most clients read.
    pub(super) fn challenge(&self) -> &str {
        self.challenges().first().unwrap_or_else(|| panic!("no challenge in {self:?}"))
    }

    /// Every challenge in its order.
    pub(super) fn challenges(&self) -> Vec<&str> {
        let fields = self.headers.iter().filter(|(name, _)| name == "www-authenticate");
        fields.map(|(_, value)| value.as_str()).collect()
    }

    /// Refused as a request without credentials: a challenge without `error`.
    #[track_caller]
    pub(super) fn is_401_bare(&self) {
        assert_eq!(self.status(), 401, "{self:?}");
        assert!(!self.challenge().contains("error"), "{self:?}");
        assert!(self.challenge().contains("resource_metadata=\"https://"), "{self:?}");
    }

    /// Refused with `invalid_token`.
    #[track_caller]
    pub(super) fn is_401_invalid(&self) {
        assert_eq!(self.status(), 401, "{self:?}");
        assert!(self.challenge().contains("error=\"invalid_token\""), "{self:?}");
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|it| it.eq_ignore_ascii_case("chunked"))
    }
}

impl Wire {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect(address).await.unwrap())
    }

    pub(super) fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// Sends these bytes; a peer that has closed already is no failure, its answer tells.
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await.expect("the peer reads");
    }

    /// The next answer, with its body.
    pub(super) async fn answer(&mut self) -> Message {
        let head = self.head().await.expect("an answer before the end of the connection");
        self.body(head).await
    }

    /// The next message with its body, or nothing if the connection ends first.
    pub(super) async fn message(&mut self) -> Option<Message> {
        let head = self.head().await?;
        Some(self.body(head).await)
    }

    /// The head of the next message, or nothing if the connection ends first.
    pub(super) async fn head(&mut self) -> Option<Message> {
        let end = loop {
            if let Some(at) = self.unread.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.fill().await {
                assert!(self.unread.is_empty(), "half a head: {:?}", String::from_utf8_lossy(&self.unread));
                return None;
            }
        };
        let text = String::from_utf8(self.unread.drain(..end).collect()).unwrap();
        let mut lines = text.trim_end().split("\r\n");
        let start = lines.next().unwrap().to_owned();
        let field = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        Some(Message { start, headers: lines.map(field).collect(), body: String::new() })
    }

    async fn body(&mut self, mut message: Message) -> Message {
        if message.is_chunked() {
            while let Some(chunk) = self.chunk().await {
                message.body.push_str(&chunk);
            }
        } else if let Some(length) = message.header("content-length") {
            message.body = self.exactly(length.parse().unwrap()).await;
        }
        message
    }

    /// The next chunk of a chunked body, or nothing at its end.
    pub(super) async fn chunk(&mut self) -> Option<String> {
        let size = loop {
            if let Some(at) = self.unread.windows(2).position(|it| it == b"\r\n") {
                let line: Vec<u8> = self.unread.drain(..at + 2).collect();
                let text = std::str::from_utf8(&line).unwrap().trim();
                break usize::from_str_radix(text.split(';').next().unwrap(), 16).unwrap();
            }
            assert!(self.fill().await, "the body breaks off");
        };
        let text = self.exactly(size).await;
        assert_eq!(self.exactly(2).await, "\r\n");
        (size > 0).then_some(text)
    }

    async fn exactly(&mut self, size: usize) -> String {
        while self.unread.len() < size {
            assert!(self.fill().await, "the body breaks off");
        }
        String::from_utf8(self.unread.drain(..size).collect()).unwrap()
    }

    /// Whether the peer ends the connection without another byte.
    pub(super) async fn ends(&mut self) -> bool {
        self.unread.is_empty() && !self.fill().await
    }

    /// Reads on; `false` at the end of the connection, whichever way it ended.
    async fn fill(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.unread);
        let read = timeout(PATIENCE, read).await.expect("the peer says something or ends the connection");
        read.is_ok_and(|count| count > 0)
    }
}
