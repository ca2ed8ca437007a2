use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use mcp_message::mirrored::ToolParameters;
use tokio::time::Instant;

use super::ChildEnd;
use super::mailbox::{Incoming, Mailbox, Piece, mailbox};
use crate::modern::Era;

/// What is under way in one child.
#[derive(Debug)]
pub(crate) struct Table {
    pub(super) era: Era,
    /// Whether callers of several principals are in it.
    pub(super) is_shared: bool,
    /// Bytes that may wait for one client.
    most_waiting: usize,
    next: u64,
    /// By the id that the child was given.
    pub(super) open: BTreeMap<u64, Open>,
    /// The stream that a client of an older revision opened by GET.
    pub(super) listener: Option<(u64, Mailbox)>,
    /// What waits for such a stream.
    pub(super) held: Held,
    /// What the child has asked its client.
    pub(super) asked: Asked,
    /// What its tools say of headers that mirror their arguments, as last listed.
    pub(super) parameters: Arc<ToolParameters>,
    /// Clients that wait for something.
    attached: usize,
    pub(super) last_used: Instant,
    ended: Option<ChildEnd>,
}

/// A request that the child has not answered.
#[derive(Debug)]
pub(super) struct Open {
    /// Its id as the client wrote it.
    pub(super) id: Box<str>,
    /// Its progress token as the client wrote it.
    pub(super) token: Option<Box<str>>,
    pub(super) is_subscription: bool,
    /// Whether its client has taken it back; the child may answer all the same, or never.
    pub(super) is_cancelled: bool,
    pub(super) lists_tools: bool,
    pub(super) principal: Arc<str>,
    pub(super) mailbox: Mailbox,
}

/// A request to be.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// Its id as the client wrote it.
    pub(crate) id: Box<str>,
    /// Its progress token as the client wrote it.
    pub(crate) token: Option<Box<str>>,
    /// Whether it stays open to listen.
    pub(crate) is_subscription: bool,
    /// Whether its answer tells of tools whose arguments headers mirror.
    pub(crate) lists_tools: bool,
    /// Whose it is.
    pub(crate) principal: Arc<str>,
}

/// What a child has asked its client and has no answer to: the newest ones, by the id as it is written, with the
/// request on whose stream they were asked.
#[derive(Debug, Default)]
pub(super) struct Asked(VecDeque<(Box<str>, Option<u64>)>);

/// The request on whose stream something was asked, if it was one.
#[derive(Clone, Copy, Debug)]
pub(super) struct AskedIn(pub(super) Option<u64>);

/// Messages for a stream that is not there yet: the newest ones.
#[derive(Debug, Default)]
pub(super) struct Held {
    messages: VecDeque<Bytes>,
    bytes: usize,
}

impl Table {
    pub(crate) fn new(era: Era, is_shared: bool, most_waiting: usize) -> Self {
        Self {
            era,
            is_shared,
            most_waiting,
            next: 1,
            open: BTreeMap::new(),
            listener: None,
            held: Held::default(),
            asked: Asked::default(),
            parameters: Arc::default(),
            attached: 0,
            last_used: Instant::now(),
            ended: None,
        }
    }

    /// Notes a request, under an id that nobody else in this child has or had.
    pub(crate) fn open(&mut self, ticket: Ticket) -> Result<(u64, Incoming), ChildEnd> {
        if let Some(end) = self.ended {
            return Err(end);
        }
        let number = self.draw();
        let (mailbox, incoming) = mailbox(self.most_waiting);
        let Ticket { id, token, is_subscription, lists_tools, principal } = ticket;
        let open = Open { id, token, is_subscription, is_cancelled: false, lists_tools, principal, mailbox };
        self.open.insert(number, open);
        self.attach();
        Ok((number, incoming))
    }

    /// Opens the stream for what belongs to no request; an older one ends.
    pub(super) fn listen(&mut self) -> Result<(u64, Incoming), ChildEnd> {
        if let Some(end) = self.ended {
            return Err(end);
        }
        let number = self.draw();
        let (mailbox, incoming) = mailbox(self.most_waiting);
        for message in self.held.take() {
            mailbox.put(Piece::Message(message));
        }
        self.listener = Some((number, mailbox));
        self.attach();
        Ok((number, incoming))
    }

    /// Notes that the client of a request has taken it back: once nobody waits for it any more it is forgotten, since
    /// its answer may never come.
    pub(super) fn cancel(&mut self, number: u64) {
        let Some(open) = self.open.get_mut(&number) else { return };
        open.is_cancelled = true;
        if !open.mailbox.is_taken() {
            self.open.remove(&number);
        }
    }

    /// Forgets a request that was taken back, when the stream that waited for it ends.
    pub(super) fn leave(&mut self, number: u64) {
        if self.open.get(&number).is_some_and(|it| it.is_cancelled) {
            self.open.remove(&number);
        }
    }

    /// Notes that a client of this child does not wait any more.
    pub(super) fn detach(&mut self) {
        self.attached = self.attached.saturating_sub(1);
        self.last_used = Instant::now();
    }

    /// Notes that somebody used the child.
    pub(super) fn touch(&mut self) {
        self.last_used = Instant::now();
    }

    pub(super) const fn is_attended(&self) -> bool {
        self.attached > 0
    }

    /// The end: everybody who waits is told why.
    pub(super) fn end(&mut self, end: ChildEnd) {
        self.ended.get_or_insert(end);
        for open in std::mem::take(&mut self.open).into_values() {
            open.mailbox.put(Piece::Ended);
        }
        self.listener = None;
    }

    pub(super) const fn ended(&self) -> Option<ChildEnd> {
        self.ended
    }

    fn attach(&mut self) {
        self.attached += 1;
        self.last_used = Instant::now();
    }

    fn draw(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }
}

impl Asked {
    pub(super) fn note(&mut self, id: &str, asked_in: Option<u64>) {
        if self.0.len() == MOST_ASKED {
            self.0.pop_front();
        }
        self.0.push_back((id.into(), asked_in));
    }

    /// Forgets what was asked under `id`; `None` if nothing was.
    pub(super) fn take(&mut self, id: &str) -> Option<AskedIn> {
        let at = self.0.iter().position(|(it, _)| &**it == id)?;
        self.0.remove(at).map(|(_, asked_in)| AskedIn(asked_in))
    }
}

impl Held {
    /// Keeps `message`, at the cost of older ones.
    pub(super) fn keep(&mut self, message: Bytes) {
        if message.len() > MOST_HELD_BYTES {
            return;
        }
        self.bytes += message.len();
        self.messages.push_back(message);
        while self.bytes > MOST_HELD_BYTES || self.messages.len() > MOST_HELD {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.bytes -= oldest.len();
        }
    }

    fn take(&mut self) -> VecDeque<Bytes> {
        self.bytes = 0;
        std::mem::take(&mut self.messages)
    }
}

const MOST_ASKED: usize = 256;
const MOST_HELD: usize = 64;
const MOST_HELD_BYTES: usize = 256 * 1024;
