use std::borrow::Cow;

use crate::{
    InvalidMessage, Message,
    message::{named, texts},
    object::Object,
};

/// What a message asks for: a method, and what the method acts on.
///
/// It is the same in every revision, since it is read from the body alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<'a> {
    /// The method, exactly as written; [`Operation::RESPONSE`] for an answer to a request of the server.
    pub method: Cow<'a, str>,
    /// What it names.
    pub target: Target<'a>,
}

/// What an operation names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// Nothing.
    None,
    /// A tool, by its name.
    Tool(Cow<'a, str>),
    /// A prompt, by its name.
    Prompt(Cow<'a, str>),
    /// Resources, by their URIs (or by a URI template, for a completion): one, or as many as are listened to.
    Resources(Vec<Cow<'a, str>>),
    /// A task, by its id.
    Task(Cow<'a, str>),
}

impl Operation<'static> {
    /// Stands for the method of an answer to a request of the server, which has none.
    pub const RESPONSE: &'static str = "response";

    /// Whether the header `Mcp-Name` mirrors what `method` acts on.
    pub(crate) fn has_mirrored_name(method: &str) -> bool {
        matches!(
            method,
            "tools/call" | "prompts/get" | "resources/read" | "tasks/get" | "tasks/update" | "tasks/cancel"
        )
    }

    /// An operation that is no message: opening a stream by GET, ending a session by DELETE.
    #[must_use]
    pub const fn of_http(method: &'static str) -> Self {
        Self { method: Cow::Borrowed(method), target: Target::None }
    }
}

impl<'a> Operation<'a> {
    /// What `message` asks for.
    ///
    /// # Errors
    /// [`InvalidMessage::Unnamed`] when its parameters do not name what its method acts on, and
    /// [`InvalidMessage::LookAlikeKey`] when they could be read differently.
    pub fn of(message: &Message<'a>) -> Result<Self, InvalidMessage> {
        match message {
            Message::Request { method, params, .. } | Message::Notification { method, params, .. } => {
                Ok(Self { method: method.clone(), target: target(method, params)? })
            }
            Message::Response { .. } => Ok(Operation::of_http(Operation::RESPONSE)),
        }
    }

    /// The same without the message.
    #[must_use]
    pub fn into_owned(self) -> Operation<'static> {
        Operation { method: owned(self.method), target: self.target.into_owned() }
    }

    /// What the header `Mcp-Name` mirrors of it, for the methods that have one
    /// (MCP 2026-07-28, standard request headers; the tasks extension).
    #[must_use]
    pub fn mirrored_name(&self) -> Option<&str> {
        if !Operation::has_mirrored_name(&self.method) {
            return None;
        }
        match &self.target {
            Target::Tool(name) | Target::Prompt(name) | Target::Task(name) => Some(name),
            Target::Resources(uris) => uris.first().map(|it| &**it),
            Target::None => None,
        }
    }
}

impl Target<'_> {
    /// The same without the message.
    #[must_use]
    pub fn into_owned(self) -> Target<'static> {
        match self {
            Self::None => Target::None,
            Self::Tool(name) => Target::Tool(owned(name)),
            Self::Prompt(name) => Target::Prompt(owned(name)),
            Self::Resources(uris) => Target::Resources(uris.into_iter().map(owned).collect()),
            Self::Task(id) => Target::Task(owned(id)),
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

fn target<'a>(method: &str, params: &Object<'a>) -> Result<Target<'a>, InvalidMessage> {
    Ok(match method {
        "tools/call" => Target::Tool(named(params, "name")?),
        "prompts/get" => Target::Prompt(named(params, "name")?),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
            Target::Resources(vec![named(params, "uri")?])
        }
        "subscriptions/listen" => {
            let wanted = params.object("notifications", InvalidMessage::Unnamed)?;
            Target::Resources(texts(&wanted, "resourceSubscriptions")?)
        }
        "completion/complete" => reference(&params.object("ref", InvalidMessage::Unnamed)?)?,
        "tasks/list" => Target::None,
        _ if method.starts_with("tasks/") => Target::Task(named(params, "taskId")?),
        _ => Target::None,
    })
}

/// What a completion is for.
fn reference<'a>(reference: &Object<'a>) -> Result<Target<'a>, InvalidMessage> {
    match &*named(reference, "type")? {
        "ref/prompt" => Ok(Target::Prompt(named(reference, "name")?)),
        "ref/resource" => Ok(Target::Resources(vec![named(reference, "uri")?])),
        _ => Err(InvalidMessage::Unnamed),
    }
}
