//! As much of HTTP/1.1 as the two ends of a benchmark need: heads, and bodies of a declared length.
//!
//! The ends are simpler than the proxies between them, so that the proxies are what is measured.

use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, ToSocketAddrs},
};

/// One end of a connection, with what was read and not yet taken.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// The head of a message, without its last empty line.
pub(crate) struct Head(Vec<u8>);

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: String,
}

impl Connection {
    pub(crate) async fn open(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::new(TcpStream::connect(address).await?)
    }

    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4096) })
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The head of the next message; `None` when the other end is done.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(end) = find(&self.read, b"\r\n\r\n") {
                return Ok(Some(Head(self.read.drain(..end + 4).collect())));
            }
            if self.fill().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Skips the body of a message with that head.
    pub(crate) async fn skip_body(&mut self, head: &Head) -> io::Result<()> {
        let length = self.whole_body(head).await?;
        self.read.drain(..length);
        Ok(())
    }

    /// Sends a request and waits for the whole answer.
    pub(crate) async fn exchange(&mut self, request: &str) -> io::Result<Answer> {
        self.write(request.as_bytes()).await?;
        let head = self.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let length = self.whole_body(&head).await?;
        let body = String::from_utf8(self.read.drain(..length).collect()).map_err(io::Error::other)?;
        Ok(Answer { head, body })
    }

    /// Reads until `text` has come.
    pub(crate) async fn wait_for(&mut self, text: &[u8]) -> io::Result<()> {
        while find(&self.read, text).is_none() {
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// Waits until the other end closes.
    pub(crate) async fn closed(&mut self) -> io::Result<()> {
        while self.fill().await? > 0 {
            self.read.clear();
        }
        Ok(())
    }

    /// Reads until the body of a message with that head has come; its length.
    async fn whole_body(&mut self, head: &Head) -> io::Result<usize> {
        let length = head.content_length().ok_or_else(|| io::Error::other("a body without a length"))?;
        while self.read.len() < length {
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(length)
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.stream.read_buf(&mut self.read).await
    }
}

impl Head {
    /// The status of an answer.
    pub(crate) fn status(&self) -> Option<u16> {
        std::str::from_utf8(self.0.get(9..12)?).ok()?.parse().ok()
    }

    pub(crate) fn is_get(&self) -> bool {
        self.0.starts_with(b"GET ")
    }

    /// The values of a header, whose name is written in lower case.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.0.split(|byte| *byte == b'\n').filter_map(|it| std::str::from_utf8(it).ok());
        lines.filter_map(move |line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    fn content_length(&self) -> Option<usize> {
        let mut lines = self.0.split(|byte| *byte == b'\n');
        let value = lines.find_map(|line| {
            let (name, value) = line.split_at_checked(NAME.len())?;
            name.eq_ignore_ascii_case(NAME).then_some(value)
        })?;
        std::str::from_utf8(value).ok()?.trim().parse().ok()
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|it| it == part)
}

const NAME: &[u8] = b"content-length:";
