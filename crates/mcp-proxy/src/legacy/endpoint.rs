use std::ops::Range;

use bytes::{Bytes, BytesMut};
use http::Uri;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{EndpointGuard, MessageAddresses};
use crate::{ForwardError, UpstreamFault, redirect};

/// The beginning of a stream, whose first event names our own address for messages.
pub(crate) struct Opening {
    /// What the client is sent in place of what was read.
    pub(crate) bytes: Bytes,
    /// Looks after the rest.
    pub(crate) guard: EndpointGuard,
}

impl Opening {
    /// Reads `body`, which came from `stream`, until its first event is whole, and has that event name the address
    /// which `addresses` has for `principal`; all other bytes stay as they are.
    ///
    /// # Errors
    /// [`ForwardError::Protocol`] when the stream begins with another event, or names another origin.
    pub(crate) async fn read(
        body: &mut Incoming,
        addresses: &MessageAddresses,
        principal: &str,
        stream: &Uri,
    ) -> Result<Self, ForwardError> {
        let mut read = BytesMut::new();
        loop {
            if let Some(opening) = Self::begun(&read, addresses, principal, stream).map_err(fault)? {
                return Ok(opening);
            }
            let frame = body.frame().await.ok_or_else(|| fault(UpstreamFault::Endpoint))?;
            let frame = frame.map_err(|error| ForwardError::Protocol(error.into()))?;
            if let Ok(data) = frame.into_data() {
                read.extend_from_slice(&data);
            }
        }
    }

    /// The same of what was `read` so far; `None` while the first event is not whole.
    pub(crate) fn begun(
        read: &[u8],
        addresses: &MessageAddresses,
        principal: &str,
        stream: &Uri,
    ) -> Result<Option<Self>, UpstreamFault> {
        let beginning = read.get(..MAX_OPENING).unwrap_or(read);
        match FirstEvent::find(beginning)? {
            Some(event) => Self::of(read, &event, addresses, principal, stream).map(Some),
            None if read.len() >= MAX_OPENING => Err(UpstreamFault::Endpoint),
            None => Ok(None),
        }
    }

    fn of(
        read: &[u8],
        event: &FirstEvent,
        addresses: &MessageAddresses,
        principal: &str,
        stream: &Uri,
    ) -> Result<Self, UpstreamFault> {
        let part = |range: Range<usize>| read.get(range).unwrap_or_default();
        let named = std::str::from_utf8(part(event.data.clone())).map_err(|_| UpstreamFault::Endpoint)?;
        let upstream = redirect::within(stream, named).map_err(|_| UpstreamFault::Endpoint)?;
        let ours = addresses.issue(principal, &upstream)?;
        let rest = part(event.end..read.len());
        let mut guard = EndpointGuard::default();
        if !guard.lets_pass(rest) {
            return Err(UpstreamFault::Endpoint);
        }
        let before = part(0..event.data.start);
        let after = part(event.data.end..event.end);
        Ok(Self { bytes: [before, ours.as_bytes(), after, rest].concat().into(), guard })
    }
}

/// Where the first event of a stream is, which must be an `endpoint` with one line of data (WHATWG HTML section 9.2.6).
struct FirstEvent {
    /// The value of its data.
    data: Range<usize>,
    /// Behind the empty line that completes it.
    end: usize,
}

impl FirstEvent {
    /// `None` while it is not whole.
    ///
    /// # Errors
    /// [`UpstreamFault::Endpoint`] when it is another event.
    fn find(bytes: &[u8]) -> Result<Option<Self>, UpstreamFault> {
        let mut is_endpoint = false;
        let mut data: Option<Range<usize>> = None;
        let mut start = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
        while let Some((line, next)) = line(bytes, start) {
            let text = bytes.get(line.clone()).unwrap_or_default();
            if text.is_empty() {
                match data.take() {
                    Some(data) if is_endpoint => return Ok(Some(Self { data, end: next })),
                    Some(_) => return Err(UpstreamFault::Endpoint),
                    // Nothing is dispatched without data.
                    None => is_endpoint = false,
                }
            } else if let Some(value) = value_of(b"event", text) {
                is_endpoint = text.get(value..) == Some(b"endpoint".as_slice());
            } else if let Some(value) = value_of(b"data", text) {
                // Without a colon there is no place for an address.
                if data.is_some() || text == b"data" {
                    return Err(UpstreamFault::Endpoint);
                }
                data = Some(line.start + value..line.end);
            }
            start = next;
        }
        Ok(None)
    }
}

/// The line that begins at `start`, without its end, and where the next one begins.
fn line(bytes: &[u8], start: usize) -> Option<(Range<usize>, usize)> {
    let rest = bytes.get(start..)?;
    let end = start + rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
    let is_pair = bytes.get(end..end + 2) == Some(b"\r\n".as_slice());
    Some((start..end, if is_pair { end + 2 } else { end + 1 }))
}

/// Where the value of the field `name` begins in `line`, if that is its field.
fn value_of(name: &[u8], line: &[u8]) -> Option<usize> {
    match line.strip_prefix(name)? {
        [] => Some(name.len()),
        [b':', b' ', ..] => Some(name.len() + 2),
        [b':', ..] => Some(name.len() + 1),
        _ => None,
    }
}

fn fault(fault: UpstreamFault) -> ForwardError {
    ForwardError::Protocol(fault.into())
}

const BOM: &[u8] = "\u{feff}".as_bytes();
/// The most that a stream may say before its first event is whole.
const MAX_OPENING: usize = 16 * 1024;
