//! A name for each request, shown to the client and in the log.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use http::HeaderValue;
use oauth_types::Entropy;

/// Names a request within this process and, by its first half, the process among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId {
    process: u32,
    serial: u64,
}

impl RequestId {
    /// The identifier as a header value.
    pub(crate) fn header_value(self) -> HeaderValue {
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static("-"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}-{:x}", self.process, self.serial)
    }
}

/// Counts requests.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: u32,
    next: AtomicU64,
}

impl RequestIds {
    /// A series of its own for this process.
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let mut process = [0; 4];
        entropy.fill(&mut process);
        Self { process: u32::from_be_bytes(process), next: AtomicU64::new(1) }
    }

    /// The next identifier.
    pub(crate) fn next(&self) -> RequestId {
        RequestId { process: self.process, serial: self.next.fetch_add(1, Ordering::Relaxed) }
    }
}

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
}
