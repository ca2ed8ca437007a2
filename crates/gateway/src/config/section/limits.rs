use serde::Deserialize;

use crate::config::value::{ByteSize, Period};

/// Bounds on what clients may use up; none can be switched off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Size of a request's header section; 8 KiB to 1 MiB.
    /// More is answered 431.
    /// A change takes effect at the next restart.
    pub header_bytes: ByteSize,
    /// Number of header fields of a request; 16 to 1000.
    /// More is answered 431.
    /// A change takes effect at the next restart.
    pub header_count: u32,
    /// Size of a request body; 1 KiB to 1 GiB.
    /// More is answered 413.
    pub body_bytes: ByteSize,
    /// Time for the TLS handshake, for the first complete header section of a connection, and on HTTP/1.1 for each
    /// further one from its first byte; `1s` to `5m`.
    /// A change takes effect at the next restart.
    pub header_read: Period,
    /// How far a request body may fall behind 1 KiB per second; `1s` to `10m`.
    pub body_idle: Period,
    /// Time from the end of the last answer to the beginning of the next request on the same connection; `1s` to `1h`.
    /// On HTTP/2 nothing but a request counts, so a client that only answers pings is let go.
    /// A change takes effect at the next restart.
    pub idle: Period,
    /// Longest time that a client may leave a response unread; `1s` to `10m`.
    /// A change takes effect at the next restart.
    pub write_stall: Period,
    /// Requests that wait for the head of their answer at once; 1 to 1,000,000.
    /// More is answered 503.
    pub concurrent_requests: u32,
    /// Open connections; 1 to 1,000,000.
    /// More are closed at once.
    /// A change takes effect at the next restart.
    pub connections: u32,
    /// Requests of one client address that wait for the head of their answer at once; 1 to 1,000,000.
    /// More is answered 503.
    /// The address is the one that the proxies of `listen.behind_proxy` name, see `listen.forwarded_header`;
    /// IPv6 addresses count together by their first 64 bits.
    /// MCP clients that run as a service ask for all their users from a few addresses, so this is generous.
    pub requests_per_address: u32,
    /// Requests of one subject that wait for the head of their answer at once; 1 to 1,000,000.
    /// More is answered 503.
    pub requests_per_subject: u32,
    /// Open event streams of one subject; 1 to 100,000.
    /// With so many open, every further GET and POST of the subject is answered 503 before the upstream sees it, since each
    /// may be answered by a stream; no client mistakes 503 for an older protocol revision.
    /// A POST takes its place when its answer turns out to be a stream, so that long calls without one keep nobody from
    /// listening; those that were waiting when the last place was taken may exceed this number.
    pub streams_per_subject: u32,
    /// Time that requests in progress are given when the gateway stops; `0s` to `1h`.
    pub shutdown: Period,
    /// Time before that in which the gateway goes on taking connections and requests, while `/readyz` answers 503 already;
    /// `0s` to `5m`.
    /// Write somewhat more than a load balancer needs to see that and to send nobody here any more, such as `10s`;
    /// with `0s` the listener closes at once, and probes find nobody.
    pub shutdown_delay: Period,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: ByteSize::from_kib(32),
            header_count: 100,
            body_bytes: ByteSize::from_kib(4 * 1024),
            header_read: Period::from_secs(10),
            body_idle: Period::from_secs(30),
            idle: Period::from_secs(75),
            write_stall: Period::from_secs(30),
            concurrent_requests: 4096,
            connections: 10_000,
            requests_per_address: 1024,
            requests_per_subject: 256,
            streams_per_subject: 64,
            shutdown: Period::from_secs(30),
            shutdown_delay: Period::from_secs(0),
        }
    }
}
