//! An event stream that counts among those of its subject for as long as it is open.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::{access::GrantEnd, access_log::SubjectDigest, limits::Counted};

/// A body, its place among the subject's streams, and the watch of the grant that it ends with.
#[derive(Debug)]
pub(crate) struct CountedStream<B> {
    inner: B,
    _place: Counted<SubjectDigest>,
    _grant: Box<dyn GrantEnd>,
}

impl<B> CountedStream<B> {
    /// `inner`, which gives `place` back, and gives up the watch, when it is dropped.
    pub(crate) const fn new(inner: B, place: Counted<SubjectDigest>, grant: Box<dyn GrantEnd>) -> Self {
        Self { inner, _place: place, _grant: grant }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for CountedStream<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
