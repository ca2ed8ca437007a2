//! A request body that may still be on its way when the answer is there.
//!
//! Many clients send the head of a request and its body one after the other. Whoever answers between the two and stops
//! reading has to end the connection, and a client that uses it again at that moment loses its next request. So what
//! nobody wants any more of a body is read and thrown away, within the bounds that hold for bodies that are wanted.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::runtime::Handle;

use crate::{exchanges::Exchanges, request_body::BodyBounds};

/// A body of HTTP/1.1 that comes to its end after it was dropped.
#[derive(Debug)]
pub(crate) struct LateBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Until it has ended.
    rest: Option<B>,
    bounds: BodyBounds,
    exchanges: Exchanges,
}

impl<B> LateBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// `body` of a request on the connection of `exchanges`, of which at most `bounds` are read after it was dropped.
    pub(crate) const fn new(body: B, bounds: BodyBounds, exchanges: Exchanges) -> Self {
        Self { rest: Some(body), bounds, exchanges }
    }
}

impl<B> Body for LateBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let polled = Pin::new(rest).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.rest = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B> Drop for LateBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn drop(&mut self) {
        let Some(rest) = self.rest.take().filter(|it| !it.is_end_stream()) else { return };
        let bounds = self.bounds;
        // What is known to be too much is not begun; without a runtime there is no connection either.
        let (true, Ok(runtime)) = (rest.size_hint().lower() <= bounds.most, Handle::try_current()) else {
            return;
        };
        let exchange = self.exchanges.begin_rest();
        runtime.spawn(async move {
            let (mut rest, _fault) = bounds.apply(rest);
            // hyper tells of the end of a body without a length with the next request only; then `idle` ends this.
            while !rest.is_end_stream() && matches!(rest.frame().await, Some(Ok(_))) {}
            drop(rest);
            drop(exchange);
        });
    }
}

#[cfg(test)]
mod tests;
