//! Whether the server behind a path speaks 2026-07-28: asked once (MCP 2026-07-28, transports, stdio, compatibility).

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::time::timeout;

use mcp_message::{ErrorCode, FIRST_MODERN};

use super::{Spoken, era::Era};
use crate::answer::{HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION};
use crate::bridge::Bridge;
use crate::child::{Child, Piece, Ticket};
use crate::{OnBehalf, StdioError, StdioReason};

/// Starts a child of this era.
///
/// # Errors
/// [`StdioReason::NeedsInitialize`] if the server does not speak it, with a body that sends clients of both eras to
/// `initialize`; and whatever keeps a child from starting.
pub(super) async fn start(
    bridge: &Bridge,
    id: Option<&RawValue>,
    on_behalf: &OnBehalf,
) -> Result<Arc<Child>, StdioError> {
    let era = match bridge.modern.spoken() {
        Some(Era::Legacy) => Era::Legacy,
        Some(Era::Modern) => return bridge.start(Era::Modern, bridge.settings().shared, on_behalf).await,
        None => {
            let child = bridge.start(Era::Modern, bridge.settings().shared, on_behalf).await?;
            let spoken = probe(bridge, &child, on_behalf).await?;
            let era = spoken.era;
            bridge.modern.learn(spoken);
            if era == Era::Modern {
                return Ok(child);
            }
            child.end();
            era
        }
    };
    debug_assert_eq!(era, Era::Legacy);
    let id = id.map(RawValue::get);
    Err(StdioError::answering(StdioReason::NeedsInitialize, id, ErrorCode::NeedsInitialize))
}

/// Asks `child` which era it speaks: first in the words of the new one, then of the old.
async fn probe(bridge: &Bridge, child: &Arc<Child>, on_behalf: &OnBehalf) -> Result<Spoken, StdioError> {
    let said = |era| Spoken { era, revisions: Arc::default() };
    let patience = bridge.settings().bounds.start / 2;
    match timeout(patience, ask(child, DISCOVER, &params(""))).await {
        Ok(Some(Answer::Result(result))) if result.revisions.is_some() => {
            let revisions = result.revisions.unwrap_or_default().into();
            return Ok(Spoken { era: Era::Modern, revisions });
        }
        Ok(Some(Answer::Error(HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION))) => {
            return Ok(said(Era::Modern));
        }
        Ok(Some(Answer::Result(_) | Answer::Error(_))) => return Ok(said(Era::Legacy)),
        // It says nothing, or ends: old servers do either.
        Ok(None) | Err(_) => {}
    }
    let fresh;
    let child = if child.ended().is_some() {
        fresh = bridge.start(Era::Legacy, false, on_behalf).await?;
        &fresh
    } else {
        child
    };
    match timeout(patience, ask(child, "initialize", INITIALIZE_PARAMS)).await {
        Ok(Some(Answer::Result(_))) => Ok(said(Era::Legacy)),
        Ok(Some(Answer::Error(_)) | None) => Err(bridge.failed(child, &super::owner(bridge, on_behalf))),
        Err(_) => Err(StdioReason::StartTimeout.into()),
    }
}

/// What a child answers to a request of ours.
pub(super) enum Answer {
    Result(Told),
    Error(i64),
}

/// What of a result is needed here; what has another form is left out.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Those of an answer to `server/discover`.
    revisions: Option<Vec<String>>,
    /// Where a list goes on.
    pub(super) next: Option<String>,
}

/// Asks `child` something in the words of the new era; `None` if it ends before it answers.
pub(super) async fn ask(child: &Arc<Child>, method: &str, params: &str) -> Option<Answer> {
    let ticket = Ticket {
        id: "0".into(),
        token: None,
        is_subscription: false,
        lists_tools: method == super::tools::LIST,
        principal: Arc::from(NOBODY),
    };
    let text = |number| format!(r#"{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{params}}}"#);
    let (_attached, mut incoming) = child.request(ticket, text).await.ok()?;
    loop {
        match incoming.next().await? {
            Piece::Message(_) => {}
            Piece::Answer(_, Some(code)) => return Some(Answer::Error(code)),
            Piece::Answer(text, None) => {
                let answer: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
                let texts = |it: &serde_json::Value| it.as_str().map(str::to_owned);
                let revisions = answer.pointer("/result/supportedVersions").and_then(|it| it.as_array());
                return Some(Answer::Result(Told {
                    revisions: revisions.map(|it| it.iter().filter_map(texts).collect()),
                    next: answer.pointer("/result/nextCursor").and_then(texts),
                }));
            }
            Piece::Ended => return None,
        }
    }
}

/// What a request of ours says of itself, and more members before that, each with its comma.
pub(super) fn params(more: &str) -> String {
    format!(
        r#"{{{more}"_meta":{{"io.modelcontextprotocol/protocolVersion":"{FIRST_MODERN}","io.modelcontextprotocol/clientInfo":{CLIENT},"io.modelcontextprotocol/clientCapabilities":{{}}}}}}"#
    )
}

const DISCOVER: &str = "server/discover";
const CLIENT: &str = concat!(r#"{"name":"mcp-gateway","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);
const INITIALIZE_PARAMS: &str = concat!(
    r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"mcp-gateway","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""}}"#
);
/// No principal has this text, which holds no separator.
const NOBODY: &str = "the gateway";
