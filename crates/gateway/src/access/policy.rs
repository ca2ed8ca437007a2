use std::{fmt::Write, sync::Arc};

use mcp_message::{ErrorCode, Limits, Operation, Target, mirrored::ToolParameters};
use mcp_policy::{Annotations, By, Caller, Decision, ListKind, Listed, Outcome, Rules, decide};
use oauth_types::{ClaimPath, ClientId, Scope};
use resource_metadata::ProtectedResource;
use serde_json::Value;

use super::{Asked, Principal};
use crate::{audit::Entry, reason::Reason, refusal::Refusal};

/// Which operations of a server are for whom.
#[derive(Debug)]
pub(crate) struct Policy {
    rules: Rules,
    annotations: Arc<Annotations>,
    limits: Limits,
    lists: ListUse,
    /// Of each rule, the arguments that the audit shall have.
    log_arguments: Vec<Vec<String>>,
}

/// What becomes of the upstream's lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ListUse {
    /// They pass unread.
    #[default]
    Unread,
    /// They are read for what tools say of themselves.
    Learned,
    /// They are reduced to what their reader may use, too.
    Reduced,
}

impl Policy {
    /// Judges by `rules`, and by what the lists of the server say of its tools.
    pub(crate) fn new(rules: Rules, annotations: Arc<Annotations>) -> Self {
        Self {
            rules,
            annotations,
            limits: Limits::default(),
            lists: ListUse::Unread,
            log_arguments: Vec::new(),
        }
    }

    /// The same, with another use of the upstream's lists.
    pub(crate) fn with_lists(self, lists: ListUse) -> Self {
        Self { lists, ..self }
    }

    /// The same, with the arguments that the audit shall have of each rule.
    pub(crate) fn with_log_arguments(self, log_arguments: Vec<Vec<String>>) -> Self {
        Self { log_arguments, ..self }
    }

    /// What becomes of the upstream's lists.
    pub(super) const fn lists(&self) -> ListUse {
        self.lists
    }

    /// Whether `caller` may use an item of a list: just if it may call, get or read it.
    pub(super) fn may_use(&self, caller: &dyn Caller, listed: &Listed<'_>) -> bool {
        self.decide(caller, &listed.operation()).outcome == Outcome::Allowed
    }

    /// Remembers what a list says of a tool.
    pub(super) fn learn(&self, listed: &Listed<'_>) {
        if listed.kind == ListKind::Tools {
            self.annotations.learn(listed.name, listed.hints);
            self.annotations.parameters().learn(listed.name, listed.schema);
        }
    }

    fn note_rule(&self, at: usize, asked: &Asked, entry: &mut Entry) {
        let names = self.log_arguments.get(at).filter(|it| !it.is_empty() && entry.is_kept());
        let arguments = names.map(|it| asked.arguments(it)).unwrap_or_default();
        entry.by_rule(at + 1, &arguments);
    }

    /// What the tools say of headers that mirror their arguments, as far as lists were read.
    pub(super) fn parameters(&self) -> &ToolParameters {
        self.annotations.parameters()
    }

    /// How a body is read before it is judged.
    pub(super) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What `caller` may do.
    pub(crate) fn decide(&self, caller: &dyn Caller, operation: &Operation<'_>) -> Decision {
        decide(&self.rules, caller, operation, &self.annotations)
    }

    /// The scopes that the rules want for what is asked, of operations for which those of `principal` do not suffice.
    pub(super) fn missing(&self, principal: &Principal, asked: &Asked) -> Scope {
        let wanted = asked.operations().iter().filter_map(|it| match self.decide(principal, it).outcome {
            Outcome::MissingScopes(needed) => Some(needed),
            Outcome::Allowed | Outcome::Denied => None,
        });
        wanted.fold(Scope::default(), |all, it| all.union(&it))
    }

    /// Judges each operation of a request; one that is refused refuses all.
    ///
    /// # Errors
    /// 403: as a JSON-RPC error where nothing that the caller could ask for would help, otherwise with a challenge that
    /// names all scopes of the request, and those already granted that belong to the server, so that clients which ask
    /// for just what a challenge names lose nothing (MCP 2025-11-25 and 2026-07-28, server scope management).
    pub(super) fn judge(
        &self,
        resource: &ProtectedResource,
        principal: &Principal,
        asked: &Asked,
        entry: &mut Entry,
    ) -> Result<(), Refusal> {
        let decided = asked.operations().iter().map(|it| (it, self.decide(principal, it)));
        let worst = decided.reduce(|(one, first), (other, second)| {
            let both = first.clone().and(second);
            if both == first { (one, both) } else { (other, both) }
        });
        if let Some((_, Decision { by: By::Rule(at), .. })) = &worst {
            self.note_rule(*at, asked, entry);
        }
        match worst {
            None | Some((_, Decision { outcome: Outcome::Allowed, .. })) => Ok(()),
            Some((operation, Decision { by, outcome: Outcome::Denied })) if !principal.has_credential() => {
                Err(Refusal::of_missing(resource, resource.scopes(), &detail(by, operation)))
            }
            Some((operation, Decision { by, outcome: Outcome::Denied })) => {
                let id = asked.id().map(ToOwned::to_owned);
                let refusal = Refusal::from(Reason::OperationDenied).with_detail(&detail(by, operation));
                Err(refusal.answering(ErrorCode::Denied, id))
            }
            Some((operation, Decision { by, outcome: Outcome::MissingScopes(needed) })) => {
                let missing = principal.scope().missing(&needed);
                let detail = format!("{}; missing: {missing}", detail(by, operation));
                let all = named_by_challenge(resource, principal.scope(), &needed);
                Err(Refusal::of_operation(resource, principal, &all, &detail))
            }
        }
    }
}

/// The scopes of the operation and of the server, and what was granted of those that the server offers.
pub(crate) fn named_by_challenge(resource: &ProtectedResource, granted: &Scope, needed: &Scope) -> Scope {
    let offered = resource.metadata().scopes_supported.iter();
    let related: Scope = offered.filter(|it| granted.contains(it)).cloned().collect();
    needed.union(resource.scopes()).union(&related)
}

/// Which rule decided about what, for the log: rules are counted from 1, as people do.
fn detail(by: By, operation: &Operation<'_>) -> String {
    let mut text = match by {
        By::Rule(at) => format!("rule {}: ", at + 1),
        By::Handshake | By::Otherwise => "no rule: ".to_owned(),
        By::Unknown => "no rule, unknown method: ".to_owned(),
    };
    text += &operation_text(operation);
    text
}

/// The method and what it names.
pub(crate) fn operation_text(operation: &Operation<'_>) -> String {
    let mut text = operation.method.to_string();
    let mut name = |name: &str| {
        // Infallible: writing to a `String`.
        let _ = write!(text, " {name}");
    };
    match &operation.target {
        Target::None => {}
        Target::Tool(it) | Target::Prompt(it) | Target::Task(it) => name(it),
        Target::Resources(uris) => uris.iter().for_each(|it| name(it)),
    }
    text
}

impl Caller for Principal {
    fn issuer(&self) -> &str {
        self.issuer()
    }

    fn subject(&self) -> &str {
        self.subject().as_str()
    }

    fn client(&self) -> Option<&str> {
        self.client_id().map(ClientId::as_str)
    }

    fn scope(&self) -> &Scope {
        self.scope()
    }

    fn claim(&self, path: &ClaimPath) -> Option<&Value> {
        self.claim(path)
    }
}
