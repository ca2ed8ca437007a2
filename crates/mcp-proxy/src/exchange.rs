use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::Response;
use hyper::body::Incoming;
use hyper_util::client::legacy::{Error, ResponseFuture};

use crate::detached::Detached;

/// One request at the upstream until the head of its answer.
///
/// Dropped before that, it goes on in the background if it was given a place to do so:
/// then its client has left, and leaving does not cancel.
pub(crate) struct Exchange<'a> {
    answer: Option<ResponseFuture>,
    if_left: Option<&'a Detached>,
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(answer: ResponseFuture, if_left: Option<&'a Detached>) -> Self {
        Self { answer: Some(answer), if_left }
    }

    /// Ends the upstream request, whoever waits for it.
    pub(crate) fn abandon(mut self) {
        self.answer = None;
    }
}

impl Future for Exchange<'_> {
    type Output = Result<Response<Incoming>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(answer) = &mut self.answer else { return Poll::Pending };
        let outcome = Pin::new(answer).poll(cx);
        if outcome.is_ready() {
            self.answer = None;
        }
        outcome
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        if let (Some(answer), Some(detached)) = (self.answer.take(), self.if_left) {
            detached.wait_for(answer);
        }
    }
}
