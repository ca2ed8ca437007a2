use std::collections::BTreeMap;

use oauth_types::ClaimPath;
use serde_json::Value;

use crate::config::{
    Config, RuleAllow, ServerRule,
    report::{KeyPath, Problem},
};

/// A rule says one thing, and can be reached; a list that matches nothing was meant otherwise.
pub(super) fn check(config: &Config) -> Result<(), Problem> {
    for (section, server) in super::servers(config) {
        if server.filter_lists && !server.has_rules() {
            let message =
                "there are no rules by which to filter: write a `[[server.rule]]`, or remove the key";
            return Err(Problem::new(section.key("filter_lists"), message));
        }
        let rules = section.key("rule");
        for (index, rule) in server.rules.iter().enumerate() {
            let section = rules.index(index);
            lists(&section, rule)?;
            annotations(&section, rule)?;
            effect(&section, rule)?;
            if index + 1 < server.rules.len() && is_about_everything(rule) {
                let message = "no rule after this one can decide: it is about everything. Put it last";
                return Err(Problem::new(section, message));
            }
        }
    }
    Ok(())
}

fn lists(section: &KeyPath, rule: &ServerRule) -> Result<(), Problem> {
    let lists = [
        ("methods", rule.methods.as_ref().map(Vec::is_empty)),
        ("tools", rule.tools.as_ref().map(Vec::is_empty)),
        ("prompts", rule.prompts.as_ref().map(Vec::is_empty)),
        ("resources", rule.resources.as_ref().map(Vec::is_empty)),
    ];
    match lists.into_iter().find(|(_, is_empty)| *is_empty == Some(true)) {
        Some((name, _)) => {
            let message = r#"matches nothing: write for example ["*"], or remove the key"#;
            Err(Problem::new(section.key(name), message))
        }
        None => Ok(()),
    }
}

/// Only tools have annotations.
fn annotations(section: &KeyPath, rule: &ServerRule) -> Result<(), Problem> {
    let annotation = match (rule.read_only, rule.destructive) {
        (Some(true), Some(true)) => {
            let message = "matches nothing: a tool that changes nothing destroys nothing";
            return Err(Problem::new(section.key("destructive"), message));
        }
        (Some(_), _) => "read_only",
        (None, Some(_)) => "destructive",
        (None, None) => return Ok(()),
    };
    let other = [("prompts", rule.prompts.is_some()), ("resources", rule.resources.is_some())];
    match other.into_iter().find(|(_, is_there)| *is_there) {
        Some((name, _)) => {
            let message =
                format!("only tools have annotations: write a rule of its own, without `{annotation}`");
            Err(Problem::new(section.key(name), message))
        }
        None => Ok(()),
    }
}

fn effect(section: &KeyPath, rule: &ServerRule) -> Result<(), Problem> {
    if rule.deny && (!rule.require.is_empty() || rule.allow.is_some()) {
        let message = "nobody may, so `require` and `allow` have no meaning here: remove it or them";
        return Err(Problem::new(section.key("deny"), message));
    }
    if let Some(index) = rule.require.iter().position(|it| it.as_str() == super::scopes::OFFLINE_ACCESS) {
        return Err(Problem::new(section.key("require").index(index), super::scopes::NO_PERMISSION));
    }
    rule.allow.as_ref().map_or(Ok(()), |it| allow(&section.key("allow"), it))
}

fn allow(section: &KeyPath, allow: &RuleAllow) -> Result<(), Problem> {
    let lists = [
        ("subjects", allow.subjects.as_ref().map(Vec::is_empty)),
        ("issuers", allow.issuers.as_ref().map(Vec::is_empty)),
        ("clients", allow.clients.as_ref().map(Vec::is_empty)),
        ("claims", allow.claims.as_ref().map(BTreeMap::is_empty)),
    ];
    if lists.iter().all(|(_, is_empty)| is_empty.is_none()) {
        return Err(Problem::new(section.clone(), "names nobody: write `deny = true`, or remove the key"));
    }
    if let Some((name, _)) = lists.iter().find(|(_, is_empty)| *is_empty == Some(true)) {
        return Err(Problem::new(section.key(name), "names nobody: name somebody, or remove the key"));
    }
    for (name, value) in allow.claims.iter().flatten() {
        claim(section, name, value)?;
    }
    Ok(())
}

fn claim(section: &KeyPath, name: &str, value: &Value) -> Result<(), Problem> {
    let claims = section.key("claims");
    if let Err(error) = name.parse::<ClaimPath>() {
        return Err(Problem::new(claims, format!("the name `{name}` {error}")));
    }
    let values = RuleAllow::values(value);
    let is_plain = |it: &Value| matches!(it, Value::String(_) | Value::Bool(_) | Value::Number(_));
    if values.is_empty() || !values.iter().all(is_plain) {
        let message = "must be a text, a number or a boolean, or a list of them that is not empty";
        return Err(Problem::new(claims.key(name), message));
    }
    Ok(())
}

fn is_about_everything(rule: &ServerRule) -> bool {
    let any = |it: &Option<Vec<mcp_policy::Pattern>>| {
        it.as_ref().is_none_or(|it| it.iter().any(|it| it.as_str() == "*"))
    };
    let names_nothing = rule.tools.is_none() && rule.prompts.is_none() && rule.resources.is_none();
    any(&rule.methods) && names_nothing && rule.read_only.is_none() && rule.destructive.is_none()
}
