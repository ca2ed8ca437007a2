//! Whether the server behind a path speaks 2026-07-28: asked once (MCP 2026-07-28, transports, stdio, compatibility).

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::time::timeout;

use mcp_message::{ErrorCode, FIRST_MODERN};

use super::era::Era;
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
            let era = probe(bridge, &child, on_behalf).await?;
            bridge.modern.learn(era);
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
async fn probe(bridge: &Bridge, child: &Arc<Child>, on_behalf: &OnBehalf) -> Result<Era, StdioError> {
    let patience = bridge.settings().bounds.start / 2;
    match timeout(patience, ask(child, DISCOVER, &discover_params())).await {
        Ok(Some(Answer::Result { discovers: true })) => return Ok(Era::Modern),
        Ok(Some(Answer::Error(HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION))) => {
            return Ok(Era::Modern);
        }
        Ok(Some(Answer::Result { discovers: false } | Answer::Error(_))) => return Ok(Era::Legacy),
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
        Ok(Some(Answer::Result { .. })) => Ok(Era::Legacy),
        Ok(Some(Answer::Error(_)) | None) => Err(bridge.failed(child, &super::owner(bridge, on_behalf))),
        Err(_) => Err(StdioReason::StartTimeout.into()),
    }
}

enum Answer {
    Result {
        /// It has the form of an answer to `server/discover`.
        discovers: bool,
    },
    Error(i64),
}

async fn ask(child: &Arc<Child>, method: &str, params: &str) -> Option<Answer> {
    let ticket = Ticket {
        id: "0".into(),
        token: None,
        is_subscription: false,
        principal: Arc::from(NOBODY),
        learns: None,
    };
    let text = |number| format!(r#"{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{params}}}"#);
    let (_attached, mut incoming) = child.request(ticket, text).await.ok()?;
    loop {
        match incoming.next().await? {
            Piece::Message(_) => {}
            Piece::Answer(_, Some(code)) => return Some(Answer::Error(code)),
            Piece::Answer(text, None) => {
                let answer: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
                let discovers =
                    answer.pointer("/result/supportedVersions").is_some_and(serde_json::Value::is_array);
                return Some(Answer::Result { discovers });
            }
            Piece::Ended => return None,
        }
    }
}

fn discover_params() -> String {
    format!(
        r#"{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"{FIRST_MODERN}","io.modelcontextprotocol/clientInfo":{CLIENT},"io.modelcontextprotocol/clientCapabilities":{{}}}}}}"#
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
