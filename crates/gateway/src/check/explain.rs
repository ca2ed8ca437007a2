//! Which rule decides about an operation, and why, without a gateway that runs.

use std::fmt;

use mcp_message::{Limits, Operation, Target, read};
use mcp_policy::{Annotations, By, Caller, Decision, Outcome, ToolHints};
use oauth_types::{ClaimPath, Scope};
use serde_json::{Map, Value, json};

use super::rule_text::rule_text;
use crate::{
    access::{Policy, named_by_challenge},
    adapters::{ServerError, policy_by, protected_resource},
    config::{Config, Server},
};

/// Who asks for what, as far as rules may ask.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The operation: a method and what it names, such as `tools/call delete_file`, or a whole JSON-RPC message.
    pub operation: String,
    /// The path of the server; may be left out when there is one.
    pub server: Option<String>,
    /// The scopes of the token, with all that they imply.
    pub scopes: Scope,
    /// `sub`.
    pub subject: Option<String>,
    /// `iss`.
    pub issuer: Option<String>,
    /// `client_id`.
    pub client: Option<String>,
    /// Further claims.
    pub claims: Map<String, Value>,
    /// What the tool says of itself in the server's list.
    pub hints: ToolHints,
}

/// What would be decided, and why.
#[derive(Debug)]
pub struct Explanation {
    server: String,
    operation: String,
    decided_by: String,
    outcome: &'static str,
    why: String,
    /// What the challenge would name.
    challenge: Option<Scope>,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum NoExplanation {
    /// There are several servers.
    #[error("there are several servers: say which one by `--server PATH`")]
    WhichServer,
    /// There is none of this path.
    #[error("there is no server at {0}")]
    NoServer(String),
    /// The message is refused before any rule is asked.
    #[error("the message is refused before any rule is asked: {0}")]
    Message(mcp_message::InvalidMessage),
    /// The operation is a batch.
    #[error("a batch is decided message by message: ask about one")]
    Batch,
    /// The method names something, and the question does not.
    #[error("{0} names something: write for example `{0} NAME`")]
    Unnamed(String),
    /// The server cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// Decides as the gateway would.
///
/// # Errors
/// [`NoExplanation`] when the question cannot be understood.
pub fn explain(config: &Config, question: &Question) -> Result<Explanation, NoExplanation> {
    let server = server(config, question)?;
    let resource = protected_resource(config, server)?;
    let message = question.operation.trim();
    let operation = if message.starts_with(['{', '[']) { of_message(message)? } else { of_words(message)? };
    let text = crate::access::operation_text(&operation);
    let answer = |decided_by: String, outcome, why, challenge| Explanation {
        server: server.path.to_string(),
        operation: text.clone(),
        decided_by,
        outcome,
        why,
        challenge,
    };
    let annotations = Annotations::new();
    if let Target::Tool(name) = &operation.target {
        annotations.learn(name, question.hints);
    }
    let policy = policy_by(server, annotations.into());
    let decision = policy.map(|it| Policy::decide(&it, question, &operation));
    let missing = question.scopes.missing(resource.scopes());
    if !missing.is_empty() {
        let why = format!("every request needs {missing} besides");
        let of_rules = match decision {
            Some(Decision { outcome: Outcome::MissingScopes(needed), .. }) => needed,
            Some(_) | None => Scope::default(),
        };
        let challenge = named_by_challenge(&resource, &question.scopes, &of_rules);
        return Ok(answer("scopes of the server".to_owned(), LACKS, why, Some(challenge)));
    }
    let Some(Decision { by, outcome }) = decision else {
        let why = "the server has no rules, so its scopes are enough".to_owned();
        return Ok(answer("scopes of the server".to_owned(), ALLOWED, why, None));
    };
    let decided_by = match by {
        By::Rule(at) => {
            let rule = server.rules.get(at).map(rule_text).unwrap_or_default();
            format!("rule {} of {}: {rule}", at + 1, server.rules.len())
        }
        By::Handshake | By::Unknown => "no rule".to_owned(),
        By::Otherwise => "rules_default".to_owned(),
    };
    Ok(match outcome {
        Outcome::Allowed => answer(decided_by, ALLOWED, why_allowed(by).to_owned(), None),
        Outcome::Denied => answer(decided_by, DENIED, why_denied(server, by).to_owned(), None),
        Outcome::MissingScopes(needed) => {
            let why = format!("the token lacks {}", question.scopes.missing(&needed));
            let challenge = named_by_challenge(&resource, &question.scopes, &needed);
            answer(decided_by, LACKS, why, Some(challenge))
        }
    })
}

const ALLOWED: &str = "allowed";
const DENIED: &str = "denied";
const LACKS: &str = "insufficient_scope";

const fn why_allowed(by: By) -> &'static str {
    match by {
        By::Rule(_) => "the caller is one of those whom the rule allows",
        By::Handshake => "no rule is about it, and it acts on nothing that has a name",
        By::Otherwise | By::Unknown => "no rule is about it",
    }
}

fn why_denied(server: &Server, by: By) -> &'static str {
    match by {
        By::Rule(at) if server.rules.get(at).is_some_and(|it| it.deny) => "the rule denies it to everybody",
        By::Rule(_) => "the rule allows it to others",
        By::Unknown => "no revision of MCP has this method, and no rule allows it",
        By::Otherwise | By::Handshake => "no rule is about it",
    }
}

