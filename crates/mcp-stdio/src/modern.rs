//! Revisions from 2026-07-28 on: no sessions, a child for each principal, or one for everybody.

mod era;
mod probe;
mod tools;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Response};
use mcp_message::ErrorCode;
use serde_json::value::RawValue;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::answer::{Asked, to_request};
use crate::body::Waits;
use crate::bridge::{Accepts, Bridge, accepted};
use crate::child::{Attached, CANCELLED, Child, Incoming, Ticket};
use crate::envelope::{Kind, Message};
use crate::{OnBehalf, StdioBody, StdioError, StdioReason};

pub(crate) use era::Era;

/// A child for each owner, made by whoever needs it first.
type ByOwner = HashMap<Arc<str>, Arc<OnceCell<Arc<Child>>>>;

/// The children of this era, and whether the server speaks it at all.
#[derive(Debug, Default)]
pub(crate) struct Modern {
    children: Mutex<ByOwner>,
    spoken: Mutex<Option<Spoken>>,
}

/// What a server has told of itself.
#[derive(Debug)]
struct Spoken {
    era: Era,
    /// Its revisions; none if it did not say.
    revisions: Arc<[String]>,
}

/// A message of the client, which `strict` is as well.
pub(crate) async fn post(
    bridge: &Bridge,
    headers: &HeaderMap,
    message: &Message<'_>,
    strict: &mcp_message::Message<'_>,
    on_behalf: OnBehalf,
) -> Result<Response<StdioBody>, StdioError> {
    match message.kind {
        Kind::Request => request(bridge, headers, message, strict, on_behalf).await,
        Kind::Notification => tell(bridge, message, &on_behalf).await.map(|()| accepted()),
        // Servers of this era ask nothing.
        Kind::Response => Err(StdioError::answering(StdioReason::NoMessage, None, ErrorCode::InvalidRequest)),
    }
}

async fn request(
    bridge: &Bridge,
    headers: &HeaderMap,
    message: &Message<'_>,
    strict: &mcp_message::Message<'_>,
    on_behalf: OnBehalf,
) -> Result<Response<StdioBody>, StdioError> {
    check_metadata(message)?;
    let child = child(bridge, message.id, &on_behalf).await?;
    check_revision(bridge, message)?;
    tools::check(bridge, &child, headers, strict).await?;
    let bounds = &bridge.settings().bounds;
    let sent = timeout(bounds.answer, send(&child, message, &on_behalf)).await;
    let (attached, incoming) = sent.map_err(|_| StdioReason::Timeout)??;
    let listens = message.method == LISTEN;
    let id = message.id.map_or("null", RawValue::get).into();
    let waits = (!listens).then_some(Waits { id, most: bounds.answer });
    let asked = Asked { era: Era::Modern, accepts: Accepts::of(headers), incoming, attached, waits };
    let owner = owner(bridge, &on_behalf);
    let answered = to_request(asked, bounds, on_behalf).await;
    answered.map_err(|error| match error.reason() {
        StdioReason::Ended => bridge.failed(&child, &owner),
        _ => error,
    })
}

/// The revision is there, which the headers were held against; the capabilities must be too.
fn check_metadata(message: &Message<'_>) -> Result<(), StdioError> {
    let meta = message.references().meta.unwrap_or_default();
    if meta.protocol_version.is_some() && meta.client_capabilities.is_some() {
        return Ok(());
    }
    let id = message.id.map(RawValue::get);
    Err(StdioError::answering(StdioReason::MetadataMissing, id, ErrorCode::InvalidParams))
}

/// The revision is one that the server says it speaks; what it says nothing of is its own to judge.
fn check_revision(bridge: &Bridge, message: &Message<'_>) -> Result<(), StdioError> {
    let meta = message.references().meta.unwrap_or_default();
    let supported = bridge.modern.revisions();
    match meta.protocol_version {
        Some(revision) if !supported.is_empty() && !supported.iter().any(|it| *it == *revision) => {
            Err(StdioError::unsupported(message.id.map(RawValue::get), &revision, &supported))
        }
        _ => Ok(()),
    }
}

