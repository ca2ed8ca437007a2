//! JSON-RPC messages as they are: read where routing needs it, changed in the bytes of an id and nowhere else.
//!
//! This reader is not that of `mcp-message`, which every message of a client goes through first.
//! That one refuses what two readers could understand differently, because somebody decides on what it read; nothing is
//! decided on what a child says, and a child whose lines were held to it would lose answers that clients understand:
//! with a key twice somewhere in a result, without `jsonrpc`, nested deeply.
//! Made lenient for children it would be no proof for the rules any more, so there are two.

use std::borrow::Cow;

use mcp_message::Edits;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The members of a message that decide where it goes.
///
/// A repeated one is an error: two readers could disagree about which of them counts.
#[derive(Debug, Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// The members of `params`, or of a result, that name other messages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct References<'a> {
    #[serde(borrow, rename = "_meta")]
    pub(crate) meta: Option<Meta<'a>>,
    #[serde(borrow, rename = "requestId")]
    pub(crate) request_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "progressToken")]
    pub(crate) progress_token: Option<&'a RawValue>,
}

/// The members of `_meta` that name other messages, or the era.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Meta<'a> {
    #[serde(borrow, rename = "progressToken")]
    pub(crate) progress_token: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/subscriptionId")]
    pub(crate) subscription_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    pub(crate) protocol_version: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientCapabilities")]
    pub(crate) client_capabilities: Option<&'a RawValue>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It asks, and has an id.
    Request,
    /// It tells.
    Notification,
    /// It answers what an id names.
    Response,
}

/// One message of JSON-RPC 2.0, with its text.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    text: &'a str,
    pub(crate) kind: Kind,
    /// The id as it is written; there is none in a notification, and none in the answer to what could not be read.
    pub(crate) id: Option<&'a RawValue>,
    /// Empty for a response.
    pub(crate) method: Cow<'a, str>,
    pub(crate) params: Option<&'a RawValue>,
    pub(crate) result: Option<&'a RawValue>,
    pub(crate) error: Option<&'a RawValue>,
}

/// The text is no message of JSON-RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoMessage {
    /// It is no JSON, or a member that counts is there twice.
    #[error("the text is no JSON object")]
    Syntax,
    /// It is neither request, notification nor response, or its id is neither text nor number.
    #[error("the object is no JSON-RPC message")]
    Shape,
}

impl<'a> Message<'a> {
    /// Reads `text`.
    ///
    /// # Errors
    /// [`NoMessage`].
    pub(crate) fn read(text: &'a str) -> Result<Self, NoMessage> {
        let members: Members<'a> = serde_json::from_str(text).map_err(|_| NoMessage::Syntax)?;
        let Members { id, method, params, result, error } = members;
        if id.is_some_and(|it| !is_id(it)) {
            return Err(NoMessage::Shape);
        }
        let kind = match (&method, id, result.is_some() || error.is_some()) {
            (Some(_), Some(_), false) => Kind::Request,
            (Some(_), None, false) => Kind::Notification,
            (None, _, true) => Kind::Response,
            _ => return Err(NoMessage::Shape),
        };
        Ok(Self { text, kind, id, method: method.unwrap_or_default(), params, result, error })
    }

    /// What its parameters refer to; nothing, if they are no object.
    pub(crate) fn references(&self) -> References<'a> {
        references(self.params)
    }

    /// What its result refers to.
    pub(crate) fn result_references(&self) -> References<'a> {
        references(self.result)
    }

    /// The code of its error, if it is one.
    pub(crate) fn error_code(&self) -> Option<i64> {
        #[derive(Deserialize)]
        struct Code {
            code: i64,
        }
        serde_json::from_str::<Code>(self.error?.get()).ok().map(|it| it.code)
    }

    /// Its text with each of `parts` replaced, on one line.
    ///
    /// A line break in JSON can only stand between two words, where a space says the same.
    #[expect(clippy::expect_used, reason = "parts are borrowed from this text, and lie apart in it")]
    pub(crate) fn with(&self, parts: &[(&RawValue, &str)]) -> String {
        let mut edits = Edits::of(self.text);
        for (part, by) in parts {
            edits.replace(part, (*by).to_owned());
        }
        let text = edits.apply().expect("every part was read from the text");
        let text = text.unwrap_or_else(|| self.text.to_owned());
        if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ") } else { text }
    }
}

fn references(value: Option<&RawValue>) -> References<'_> {
    value.and_then(|it| serde_json::from_str(it.get()).ok()).unwrap_or_default()
}

/// A text or a number (MCP, basic, requests).
fn is_id(id: &RawValue) -> bool {
    id.get().starts_with(|first: char| matches!(first, '"' | '-' | '0'..='9'))
}

/// The notification that a request is not waited for any more.
pub(crate) fn cancelled(id: u64) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id},"reason":"the client does not wait for it any more"}}}}"#
    )
}

/// The answer to `id` when the child has ended.
pub(crate) fn ended(id: &str) -> String {
    error(id, ENDED, "the MCP server ended before it answered")
}

/// The answer to `id` when the child gave none.
pub(crate) fn timed_out(id: &str) -> String {
    error(id, TIMEOUT, "the MCP server did not answer in time")
}

/// The same as [`error`], with more for programs.
pub(crate) fn error_with(id: &str, code: i64, message: &str, data: &serde_json::Value) -> String {
    let message = serde_json::Value::from(message);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message},"data":{data}}}}}"#)
}

/// An error of ours in answer to `id`, which is JSON already.
pub(crate) fn error(id: &str, code: i64, message: &str) -> String {
    let message = serde_json::Value::from(message);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message}}}}}"#)
}

/// Codes of ours are outside of the range that JSON-RPC reserves (MCP 2026-07-28, basic, error codes).
const ENDED: i64 = 502;
const TIMEOUT: i64 = 504;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<Kind, NoMessage>) {
        assert_eq!(Message::read(text).map(|it| it.kind), expected, "{text}");
    }

    #[test]
    fn a_message_is_one_of_three() {
        check(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Ok(Kind::Request));
        check(r#"{"jsonrpc":"2.0","method":"ping"}"#, Ok(Kind::Notification));
        check(r#"{"jsonrpc":"2.0","id":"a","result":{}}"#, Ok(Kind::Response));
        check(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}"#, Ok(Kind::Response));
        check(r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, Err(NoMessage::Shape));
        check(r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, Err(NoMessage::Shape));
        check(r#"{"jsonrpc":"2.0","id":1}"#, Err(NoMessage::Shape));
        check(r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#, Err(NoMessage::Shape));
        check(r#"{"id":1,"id":2,"method":"ping"}"#, Err(NoMessage::Syntax));
        check(r#"[{"id":1,"method":"ping"}]"#, Err(NoMessage::Syntax));
        check("listening on stdio", Err(NoMessage::Syntax));
    }

    #[test]
    fn nothing_but_the_named_parts_changes() {
        let text = "{ \"extra\":1.0000000000000000000000001, \"id\" : \"a\\u0062\",\n\"method\":\"x\", \"params\":{\"_meta\":{\"progressToken\":7}}}";
        let message = Message::read(text).unwrap();
        let token = message.references().meta.unwrap().progress_token.unwrap();
        assert_eq!(
            message.with(&[(token, "99"), (message.id.unwrap(), "99")]),
            "{ \"extra\":1.0000000000000000000000001, \"id\" : 99, \"method\":\"x\", \"params\":{\"_meta\":{\"progressToken\":99}}}"
        );
        assert_eq!(message.with(&[]), text.replace('\n', " "));
    }
}
