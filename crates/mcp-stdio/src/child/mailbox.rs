use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

/// What comes for one stream.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A message, and more to come.
    Message(Bytes),
    /// The answer, with the code of its error if it is one.
    Answer(Bytes, Option<i64>),
    /// The child has ended.
    Ended,
}

/// Where messages for one stream are put, without waiting: a client that reads slowly holds up nobody else.
#[derive(Debug)]
pub(super) struct Mailbox {
    sender: mpsc::UnboundedSender<Piece>,
    load: Arc<AtomicUsize>,
    most: usize,
}

/// Where they are taken from.
#[derive(Debug)]
pub(crate) struct Incoming {
    receiver: mpsc::UnboundedReceiver<Piece>,
    load: Arc<AtomicUsize>,
}

/// A mailbox for `most` bytes, and for one message however large it is.
pub(super) fn mailbox(most: usize) -> (Mailbox, Incoming) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let load = Arc::new(AtomicUsize::new(0));
    (Mailbox { sender, load: Arc::clone(&load), most }, Incoming { receiver, load })
}

impl Mailbox {
    /// Puts `piece` in; `false` if nobody takes it, or if too much waits already.
    pub(super) fn put(&self, piece: Piece) -> bool {
        let size = piece.size();
        let before = self.load.fetch_add(size, Ordering::AcqRel);
        if before > 0 && before + size > self.most {
            self.load.fetch_sub(size, Ordering::AcqRel);
            return false;
        }
        self.sender.send(piece).is_ok()
    }

    /// Whether somebody takes what is put in.
    pub(super) fn is_taken(&self) -> bool {
        !self.sender.is_closed()
    }
}

impl Incoming {
    /// The next piece; `None` when nothing comes any more.
    pub(crate) async fn next(&mut self) -> Option<Piece> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// The same as a poll.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Piece>> {
        let polled = self.receiver.poll_recv(context);
        if let std::task::Poll::Ready(Some(piece)) = &polled {
            self.load.fetch_sub(piece.size(), Ordering::AcqRel);
        }
        polled
    }
}

impl Piece {
    fn size(&self) -> usize {
        match self {
            Self::Message(bytes) | Self::Answer(bytes, _) => bytes.len() + OVERHEAD,
            Self::Ended => 0,
        }
    }
}

/// What a message takes beside its text, so that small ones are bounded in number too.
const OVERHEAD: usize = 64;
