use mcp_message::{Operation, Target};

use super::Pattern;

/// What an operation is, when no rule is about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of getting to know each other and staying in touch: it acts on nothing that has a name.
    Handshake,
    /// Acts on something.
    Act,
    /// No revision of MCP has it.
    Unknown,
}

/// Whether a revision of MCP has a method of this form; a rule for another one is mostly a slip of the pen.
#[must_use]
pub fn is_of_mcp(methods: &Pattern) -> bool {
    HANDSHAKE.iter().chain(&ACTS).chain(&NOTIFICATIONS).any(|it| methods.matches(it))
}

pub(super) fn kind(operation: &Operation<'_>) -> Kind {
    match &*operation.method {
        "subscriptions/listen" if operation.target == Target::Resources(Vec::new()) => Kind::Handshake,
        method if HANDSHAKE.contains(&method) || method.starts_with("notifications/") => Kind::Handshake,
        method if ACTS.contains(&method) => Kind::Act,
        _ => Kind::Unknown,
    }
}

/// Lists are among them: what they show is for filters to say.
const HANDSHAKE: [&str; 12] = [
    "initialize",
    "ping",
    "server/discover",
    "logging/setLevel",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    Operation::RESPONSE,
    "GET",
    "HEAD",
    "DELETE",
];

const NOTIFICATIONS: [&str; 4] = [
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/roots/list_changed",
];

const ACTS: [&str; 12] = [
    "tools/call",
    "prompts/get",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "subscriptions/listen",
    "completion/complete",
    "tasks/get",
    "tasks/result",
    "tasks/list",
    "tasks/update",
    "tasks/cancel",
];
