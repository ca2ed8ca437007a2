use http::Method;
use mcp_message::{Operation, Target};
use oauth_types::UnixTime;
use serde_json::Value;

use super::{EventLine, Trail};
use crate::{access::Principal, reason::Reason, refusal::Refusal, request_id::RequestId};

/// The line of one request of somebody who is known, until it is decided; nothing while the trail is closed.
#[derive(Debug)]
pub(crate) struct Entry(Option<Box<Pending>>);

#[derive(Debug)]
struct Pending {
    trail: Trail,
    line: EventLine,
}

impl Entry {
    /// Begins the line of a request to the server at `path`.
    pub(crate) fn about(
        trail: &Trail,
        now: impl FnOnce() -> UnixTime,
        request_id: RequestId,
        (method, path): (&Method, &str),
        principal: &Principal,
    ) -> Self {
        if !trail.is_open() {
            return Self(None);
        }
        let mut line = EventLine::at(now());
        line.text("request_id", request_id.as_str());
        line.text("server", path);
        line.text("issuer", principal.issuer());
        line.text("subject", principal.subject().as_str());
        if let Some(client) = principal.client_id() {
            line.text("client", client.as_str());
        }
        line.text("http_method", method.as_str());
        Self(Some(Box::new(Pending { trail: trail.clone(), line })))
    }

    /// Notes what the body asks for: one operation, or those of a batch.
    pub(crate) fn asks_for(&mut self, operations: &[Operation<'_>]) {
        let Some(Pending { line, .. }) = self.0.as_deref_mut() else { return };
        match operations {
            [] => {}
            [operation] => {
                line.text("method", &operation.method);
                note_target(line, &operation.target);
            }
            several => {
                line.texts("methods", several.iter().map(|it| &*it.method));
                line.texts(
                    "names",
                    several.iter().map(|it| Operation::mirrored_name(it).unwrap_or_default()),
                );
            }
        }
    }

    /// Whether anything that is noted will be written.
    pub(crate) const fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Notes which rule decided, counted from 1, and the arguments that it wants to be seen.
    pub(crate) fn by_rule(&mut self, number: usize, arguments: &[(String, Value)]) {
        let Some(Pending { line, .. }) = self.0.as_deref_mut() else { return };
        line.number("rule", number as u64);
        if !arguments.is_empty() {
            line.arguments("arguments", arguments);
        }
    }

    /// Writes the line, and answers what was decided.
    ///
    /// # Errors
    /// The refusal of `decided`; and 503 if the line of what was allowed cannot be written, and the configuration says
    /// to refuse then.
    pub(crate) fn close<T>(self, decided: Result<T, Refusal>) -> Result<T, Refusal> {
        let Some(pending) = self.0 else { return decided };
        let Pending { trail, mut line } = *pending;
        let refused = decided.as_ref().err();
        line.text("outcome", if refused.is_some() { "refused" } else { "allowed" });
        line.text("reason", refused.map_or("ok", |it| it.reason.code()));
        if let Some(detail) = refused.and_then(Refusal::detail) {
            line.text("detail", detail);
        }
        let written = trail.write(line);
        let decided = decided?;
        written.map_err(|_| Refusal::from(Reason::AuditUnavailable))?;
        Ok(decided)
    }
}

fn note_target(line: &mut EventLine, target: &Target<'_>) {
    match target {
        Target::None => {}
        Target::Tool(name) => line.text("tool", name),
        Target::Prompt(name) => line.text("prompt", name),
        Target::Resources(uris) => line.texts("resources", uris.iter().map(|it| &**it)),
        Target::Task(id) => line.text("task", id),
    }
}
