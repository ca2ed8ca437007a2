//! One line per request, written when its answer has ended: never a token, never a query.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use http::{Method, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::{
    exchanges::Exchange,
    metrics::{Metrics, TokenOutcome},
    refusal::Detail,
    request_id::RequestId,
    request_log::{self, RequestLine},
};

/// What is known of a request when its answer begins; the line is written when this is dropped.
#[derive(Debug)]
pub(crate) struct AccessRecord {
    request_id: RequestId,
    client: Arc<str>,
    method: Method,
    status: u16,
    /// Why it was refused; `ok` when it was not, `client_left` until there is an answer.
    reason: &'static str,
    /// What there is to know beyond the reason.
    pub(crate) detail: Option<Detail>,
    notes: Arc<Notes>,
    metrics: Arc<Metrics>,
    started: Instant,
    /// When the answer ended, if it has.
    ended: Option<Instant>,
    /// From the request to the head of the answer.
    head_us: u64,
    sent: u64,
    cut: bool,
}

/// What turns out about a request on its way.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Whose token it was, as a digest.
    pub(crate) subject: OnceLock<SubjectDigest>,
    /// The route that answers, as it is written in the router: a path that nobody answers may be anything, a token too.
    pub(crate) route: OnceLock<Arc<str>>,
}

impl AccessRecord {
    /// A record of a request that arrived at `started`, and that `metrics` counts.
    pub(crate) fn new(
        request_id: RequestId,
        client: Arc<str>,
        method: Method,
        notes: Arc<Notes>,
        (started, metrics): (Instant, Arc<Metrics>),
    ) -> Self {
        Self {
            request_id,
            client,
            method,
            status: 0,
            reason: "client_left",
            detail: None,
            notes,
            metrics,
            started,
            ended: None,
            head_us: 0,
            sent: 0,
            cut: true,
        }
    }
}

impl AccessRecord {
    /// The answer begins, with this status and reason.
    pub(crate) fn answer(&mut self, status: StatusCode, reason: &'static str) {
        self.status = status.as_u16();
        self.reason = reason;
        self.head_us = microseconds(self.started.elapsed());
    }

    /// It was a token request.
    pub(crate) fn token_answered(&self, outcome: TokenOutcome) {
        self.metrics.token_answered(outcome);
    }
}

impl Drop for AccessRecord {
    fn drop(&mut self) {
        let ended = self.ended.unwrap_or_else(Instant::now);
        let head = (self.status != 0).then(|| Duration::from_micros(self.head_us));
        self.metrics.answered(self.notes.route.get(), self.status, self.reason, head);
        request_log::write(&RequestLine {
            request_id: self.request_id.as_str(),
            client: &self.client,
            method: loggable_method(&self.method),
            path: self.notes.route.get().map_or(UNROUTED, |it| it),
            status: self.status,
            reason: self.reason,
            detail: self.detail.as_ref().map(Detail::as_str),
            subject: self.notes.subject.get().map(SubjectDigest::as_str),
            head_us: self.head_us,
            duration_us: microseconds(ended.duration_since(self.started)),
            bytes: self.sent,
            cut: self.cut,
        });
    }
}

/// The fields of the line beside those that every line has.
pub(crate) const FIELDS: &[(&str, &str)] = &[
    ("request.id", "The id that the client was told in `X-Request-Id` and in the body of a refusal."),
    ("client", "The address that asked; behind a proxy of `listen.behind_proxy` the one that it names."),
    ("method", "The method; `other` for one that no client of ours has."),
    ("path", "The route that answered, as configured; `-` for a path that nobody answers."),
    ("status", "The status of the answer; 0 if the client left before there was one."),
    (
        "reason",
        "`ok` for a request that was not refused, `client_left` if the client did not wait for the answer, else one \
         of the reasons below.",
    ),
    (
        "detail",
        "Only where a refusal has more to say: the claim and what it holds, or what was expected; at most 400 \
         characters, escaped.",
    ),
    ("subject", "Only with a good token: sixteen digits that stand for its issuer and subject."),
    ("head_us", "Microseconds from the request to the head of the answer."),
    (
        "duration_us",
        "Microseconds from the request to the end of the answer; for a stream, how long it was open.",
    ),
    ("bytes", "Bytes of the answer's body that were sent."),
    (
        "cut",
        "Whether the answer ended before its end: the client left, or the upstream broke off. A stream that a client \
         closes is cut, too.",
    ),
];

