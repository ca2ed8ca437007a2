//! Headers that mirror arguments of tools, which only the list of the tools tells.

use std::{slice, sync::Arc};

use http::HeaderMap;
use mcp_message::{Limits, Message};
use tokio::time::timeout;

use super::probe::{self, Answer, ask};
use crate::bridge::{Bridge, differs};
use crate::child::Child;
use crate::{StdioError, StdioReason};

/// Holds the headers of a call against its arguments (MCP 2026-07-28, custom headers).
///
/// The tools are listed for that once in the life of a child; later lists for clients are learnt from.
///
/// # Errors
/// [`StdioReason::HeadersDiffer`]; [`StdioReason::Timeout`] if the child does not list its tools.
pub(super) async fn check(
    bridge: &Bridge,
    child: &Arc<Child>,
    headers: &HeaderMap,
    message: &Message<'_>,
) -> Result<(), StdioError> {
    if message.method() != Some(CALL) {
        return Ok(());
    }
    let listing = timeout(bridge.settings().bounds.answer, list(child));
    child.listed.get_or_try_init(|| async { listing.await.map_err(|_| StdioReason::Timeout) }).await?;
    let known = child.parameters();
    known.check(headers, slice::from_ref(message), true, &Limits::default()).map_err(|it| {
        let id = message.request_id().map(|it| it.raw().get());
        differs(it, id)
    })
}

/// Has the child list its tools, which it notes itself; one that has none, or ends, has no headers.
async fn list(child: &Arc<Child>) {
    let mut more = String::new();
    for _ in 0..MOST_PAGES {
        match ask(child, LIST, &probe::params(&more)).await {
            Some(Answer::Result(told)) if told.next.is_some() => {
                more = format!(r#""cursor":{},"#, serde_json::Value::from(told.next));
            }
            Some(Answer::Result(_) | Answer::Error(_)) | None => return,
        }
    }
}

pub(super) const LIST: &str = "tools/list";
const CALL: &str = "tools/call";
/// Pages of a list, of which a server may give as many as it likes.
const MOST_PAGES: usize = 100;
