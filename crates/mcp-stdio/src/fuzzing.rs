//! What fuzz targets reach of the way between clients and a child. No part of the interface.

use std::task::{Context, Poll, Waker};

use crate::child::{Incoming, Piece, Table};
use crate::envelope::{Kind, Message};
use crate::modern::Era;
use crate::{legacy, modern};

/// What is under way in one child, without its process.
#[derive(Debug)]
pub struct Switch {
    era: Era,
    table: Table,
    waiting: Vec<Incoming>,
}

/// A request as the child is sent it.
#[derive(Debug)]
pub struct Sent {
    /// The id that the child was given.
    pub number: u64,
    /// The whole of it.
    pub text: String,
}

/// Something that came for a request.
#[derive(Debug)]
pub enum Arrived {
    /// A message on its stream.
    Message(String),
    /// Its answer.
    Answer(String),
}

impl Switch {
    /// A child of this era, for one principal or for all of them.
    #[must_use]
    pub fn new(is_modern: bool, is_shared: bool) -> Self {
        let era = if is_modern { Era::Modern } else { Era::Legacy };
        Self { era, table: Table::new(era, is_shared, 1 << 20), waiting: Vec::new() }
    }

    /// Sends the child what a client says; `None` if it is no request.
    pub fn ask(&mut self, principal: &str, text: &str) -> Option<Sent> {
        let message = Message::read(text).ok().filter(|it| it.kind == Kind::Request)?;
        let ticket = match self.era {
            Era::Legacy => legacy::ticket(&message, principal.into()),
            Era::Modern => modern::ticket(&message, principal.into()),
        };
        let (number, incoming) = self.table.open(ticket?).ok()?;
        self.waiting.push(incoming);
        let text = match self.era {
            Era::Legacy => legacy::under(&message, number),
            Era::Modern => modern::under(&message, number),
        };
        Some(Sent { number, text })
    }

    /// Gives a line of the child to whom it belongs.
    pub fn say(&mut self, line: &str) {
        self.table.route_line(line).ok();
    }

    /// What has come since the last look, for each request in the order in which they were sent.
    pub fn arrived(&mut self) -> Vec<Vec<Arrived>> {
        let mut context = Context::from_waker(Waker::noop());
        let mut all = |incoming: &mut Incoming| {
            let mut arrived = Vec::new();
            while let Poll::Ready(Some(piece)) = incoming.poll_next(&mut context) {
                let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
                match piece {
                    Piece::Message(it) => arrived.push(Arrived::Message(text(&it))),
                    Piece::Answer(it, _) => arrived.push(Arrived::Answer(text(&it))),
                    Piece::Ended => {}
                }
            }
            arrived
        };
        self.waiting.iter_mut().map(&mut all).collect()
    }
}