/// A request of `principal`; `None` without an id.
pub(crate) fn ticket(message: &Message<'_>, principal: Arc<str>) -> Option<Ticket> {
    let token = message.references().meta.and_then(|it| it.progress_token);
    Some(Ticket {
        id: message.id?.get().into(),
        token: token.map(|it| it.get().into()),
        is_subscription: message.method == LISTEN,
        lists_tools: message.method == tools::LIST,
        principal,
    })
}

/// A request under an id of ours, which is its progress token too: neither can be another's.
pub(crate) fn under(message: &Message<'_>, number: u64) -> String {
    let token = message.references().meta.and_then(|it| it.progress_token);
    let number = number.to_string();
    let parts = [message.id, token].into_iter().flatten().map(|it| (it, number.as_str()));
    message.with(&parts.collect::<Vec<_>>())
}

/// Sends a request under an id of ours.
async fn send(
    child: &Arc<Child>,
    message: &Message<'_>,
    on_behalf: &OnBehalf,
) -> Result<(Attached, Incoming), StdioError> {
    let ticket = ticket(message, Arc::clone(&on_behalf.principal)).ok_or(StdioReason::NoMessage)?;
    let sent = child.request(ticket, |number| under(message, number)).await;
    sent.map_err(|_| StdioReason::Ended.into())
}

/// A notification goes to the child that is there; none is started for it.
async fn tell(bridge: &Bridge, message: &Message<'_>, on_behalf: &OnBehalf) -> Result<(), StdioError> {
    let owner = owner(bridge, on_behalf);
    let child = bridge.modern.children().get(&owner).and_then(|it| it.get().map(Arc::clone));
    let Some(child) = child.filter(|it| it.ended().is_none()) else { return Ok(()) };
    let mut text = message.with(&[]);
    if message.method == CANCELLED {
        let Some(id) = message.references().request_id else { return Ok(()) };
        let Some(number) = child.number_of(id.get(), &on_behalf.principal) else { return Ok(()) };
        text = message.with(&[(id, &number.to_string())]);
    }
    child.tell(text).await.map_err(|_| StdioReason::Ended.into())
}

/// The child for this principal, started if there is none; several that ask at once start one.
async fn child(
    bridge: &Bridge,
    id: Option<&RawValue>,
    on_behalf: &OnBehalf,
) -> Result<Arc<Child>, StdioError> {
    let owner = owner(bridge, on_behalf);
    loop {
        let cell = bridge.modern.cell(&owner);
        let child = cell.get_or_try_init(|| probe::start(bridge, id, on_behalf)).await?;
        if child.ended().is_none() {
            return Ok(Arc::clone(child));
        }
        bridge.modern.forget(&owner, &cell);
    }
}

/// Whose child it is.
fn owner(bridge: &Bridge, on_behalf: &OnBehalf) -> Arc<str> {
    if bridge.settings().shared { Arc::from("") } else { Arc::clone(&on_behalf.principal) }
}

impl Modern {
    fn cell(&self, owner: &Arc<str>) -> Arc<OnceCell<Arc<Child>>> {
        let mut children = self.children();
        if let Some(cell) = children.get(owner) {
            return Arc::clone(cell);
        }
        children.retain(|_, cell| match cell.get() {
            Some(child) => child.ended().is_none(),
            None => Arc::strong_count(cell) > 1,
        });
        Arc::clone(children.entry(Arc::clone(owner)).or_default())
    }

    fn forget(&self, owner: &Arc<str>, cell: &Arc<OnceCell<Arc<Child>>>) {
        let mut children = self.children();
        if children.get(owner).is_some_and(|it| Arc::ptr_eq(it, cell)) {
            children.remove(owner);
        }
    }

    fn spoken(&self) -> Option<Era> {
        self.lock_spoken().as_ref().map(|it| it.era)
    }

    /// The revisions that the server says it speaks; none if it has not said.
    fn revisions(&self) -> Arc<[String]> {
        self.lock_spoken().as_ref().map(|it| Arc::clone(&it.revisions)).unwrap_or_default()
    }

    fn learn(&self, spoken: Spoken) {
        *self.lock_spoken() = Some(spoken);
    }

    fn lock_spoken(&self) -> MutexGuard<'_, Option<Spoken>> {
        self.spoken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn children(&self) -> MutexGuard<'_, ByOwner> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const LISTEN: &str = "subscriptions/listen";
