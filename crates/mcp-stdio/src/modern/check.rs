//! Headers and metadata of a request of 2026-07-28 (transports, streamable HTTP, request metadata).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

use crate::answer::HEADER_MISMATCH;
use crate::envelope::Message;
use crate::request::{PROTOCOL_VERSION, single};
use crate::{StdioError, StdioReason};

/// Whether the request says in its body what it must say, and its headers the same.
///
/// # Errors
/// 400 with `-32602` for missing metadata, with `-32020` for headers that differ or are missing.
pub(super) fn request(headers: &HeaderMap, message: &Message<'_>) -> Result<(), StdioError> {
    let id = message.id.map(RawValue::get);
    let meta = message.references().meta.unwrap_or_default();
    let (Some(version), Some(_)) = (&meta.protocol_version, meta.client_capabilities) else {
        return Err(StdioError::answering(StdioReason::MetadataMissing, id, INVALID_PARAMS));
    };
    let differs = || StdioError::answering(StdioReason::HeadersDiffer, id, HEADER_MISMATCH);
    let says = |name: &HeaderName, what: &str| -> Result<(), StdioError> {
        let value = single(headers, name).map_err(|_| differs())?.ok_or_else(differs)?;
        if decoded(value).as_deref() == Some(what) { Ok(()) } else { Err(differs()) }
    };
    says(&PROTOCOL_VERSION, version)?;
    says(&MCP_METHOD, &message.method)?;
    match named_by(message) {
        Named::Nothing => Ok(()),
        Named::By(name) => says(&MCP_NAME, &name),
        Named::Badly => Err(differs()),
    }
}

/// What `Mcp-Name` must say.
enum Named<'a> {
    /// The method has no name to mirror.
    Nothing,
    By(Cow<'a, str>),
    /// The body has no name where the method needs one.
    Badly,
}

fn named_by<'a>(message: &Message<'a>) -> Named<'a> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Names<'a> {
        #[serde(borrow)]
        name: Option<Cow<'a, str>>,
        #[serde(borrow)]
        uri: Option<Cow<'a, str>>,
        #[serde(borrow, rename = "taskId")]
        task: Option<Cow<'a, str>>,
    }
    let names = || -> Names<'a> {
        message.params.and_then(|it| serde_json::from_str(it.get()).ok()).unwrap_or_default()
    };
    let name = match &*message.method {
        "tools/call" | "prompts/get" => names().name,
        "resources/read" => names().uri,
        "tasks/get" | "tasks/update" | "tasks/cancel" => names().task,
        _ => return Named::Nothing,
    };
    name.map_or(Named::Badly, Named::By)
}

/// The value of a mirrored header, which is encoded where it is no plain ASCII.
fn decoded(value: &str) -> Option<Cow<'_, str>> {
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|it| it.strip_suffix("?=")) else {
        return Some(value.into());
    };
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok().map(Cow::Owned)
}

const MCP_METHOD: HeaderName = HeaderName::from_static("mcp-method");
const MCP_NAME: HeaderName = HeaderName::from_static("mcp-name");
const INVALID_PARAMS: i64 = -32602;
