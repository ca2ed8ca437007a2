//! Where the line of each request goes.

use std::sync::OnceLock;

/// What the log has of one request: never a token, never a query.
///
/// The fields are those of the reference of the log, in its order.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'a> {
    /// The id that the client was told.
    pub request_id: &'a str,
    /// The address that asked.
    pub client: &'a str,
    /// The method, or `other`.
    pub method: &'a str,
    /// The route that answered, or `-`.
    pub path: &'a str,
    /// The status of the answer; 0 if there was none.
    pub status: u16,
    /// `ok`, `client_left`, or why it was refused.
    pub reason: &'static str,
    /// What else there is to say of a refusal.
    pub detail: Option<&'a str>,
    /// Sixteen digits that stand for whoever called, if that is known.
    pub subject: Option<&'a str>,
    /// Microseconds to the head of the answer.
    pub head_us: u64,
    /// Microseconds to the end of the answer.
    pub duration_us: u64,
    /// Bytes of the answer's body that were sent.
    pub bytes: u64,
    /// Whether the answer ended before its end.
    pub cut: bool,
}

/// Writes the lines of requests.
pub trait RequestLog: Send + Sync {
    /// Writes one; called when its answer has ended, by whichever thread has ended it.
    fn write(&self, line: &RequestLine<'_>);
}

/// Has the lines of all requests of this process written by `log`; only the first call counts.
///
/// Without it they are events of `tracing` with the target `access`.
pub fn write_requests_with(log: Box<dyn RequestLog>) {
    LOG.set(log).ok();
}

/// Writes the line of a request.
pub(crate) fn write(line: &RequestLine<'_>) {
    match LOG.get() {
        Some(log) => log.write(line),
        None => trace(line),
    }
}

fn trace(line: &RequestLine<'_>) {
    tracing::info!(
        target: "access",
        {
            request.id = line.request_id,
            client = line.client,
            method = line.method,
            path = line.path,
            status = line.status,
            reason = line.reason,
            detail = line.detail,
            subject = line.subject,
            head_us = line.head_us,
            duration_us = line.duration_us,
            bytes = line.bytes,
            cut = line.cut
        },
        "answered"
    );
}

static LOG: OnceLock<Box<dyn RequestLog>> = OnceLock::new();
