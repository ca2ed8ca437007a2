use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::{
    Id, InvalidMessage,
    object::{self, Object},
};

/// One JSON-RPC message, borrowed from the bytes it was read from.
#[derive(Clone, Debug)]
pub enum Message<'a> {
    /// Something that awaits an answer.
    Request {
        /// The whole message as it was written.
        raw: &'a RawValue,
        /// Which the answer will carry.
        id: Id<'a>,
        /// What is asked for.
        method: Cow<'a, str>,
        /// Its parameters; empty when it has none.
        params: Object<'a>,
    },
    /// Something that awaits none.
    Notification {
        /// The whole message as it was written.
        raw: &'a RawValue,
        /// What is told.
        method: Cow<'a, str>,
        /// Its parameters; empty when it has none.
        params: Object<'a>,
    },
    /// An answer.
    Response {
        /// The whole message as it was written.
        raw: &'a RawValue,
        /// That of the request it answers; null when that could not be read.
        id: Id<'a>,
        /// What it says.
        outcome: Outcome<'a>,
    },
}

/// What a response says, as it was written.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// `result`.
    Result(&'a RawValue),
    /// `error`.
    Error(&'a RawValue),
}

impl<'a> Message<'a> {
    /// One message of a text that has been checked.
    pub(crate) fn of(raw: &'a RawValue) -> Result<Self, InvalidMessage> {
        let members = Object::of(raw).ok_or(InvalidMessage::NotAnObject)?;
        if members.text("jsonrpc", InvalidMessage::Version)?.as_deref() != Some("2.0") {
            return Err(InvalidMessage::Version);
        }
        let id = members.get("id")?.map(Id::new).transpose()?;
        let method = members.text("method", InvalidMessage::Method)?;
        let params = params(&members)?;
        let outcome = (members.get("result")?, members.get("error")?);
        match (method, id, outcome) {
            (Some(method), Some(id), (None, None)) => Ok(Self::Request { raw, id, method, params }),
            (Some(method), None, (None, None)) => Ok(Self::Notification { raw, method, params }),
            (None, Some(id), (Some(result), None)) => {
                Ok(Self::Response { raw, id, outcome: Outcome::Result(result) })
            }
            (None, Some(id), (None, Some(error))) => {
                Ok(Self::Response { raw, id, outcome: Outcome::Error(error) })
            }
            (None, None, (Some(_), None) | (None, Some(_))) => Err(InvalidMessage::Id),
            (Some(_), _, _) | (None, _, (None, None) | (Some(_), Some(_))) => Err(InvalidMessage::Ambiguous),
        }
    }

    /// The whole message as it was written.
    #[must_use]
    pub const fn raw(&self) -> &'a RawValue {
        match self {
            Self::Request { raw, .. } | Self::Notification { raw, .. } | Self::Response { raw, .. } => raw,
        }
    }

    /// The id of a request, which its answer carries; `None` for what awaits no answer.
    #[must_use]
    pub const fn request_id(&self) -> Option<Id<'a>> {
        match self {
            Self::Request { id, .. } => Some(*id),
            Self::Notification { .. } | Self::Response { .. } => None,
        }
    }

    /// The method of a request or notification.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        match self {
            Self::Request { method, .. } | Self::Notification { method, .. } => Some(method),
            Self::Response { .. } => None,
        }
    }

    /// The parameters of a request or notification.
    #[must_use]
    pub const fn params(&self) -> Option<&Object<'a>> {
        match self {
            Self::Request { params, .. } | Self::Notification { params, .. } => Some(params),
            Self::Response { .. } => None,
        }
    }
}

/// `null` is taken for none, as some clients write it and no reader finds a parameter in it.
fn params<'a>(members: &Object<'a>) -> Result<Object<'a>, InvalidMessage> {
    match members.get("params")? {
        Some(value) if value.get() != "null" => Object::of(value).ok_or(InvalidMessage::Params),
        Some(_) | None => Ok(Object::default()),
    }
}

/// The text of `key`, which a method cannot do without.
pub(crate) fn named<'a>(params: &Object<'a>, key: &str) -> Result<Cow<'a, str>, InvalidMessage> {
    params.text(key, InvalidMessage::Unnamed)?.ok_or(InvalidMessage::Unnamed)
}

/// The texts of the list `key`, none when it is absent.
pub(crate) fn texts<'a>(object: &Object<'a>, key: &str) -> Result<Vec<Cow<'a, str>>, InvalidMessage> {
    let Some(list) = object.get(key)? else { return Ok(Vec::new()) };
    let list: Vec<&'a RawValue> = serde_json::from_str(list.get()).map_err(|_| InvalidMessage::Unnamed)?;
    list.into_iter().map(|it| object::text(it).ok_or(InvalidMessage::Unnamed)).collect()
}
