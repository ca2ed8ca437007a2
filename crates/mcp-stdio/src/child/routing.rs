//! Where a message of the child goes.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::mailbox::Piece;
use super::table::{Open, Table};
use crate::envelope::{self, Kind, Message, NoMessage};
use crate::modern::Era;

impl Table {
    /// Gives the messages of a line to whom they belong: one, or a batch, which revision 2025-03-26 has.
    ///
    /// Returns what the child must be told in return.
    ///
    /// # Errors
    /// [`NoMessage`] for a line that is none or holds none; what else it holds went its way.
    pub(crate) fn route_line(&mut self, line: &str) -> Result<Option<String>, NoMessage> {
        if self.era == Era::Modern || !line.starts_with('[') {
            return self.route(line);
        }
        let batch: Vec<&RawValue> = serde_json::from_str(line).map_err(|_| NoMessage::Syntax)?;
        // In sessions nothing is told in return.
        batch.into_iter().map(|it| self.route(it.get()).map(drop)).fold(Ok(()), Result::and).map(|()| None)
    }

    /// Gives a message of the child to whom it belongs; what belongs to nobody is left out.
    ///
    /// Returns what the child must be told in return.
    ///
    /// # Errors
    /// [`NoMessage`] for a text that is none; it is left out.
    fn route(&mut self, line: &str) -> Result<Option<String>, NoMessage> {
        let message = Message::read(line)?;
        match (message.kind, self.era) {
            (Kind::Response, _) => self.answer(&message),
            (Kind::Request, Era::Legacy) => self.ask(&message),
            // From 2026-07-28 on, servers ask in their results only.
            (Kind::Request, Era::Modern) => {
                let id = message.id.map_or("null", RawValue::get);
                return Ok(Some(envelope::error(id, METHOD_NOT_FOUND, "a server must not send requests")));
            }
            (Kind::Notification, Era::Legacy) => self.tell_session(&message),
            (Kind::Notification, Era::Modern) => self.tell_request(&message),
        }
        Ok(None)
    }

    /// An answer goes to who asked, under the id that it was asked with, and to nobody else.
    fn answer(&mut self, message: &Message<'_>) {
        let Some((number, id)) = message.id.and_then(|it| Some((number(it)?, it))) else { return };
        let Some(open) = self.open.remove(&number) else { return };
        if let Some(result) = message.result.filter(|_| open.lists_tools) {
            self.parameters.learn_list(result);
        }
        let mut parts = vec![(id, &*open.id)];
        let subscription = message.result_references().meta.and_then(|it| it.subscription_id);
        parts.extend(subscription.filter(|it| names(it, number)).map(|it| (it, &*open.id)));
        let text = Bytes::from(message.with(&parts));
        open.mailbox.put(Piece::Answer(text, message.error_code()));
    }

    /// A request of a session's child goes to its client, on the stream of the request that seems to have caused it.
    fn ask(&mut self, message: &Message<'_>) {
        let cause = self.only_open();
        if let Some(id) = message.id {
            self.asked.note(id.get(), cause);
        }
        self.send_to(cause, Bytes::from(message.with(&[])));
    }

    /// A notification of a session's child goes to the stream of its request, if it has one.
    fn tell_session(&mut self, message: &Message<'_>) {
        let references = message.references();
        let stream = match &*message.method {
            PROGRESS => references.progress_token.and_then(|token| {
                let mut open = self.open.iter();
                open.find(|(_, it)| it.token.as_deref() == Some(token.get())).map(|(number, _)| *number)
            }),
            // It takes back a request of its own.
            CANCELLED => references.request_id.and_then(|id| self.asked.take(id.get())?.0),
            _ => None,
        };
        self.send_to(stream, Bytes::from(message.with(&[])));
    }

    /// A notification goes to the request that it names; nobody else's stream may show it.
    fn tell_request(&mut self, message: &Message<'_>) {
        let references = message.references();
        let subscription = references.meta.as_ref().and_then(|it| it.subscription_id);
        let named = match &*message.method {
            PROGRESS => references.progress_token,
            CANCELLED => references.request_id,
            _ => subscription,
        };
        let number = match named {
            Some(named) => number(named),
            // It does not say whose it is: only one caller can mean the only request there is.
            None if !self.is_shared => self.only_open(),
            None => None,
        };
        let Some((number, open)) = number.and_then(|it| Some((it, self.open.get(&it)?))) else { return };
        let mut parts: Vec<(&RawValue, &str)> = Vec::new();
        if let Some(named) = named {
            let by = if &*message.method == PROGRESS { open.token.as_deref() } else { Some(&*open.id) };
            let Some(by) = by else { return };
            parts.push((named, by));
        }
        let further = subscription
            .filter(|it| !named.is_some_and(|named| std::ptr::eq(named, *it)) && names(it, number));
        parts.extend(further.map(|it| (it, &*open.id)));
        let text = Bytes::from(message.with(&parts));
        let ends = &*message.method == CANCELLED;
        if !open.mailbox.put(Piece::Message(text)) || ends {
            self.open.remove(&number);
        }
    }

    /// The one request of a client that still waits for it.
    fn only_open(&self) -> Option<u64> {
        let waits = |it: &&Open| it.mailbox.is_taken() && !it.is_subscription && !it.is_cancelled;
        let mut numbers = self.open.iter().filter(|(_, it)| waits(it)).map(|(number, _)| *number);
        let first = numbers.next();
        if numbers.next().is_some() { None } else { first }
    }

    /// To the stream of the request `number`; else to the stream for what belongs to none; else to the only request
    /// that is open; else it waits for a stream.
    fn send_to(&mut self, number: Option<u64>, text: Bytes) {
        if let Some(open) = number.and_then(|it| self.open.get(&it))
            && open.mailbox.put(Piece::Message(text.clone()))
        {
            return;
        }
        if let Some((_, listener)) = &self.listener {
            if listener.put(Piece::Message(text.clone())) {
                return;
            }
            self.listener = None;
        }
        let only = self.only_open().and_then(|it| self.open.get(&it));
        if !only.is_some_and(|it| it.mailbox.put(Piece::Message(text.clone()))) {
            self.held.keep(text);
        }
    }
}

/// The number of ours that `id` is, however it is written.
fn number(id: &RawValue) -> Option<u64> {
    id.get().parse().ok()
}

fn names(id: &RawValue, number: u64) -> bool {
    self::number(id) == Some(number)
}

pub(crate) const PROGRESS: &str = "notifications/progress";
pub(crate) const CANCELLED: &str = "notifications/cancelled";
const METHOD_NOT_FOUND: i64 = -32601;
