//! Who may do what: rules for single operations.

mod annotations;
mod caller;
mod decide;
mod known;
mod pattern;
mod uri;

use oauth_types::Scope;

pub use self::{
    annotations::Annotations,
    caller::{Caller, Callers},
    decide::{By, Decision, Outcome, decide},
    known::is_of_mcp,
    pattern::{InvalidPattern, Pattern},
    uri::{InvalidUriPattern, UriPattern},
};

/// The rules of one server, in their order: the first that is about an operation decides.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Rule>,
    /// What becomes of the operations of MCP that no rule is about.
    pub otherwise: Otherwise,
}

/// What becomes of an operation that no rule is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// It is allowed to whoever may use the server at all.
    #[default]
    Allow,
    /// It is denied.
    Deny,
}

/// One rule: which operations it is about, and what it says.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// Methods; empty for every one.
    pub methods: Vec<Pattern>,
    /// What the operation names; all empty for whatever it names, or nothing.
    pub targets: Targets,
    /// Whether it is about tools that change nothing, or about the others (`readOnlyHint`).
    pub read_only: Option<bool>,
    /// Whether it is about tools that may destroy something, or about the others (`destructiveHint`).
    pub destructive: Option<bool>,
    /// What it says.
    pub effect: Effect,
}

/// What operations may name; one match is enough.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Tools, by name.
    pub tools: Vec<Pattern>,
    /// Prompts, by name.
    pub prompts: Vec<Pattern>,
    /// Resources, by URI.
    pub resources: Vec<UriPattern>,
}

/// What a rule says.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Nobody may.
    Deny,
    /// These callers may, with these scopes.
    Allow {
        /// Who; by default everybody.
        callers: Callers,
        /// Which scopes they need, beside those of the server.
        require: Scope,
    },
}

impl Default for Effect {
    fn default() -> Self {
        Self::Allow { callers: Callers::default(), require: Scope::empty() }
    }
}

impl Targets {
    const fn is_empty(&self) -> bool {
        self.tools.is_empty() && self.prompts.is_empty() && self.resources.is_empty()
    }
}

impl Rules {
    /// Every scope that a rule requires.
    #[must_use]
    pub fn scopes(&self) -> Scope {
        self.rules.iter().fold(Scope::empty(), |all, rule| match &rule.effect {
            Effect::Deny => all,
            Effect::Allow { require, .. } => all.union(require),
        })
    }
}

#[cfg(test)]
mod tests;