fn server<'a>(config: &'a Config, question: &Question) -> Result<&'a Server, NoExplanation> {
    match (&question.server, config.servers.as_slice()) {
        (Some(path), servers) => {
            let found = servers.iter().find(|it| it.path.as_str() == path);
            found.ok_or_else(|| NoExplanation::NoServer(path.clone()))
        }
        (None, [one]) => Ok(one),
        (None, _) => Err(NoExplanation::WhichServer),
    }
}

fn of_message(text: &str) -> Result<Operation<'static>, NoExplanation> {
    let body = read(text.as_bytes(), &Limits::default()).map_err(NoExplanation::Message)?;
    let mcp_message::Body::Single(message) = &body else { return Err(NoExplanation::Batch) };
    Operation::of(message).map(Operation::into_owned).map_err(NoExplanation::Message)
}

fn of_words(text: &str) -> Result<Operation<'static>, NoExplanation> {
    let (method, name) = text.split_once(' ').map_or((text, ""), |(method, name)| (method, name.trim()));
    let named = |key: &str| json!({ key: name });
    let params = match method {
        _ if name.is_empty() => json!({}),
        "tools/call" | "prompts/get" => named("name"),
        "subscriptions/listen" => {
            json!({ "notifications": { "resourceSubscriptions": name.split(' ').collect::<Vec<_>>() } })
        }
        "completion/complete" if name.contains(':') => {
            json!({ "ref": { "type": "ref/resource", "uri": name } })
        }
        "completion/complete" => json!({ "ref": { "type": "ref/prompt", "name": name } }),
        _ if method.starts_with("resources/") => named("uri"),
        _ if method.starts_with("tasks/") => named("taskId"),
        _ => json!({}),
    };
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    of_message(&message.to_string()).map_err(|error| match error {
        NoExplanation::Message(mcp_message::InvalidMessage::Unnamed) => {
            NoExplanation::Unnamed(method.to_owned())
        }
        other => other,
    })
}

impl Explanation {
    /// The same as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let challenge = self.challenge.as_ref().map(ToString::to_string);
        let all = json!({
            "server": self.server,
            "operation": self.operation,
            "outcome": self.outcome,
            "decided_by": self.decided_by,
            "why": self.why,
            "challenge_scope": challenge,
        });
        all.to_string()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {} at {}", self.outcome, self.operation, self.server)?;
        writeln!(formatter, "  decided by  {}", self.decided_by)?;
        writeln!(formatter, "  why         {}", self.why)?;
        match &self.challenge {
            Some(scope) => writeln!(formatter, "  challenge   scope=\"{scope}\""),
            None => Ok(()),
        }
    }
}

impl Caller for Question {
    fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or_default()
    }

    fn subject(&self) -> &str {
        self.subject.as_deref().unwrap_or_default()
    }

    fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    fn scope(&self) -> &Scope {
        &self.scopes
    }

    fn claim(&self, path: &ClaimPath) -> Option<&Value> {
        path.find(&self.claims)
    }
}
