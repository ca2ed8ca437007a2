//! What fuzz targets reach of event streams. No part of the interface.

use http::Uri;

use crate::SessionKey;
use crate::legacy::{MessageAddresses, Opening};
use crate::pace::Tail;

/// After which of these pieces of an event stream a comment may be sent.
#[must_use]
pub fn comments_may_follow(pieces: &[&[u8]]) -> Vec<bool> {
    let mut tail = Tail::default();
    let after = |piece: &&[u8]| {
        tail.push(piece);
        tail.is_boundary()
    };
    pieces.iter().map(after).collect()
}

/// An HTTP+SSE server as its clients see it.
#[derive(Debug)]
pub struct LegacyServer {
    stream: Uri,
    addresses: MessageAddresses,
}

/// What a client is sent of a stream.
#[derive(Debug)]
pub struct LegacyStream {
    /// The bytes.
    pub sent: Vec<u8>,
    /// Whether that is all of it: no second endpoint was named.
    pub is_whole: bool,
}

impl LegacyServer {
    /// The one whose stream is at `stream`, and to which messages are posted at `path` of the gateway.
    #[must_use]
    pub fn new(stream: Uri, path: &str) -> Self {
        let key = SessionKey::new(&[7; 32]);
        let addresses = MessageAddresses::new(key, "/mcp".to_owned(), path.to_owned(), stream.clone());
        Self { stream, addresses }
    }

    /// What `principal` is sent of a stream that comes in these pieces; `None` if it must not begin, or never does.
    #[must_use]
    pub fn stream(&self, principal: &str, pieces: &[&[u8]]) -> Option<LegacyStream> {
        let (mut read, mut pieces) = (Vec::new(), pieces.iter());
        let mut opening = loop {
            read.extend_from_slice(pieces.next()?);
            if let Some(opening) = Opening::begun(&read, &self.addresses, principal, &self.stream).ok()? {
                break opening;
            }
        };
        let mut sent = opening.bytes.to_vec();
        for piece in pieces {
            if !opening.guard.lets_pass(piece) {
                return Some(LegacyStream { sent, is_whole: false });
            }
            sent.extend_from_slice(piece);
        }
        Some(LegacyStream { sent, is_whole: true })
    }

    /// Where a message of `principal` goes that is posted with this query.
    #[must_use]
    pub fn address(&self, principal: &str, query: Option<&str>) -> Option<Uri> {
        self.addresses.open(principal, query)
    }
}
