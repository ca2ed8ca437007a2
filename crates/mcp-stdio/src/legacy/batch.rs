//! Batches, which revision 2025-03-26 alone has: the child is given their messages one by one.

use std::sync::Arc;

use futures_util::future::join_all;
use http::{HeaderMap, Response};
use mcp_message::ErrorCode;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout};

use super::{INITIALIZE, answer, check_revision, send, session, tell};
use crate::answer::{answer_alone, several, whole};
use crate::body::{EventParts, Waits};
use crate::bridge::{Accepts, Bridge, accepted};
use crate::child::{Attached, Incoming, Piece};
use crate::envelope::{self, Kind, Message};
use crate::modern::Era;
use crate::sessions::Session;
use crate::{OnBehalf, StdioBody, StdioError, StdioReason};

/// A request of the batch that the child has.
struct Sent {
    id: Box<str>,
    attached: Attached,
    incoming: Incoming,
}

/// The messages of a batch, in their order; the answers come in the order in which the child gives them.
///
/// A client that takes events gets each answer as one; another gets all of them in an array
/// (MCP 2025-03-26, transports, sending messages).
///
/// # Errors
/// [`StdioReason::NoMessage`] before a session of another revision, and for `initialize`, which is no part of a batch.
pub(crate) async fn post(
    bridge: &Bridge,
    headers: &HeaderMap,
    messages: &[Message<'_>],
    on_behalf: OnBehalf,
) -> Result<Response<StdioBody>, StdioError> {
    let (_, session) = session(bridge, headers, None, &on_behalf)?;
    check_revision(headers, None)?;
    if !session.has_batches || messages.iter().any(|it| it.method == INITIALIZE) {
        return Err(StdioError::answering(StdioReason::NoMessage, None, ErrorCode::InvalidRequest));
    }
    let most = bridge.settings().bounds.answer;
    let sent = timeout(most, hand_over(messages, &session, &on_behalf)).await;
    let sent = sent.map_err(|_| StdioReason::Timeout)??;
    if sent.is_empty() {
        return Ok(accepted());
    }
    match Accepts::of(headers) {
        Accepts::Json => {
            let answers = join_all(sent.into_iter().map(|it| it.answer(most))).await;
            let array = format!("[{}]", answers.join(","));
            Ok(whole(Era::Legacy, Accepts::Json, array.into(), None))
        }
        Accepts::Both | Accepts::Events => {
            let ends_at = on_behalf.stream_until.and_then(|it| Instant::now().checked_add(it));
            Ok(several(sent.into_iter().map(|it| EventParts {
                first: None,
                incoming: it.incoming,
                attached: it.attached,
                waits: Some(Waits { id: it.id, most }),
                keep_alive: bridge.settings().bounds.keep_alive,
                ends_at,
                cancel: on_behalf.cancel.clone(),
            })))
        }
    }
}

/// Whether this answer to `initialize` agrees on the revision that has batches.
pub(super) fn are_agreed_on(answer: &[u8]) -> bool {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    answer.pointer("/result/protocolVersion").is_some_and(|it| it == WITH_BATCHES)
}

/// Gives the child every message; what it must answer is returned.
async fn hand_over(
    messages: &[Message<'_>],
    session: &Arc<Session>,
    on_behalf: &OnBehalf,
) -> Result<Vec<Sent>, StdioError> {
    let mut sent = Vec::new();
    for message in messages {
        match message.kind {
            Kind::Request => {
                let (attached, incoming) = send(&session.child, message, on_behalf).await?;
                sent.push(Sent { id: message.id.map_or("null", RawValue::get).into(), attached, incoming });
            }
            Kind::Notification => tell(message, session, on_behalf).await?,
            Kind::Response => answer(message, session).await?,
        }
    }
    Ok(sent)
}

impl Sent {
    /// The answer alone, or an error in its place.
    async fn answer(mut self, most: std::time::Duration) -> String {
        match timeout(most, answer_alone(&mut self.incoming)).await {
            Ok(Piece::Answer(text, _)) => String::from_utf8_lossy(&text).into_owned(),
            Ok(Piece::Message(_) | Piece::Ended) => envelope::ended(&self.id),
            Err(_) => {
                self.attached.give_up();
                envelope::timed_out(&self.id)
            }
        }
    }
}

const WITH_BATCHES: &str = "2025-03-26";