/// Sixteen hexadecimal digits that stand for an issuer and a subject in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SubjectDigest([u8; 16]);

impl SubjectDigest {
    /// The first 64 bits of SHA-256 over issuer and subject, which cannot run into each other.
    pub(crate) fn of(issuer: &str, subject: &str) -> Self {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        context.update(&(issuer.len() as u64).to_be_bytes());
        context.update(issuer.as_bytes());
        context.update(subject.as_bytes());
        let digest = context.finish();
        let mut digits = [0; 16];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest.as_ref()) {
            pair.copy_from_slice(&hexadecimal(*byte));
        }
        Self(digits)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// An answer's body, which counts what it sends and then lets its record go.
#[derive(Debug)]
pub(crate) struct LoggedBody {
    inner: Body,
    record: Box<AccessRecord>,
    exchange: Exchange,
}

impl LoggedBody {
    /// `inner`, whose end is the end of `record` and of `exchange`.
    pub(crate) fn new(inner: Body, mut record: Box<AccessRecord>, exchange: Exchange) -> Self {
        if record.method == Method::HEAD {
            // Nobody takes a body that is not sent (RFC 9110 section 9.3.2).
            record.cut = false;
        }
        Self { inner, record, exchange }
    }
}

impl HttpBody for LoggedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let outcome = Pin::new(&mut self.inner).poll_frame(context);
        match &outcome {
            Poll::Ready(Some(Ok(frame))) => {
                self.record.sent += frame.data_ref().map_or(0, |it| it.len() as u64);
                self.exchange.client_must_take();
            }
            Poll::Ready(None) => self.record.cut = false,
            Poll::Ready(Some(Err(_))) => {}
            Poll::Pending => self.exchange.client_waits(),
        }
        if self.inner.is_end_stream() {
            self.record.cut = false;
        }
        outcome
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for LoggedBody {
    fn drop(&mut self) {
        if self.inner.is_end_stream() {
            self.record.cut = false;
        }
        let ended = tokio::time::Instant::now();
        self.record.ended = Some(ended.into_std());
        self.exchange.end(ended);
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

const fn hexadecimal(byte: u8) -> [u8; 2] {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    [digit(&DIGITS, byte >> 4), digit(&DIGITS, byte & 0x0F)]
}

#[expect(clippy::indexing_slicing, reason = "a nibble indexes sixteen digits")]
const fn digit(digits: &[u8; 16], nibble: u8) -> u8 {
    digits[(nibble & 0x0F) as usize]
}

/// A method that we know, or a word for the others, which a client may make up.
fn loggable_method(method: &Method) -> &str {
    match *method {
        Method::GET | Method::POST | Method::DELETE | Method::HEAD | Method::OPTIONS | Method::PUT => {
            method.as_str()
        }
        _ => "other",
    }
}

/// What is logged instead of a path without a route.
const UNROUTED: &str = "-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_separates_issuer_from_subject() {
        let digest = SubjectDigest::of("https://a.example", "bob");
        assert_eq!(digest.as_str().len(), 16);
        assert!(digest.as_str().bytes().all(|it| it.is_ascii_hexdigit()));
        assert_eq!(digest, SubjectDigest::of("https://a.example", "bob"));
        assert_ne!(digest, SubjectDigest::of("https://a.exampleb", "ob"));
    }

    #[test]
    fn m04_a_made_up_method_is_not_logged() {
        assert_eq!(loggable_method(&Method::POST), "POST");
        assert_eq!(loggable_method(&Method::from_bytes(b"X-INJECT").unwrap()), "other");
    }
}
