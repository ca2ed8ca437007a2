use mcp_message::{Operation, Target};
use oauth_types::Scope;

use super::{
    Caller, Effect, Otherwise, Rule, Rules, Targets,
    annotations::{is_destructive, is_read_only},
    known::{Kind, kind},
    uri::readings,
};
use crate::{Annotations, ToolHints};

/// What was decided, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What decided.
    pub by: By,
    /// What it decided.
    pub outcome: Outcome,
}

impl Decision {
    /// What holds for two things together: denied if one is, otherwise with the scopes of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (&self.outcome, &other.outcome) {
            (Outcome::Denied, _) | (_, Outcome::Allowed) => self,
            (_, Outcome::Denied) | (Outcome::Allowed, _) => other,
            (Outcome::MissingScopes(one), Outcome::MissingScopes(two)) => {
                Self { by: self.by, outcome: Outcome::MissingScopes(one.union(two)) }
            }
        }
    }
}

/// What decides about an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The rule of this place, counted from 0.
    Rule(usize),
    /// No rule is about it, and it acts on nothing.
    Handshake,
    /// No rule is about it, and no revision of MCP has its method.
    Unknown,
    /// No rule is about it.
    Otherwise,
}

/// Whether a caller may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may.
    Allowed,
    /// It may with all of these scopes, some of which it lacks.
    MissingScopes(Scope),
    /// It may not, and no scope would change that.
    Denied,
}

/// Decides about one operation of one caller: the first rule that is about it says.
///
/// An operation on several resources, or on one whose URI has several readings, is decided for each, and allowed when
/// each of them is; the scopes that it needs are those of all.
#[must_use]
pub fn decide(
    rules: &Rules,
    caller: &dyn Caller,
    operation: &Operation<'_>,
    annotations: &Annotations,
) -> Decision {
    match &operation.target {
        Target::Resources(uris) if !uris.is_empty() => uris
            .iter()
            .flat_map(|uri| readings(uri))
            .map(|reading| one(rules, caller, operation, &Named::Resource(&reading)))
            .reduce(Decision::and)
            .unwrap_or(Decision { by: By::Unknown, outcome: Outcome::Denied }),
        Target::Tool(name) => one(rules, caller, operation, &Named::Tool(name, annotations.hints(name))),
        Target::Prompt(name) => one(rules, caller, operation, &Named::Prompt(name)),
        Target::Resources(_) | Target::Task(_) | Target::None => {
            one(rules, caller, operation, &Named::Nothing)
        }
    }
}

/// The one thing that a decision is about.
enum Named<'a> {
    Nothing,
    Tool(&'a str, ToolHints),
    Prompt(&'a str),
    Resource(&'a str),
}

fn one(rules: &Rules, caller: &dyn Caller, operation: &Operation<'_>, named: &Named<'_>) -> Decision {
    let found = rules.rules.iter().enumerate().find(|(_, rule)| is_about(rule, operation, named));
    if let Some((at, rule)) = found {
        return Decision { by: By::Rule(at), outcome: outcome(&rule.effect, caller) };
    }
    let (by, allowed) = match kind(operation) {
        Kind::Handshake => (By::Handshake, true),
        Kind::Act => (By::Otherwise, rules.otherwise == Otherwise::Allow),
        Kind::Unknown => (By::Unknown, false),
    };
    Decision { by, outcome: if allowed { Outcome::Allowed } else { Outcome::Denied } }
}

fn is_about(rule: &Rule, operation: &Operation<'_>, named: &Named<'_>) -> bool {
    let method = rule.methods.is_empty() || rule.methods.iter().any(|it| it.matches(&operation.method));
    method && (rule.targets.is_empty() || names(&rule.targets, named)) && hints_fit(rule, named)
}

fn names(targets: &Targets, named: &Named<'_>) -> bool {
    match named {
        Named::Nothing => false,
        Named::Tool(name, _) => targets.tools.iter().any(|it| it.matches(name)),
        Named::Prompt(name) => targets.prompts.iter().any(|it| it.matches(name)),
        Named::Resource(reading) => targets.resources.iter().any(|it| it.matches(reading)),
    }
}

/// Only tools have annotations: a rule that asks for one is about tools.
fn hints_fit(rule: &Rule, named: &Named<'_>) -> bool {
    if rule.read_only.is_none() && rule.destructive.is_none() {
        return true;
    }
    let Named::Tool(_, hints) = named else { return false };
    rule.read_only.is_none_or(|it| it == is_read_only(*hints))
        && rule.destructive.is_none_or(|it| it == is_destructive(*hints))
}

fn outcome(effect: &Effect, caller: &dyn Caller) -> Outcome {
    match effect {
        Effect::Deny => Outcome::Denied,
        Effect::Allow { callers, .. } if !callers.contain(caller) => Outcome::Denied,
        Effect::Allow { require, .. } if caller.scope().contains_all(require) => Outcome::Allowed,
        Effect::Allow { require, .. } => Outcome::MissingScopes(require.clone()),
    }
}
