//! A name for each request, shown to the client and in the log.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use http::HeaderValue;
use oauth_types::Entropy;

/// Names a request within this process and, by its first half, the process among others: two numbers in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId {
    text: [u8; LONGEST],
    length: usize,
}

impl RequestId {
    fn new(process: &[u8; PREFIX], serial: u64) -> Self {
        let digits = serial.max(1).ilog2() / 4 + 1;
        let digit = |at| char::from_digit(((serial >> (4 * at)) & 0xF) as u32, 16);
        let serial = (0..digits).rev().filter_map(digit).map(|it| it as u8);
        let (mut text, mut length) = ([0; LONGEST], 0);
        for (place, byte) in text.iter_mut().zip(process.iter().copied().chain(serial)) {
            *place = byte;
            length += 1;
        }
        Self { text, length }
    }

    /// The identifier as text.
    pub(crate) fn as_str(&self) -> &str {
        self.text.get(..self.length).and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default()
    }

    /// The identifier as a header value.
    pub(crate) fn header_value(self) -> HeaderValue {
        HeaderValue::from_str(self.as_str()).unwrap_or(HeaderValue::from_static("-"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Counts requests.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: [u8; PREFIX],
    next: AtomicU64,
}

impl RequestIds {
    /// A series of its own for this process.
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let mut random = [0; 4];
        entropy.fill(&mut random);
        let mut process = [b'-'; PREFIX];
        let text = format!("{:08x}", u32::from_be_bytes(random));
        process.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
        Self { process, next: AtomicU64::new(1) }
    }

    /// The next identifier.
    pub(crate) fn next(&self) -> RequestId {
        RequestId::new(&self.process, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// Eight digits and a dash.
const PREFIX: usize = 9;
/// With the digits of 64 bits.
const LONGEST: usize = PREFIX + 16;

#[cfg(test)]
mod tests {
    use oauth_types::SystemEntropy;

    use super::*;

    #[test]
    fn identifiers_do_not_repeat() {
        let ids = RequestIds::new(&SystemEntropy);
        let (first, second) = (ids.next(), ids.next());
        assert_ne!(first, second);
        assert_eq!(first.header_value().to_str().unwrap(), first.to_string());
    }

    #[test]
    fn both_numbers_are_hexadecimal() {
        let text = |serial| RequestId::new(b"0a1b2c3d-", serial).to_string();
        assert_eq!(text(0), "0a1b2c3d-0");
        assert_eq!(text(15), "0a1b2c3d-f");
        assert_eq!(text(16), "0a1b2c3d-10");
        assert_eq!(text(0x1234_5678), "0a1b2c3d-12345678");
        assert_eq!(text(u64::MAX), "0a1b2c3d-ffffffffffffffff");
        let ids = RequestIds::new(&SystemEntropy);
        let (process, serial) =
            ids.next().to_string().split_once('-').map(|(a, b)| (a.len(), b == "1")).unwrap();
        assert_eq!((process, serial), (8, true));
    }
}
