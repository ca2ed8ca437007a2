//! HTTP/2 frame by frame (RFC 9113), with literal header fields only (RFC 7541).

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::gateway::PATIENCE;

/// One connection.
pub(super) struct Http2 {
    stream: TcpStream,
    unread: Vec<u8>,
    next: u32,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The head of an answer.
    Status(u16),
    /// The stream was reset.
    Reset,
    /// The connection ended, with a word (`GOAWAY`) or without.
    Ended,
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

/// A header field, whatever its bytes.
pub(super) type Field<'a> = (&'a str, &'a str);

impl Http2 {
    /// Says hello, and that answers may use no table of header fields.
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0])).await.unwrap();
        Self { stream, unread: Vec::new(), next: 1 }
    }

    /// The number of the next stream.
    pub(super) fn next_stream(&mut self) -> u32 {
        let stream = self.next;
        self.next += 2;
        stream
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) {
        let _ = timeout(PATIENCE, self.stream.write_all(bytes)).await.expect("the peer reads");
    }

    /// Sends a whole request; returns its stream.
    pub(super) async fn request(&mut self, fields: &[Field<'_>], body: &str) -> u32 {
        let stream = self.next_stream();
        let mut bytes = frame(HEADERS, END_HEADERS | u8::from(body.is_empty()), stream, &block(fields));
        if !body.is_empty() {
            bytes.extend(frame(DATA, END_STREAM, stream, body.as_bytes()));
        }
        self.send(&bytes).await;
        stream
    }

    /// What comes of a whole request.
    pub(super) async fn ask(&mut self, fields: &[Field<'_>], body: &str) -> Outcome {
        let stream = self.request(fields, body).await;
        self.outcome(stream).await
    }

    /// What comes of a stream; other streams' answers are passed over.
    pub(super) async fn outcome(&mut self, stream: u32) -> Outcome {
        loop {
            let Some(frame) = self.frame().await else { return Outcome::Ended };
            match frame.kind {
                GO_AWAY => return Outcome::Ended,
                HEADERS if frame.stream == stream => return Outcome::Status(status(&frame.payload)),
                RST_STREAM if frame.stream == stream => return Outcome::Reset,
                _ => self.acknowledge(&frame).await,
            }
        }
    }

    /// The statuses of the next `count` answers, whichever their streams.
    pub(super) async fn statuses(&mut self, count: usize) -> Vec<u16> {
        let mut statuses = Vec::new();
        while statuses.len() < count {
            let frame = self.frame().await.expect("an answer");
            match frame.kind {
                HEADERS => statuses.push(status(&frame.payload)),
                GO_AWAY | RST_STREAM => panic!("frame {} instead of an answer", frame.kind),
                _ => self.acknowledge(&frame).await,
            }
        }
        statuses
    }

    /// Sends `bytes` while everything that comes is read; `true` if the connection ended over it.
    pub(super) async fn flood(self, bytes: Vec<u8>) -> bool {
        let last = frame(PING, ACK, 0, b"the last");
        let (mut reader, mut writer) = self.stream.into_split();
        let reading = tokio::spawn(async move {
            let mut came = Vec::new();
            while reader.read_buf(&mut came).await.is_ok_and(|count| count > 0) {
                if came.windows(last.len()).any(|it| it == last) {
                    return false;
                }
                came.drain(..came.len().saturating_sub(last.len()));
            }
            true
        });
        let sending = async {
            writer.write_all(&bytes).await?;
            writer.write_all(&frame(PING, 0, 0, b"the last")).await
        };
        // What cannot be sent any more was not wanted any more, which the reader learns too.
        let _ = timeout(PATIENCE, sending).await.expect("the peer reads or closes");
        timeout(PATIENCE, reading).await.expect("an answer or an end").unwrap()
    }

    /// Sends `bytes` and reads nothing; returns when the peer has cut the connection.
    pub(super) async fn flood_unread(mut self, bytes: &[u8]) {
        let sending = async { while self.stream.write_all(bytes).await.is_ok() {} };
        timeout(PATIENCE, sending).await.expect("the connection is cut");
    }

    /// Whether the peer answers a ping.
    pub(super) async fn ping(&mut self) -> bool {
        self.send(&frame(PING, 0, 0, b"are you?")).await;
        loop {
            match self.frame().await {
                Some(it) if it.kind == PING && it.flags & ACK != 0 => return true,
                Some(it) if it.kind != GO_AWAY => self.acknowledge(&it).await,
                _ => return false,
            }
        }
    }

    async fn acknowledge(&mut self, it: &Frame) {
        if it.kind == SETTINGS && it.flags & ACK == 0 {
            self.send(&frame(SETTINGS, ACK, 0, &[])).await;
        } else if it.kind == PING && it.flags & ACK == 0 {
            self.send(&frame(PING, ACK, 0, &it.payload)).await;
        }
    }

    async fn frame(&mut self) -> Option<Frame> {
        while self.unread.len() < 9 {
            self.fill().await?;
        }
        let head: Vec<u8> = self.unread.drain(..9).collect();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        while self.unread.len() < length {
            self.fill().await?;
        }
        let payload = self.unread.drain(..length).collect();
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    async fn fill(&mut self) -> Option<()> {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.unread)).await;
        let count = read.expect("the peer says something or ends the connection").ok()?;
        (count > 0).then_some(())
    }
}

/// One frame (RFC 9113 section 4.1).
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Literal fields without indexing and without compression (RFC 7541 section 6.2.2).
pub(super) fn block(fields: &[Field<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        bytes.push(0);
        text(&mut bytes, name);
        text(&mut bytes, value);
    }
    bytes
}

/// A length with a prefix of seven bits, and the bytes (RFC 7541 sections 5.1 and 5.2).
fn text(bytes: &mut Vec<u8>, text: &str) {
    if let Some(mut rest) = text.len().checked_sub(127) {
        bytes.push(127);
        while rest >= 128 {
            bytes.push(u8::try_from(rest % 128).unwrap() | 128);
            rest /= 128;
        }
        bytes.push(u8::try_from(rest).unwrap());
    } else {
        bytes.push(u8::try_from(text.len()).unwrap());
    }
    bytes.extend(text.as_bytes());
}

/// The status, which is the first field of every answer.
fn status(block: &[u8]) -> u16 {
    let block = &block[block.iter().take_while(|it| **it & 0xE0 == 0x20).count()..];
    let known = [200, 204, 206, 304, 400, 404, 500];
    if block[0] & 0x80 != 0 {
        return known[usize::from(block[0] & 0x7F) - 8];
    }
    assert!(matches!(block[0], 0x48 | 0x08 | 0x18), "the first field is no status: {block:?}");
    let digits = &block[2..2 + usize::from(block[1] & 0x7F)];
    let is_compressed = block[1] & 0x80 != 0;
    let text = if is_compressed { digits_of(digits) } else { String::from_utf8(digits.to_vec()).unwrap() };
    text.parse().unwrap()
}

/// Three digits in the Huffman code: `0` to `2` have five bits, the others six (RFC 7541 appendix B).
fn digits_of(bytes: &[u8]) -> String {
    let mut bits =
        bytes.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) << (64 - 8 * bytes.len());
    let mut digits = String::new();
    for _ in 0..3 {
        let (five, six) = (bits >> 59, bits >> 58);
        let (digit, length) = if five < 3 { (five, 5) } else { (six - 22, 6) };
        digits.push_str(&digit.to_string());
        bits <<= length;
    }
    digits
}

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GO_AWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const ACK: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
