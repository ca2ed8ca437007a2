use std::fmt::Display;

use serde_json::Value;

use crate::config::{RuleAllow, ServerRule};

/// A rule on one line, as it could stand in the file.
pub(super) fn rule_text(rule: &ServerRule) -> String {
    let flag = |it: Option<bool>| it.map(|it| it.to_string());
    let require = (!rule.require.is_empty()).then(|| list(&rule.require));
    let parts = [
        ("methods", rule.methods.as_deref().map(list)),
        ("tools", rule.tools.as_deref().map(list)),
        ("prompts", rule.prompts.as_deref().map(list)),
        ("resources", rule.resources.as_deref().map(list)),
        ("read_only", flag(rule.read_only)),
        ("destructive", flag(rule.destructive)),
        ("require", require),
        ("allow", rule.allow.as_ref().map(allow)),
        ("deny", rule.deny.then(|| "true".to_owned())),
    ];
    let text = together(parts);
    if text.is_empty() { "everything, for everybody".to_owned() } else { text }
}

fn allow(allow: &RuleAllow) -> String {
    let claims = allow.claims.as_ref().map(|claims| {
        let each = claims.iter().map(|(name, value)| format!("{} = {value}", Value::from(name.as_str())));
        format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
    });
    let parts = [
        ("subjects", allow.subjects.as_deref().map(list)),
        ("issuers", allow.issuers.as_deref().map(list)),
        ("clients", allow.clients.as_deref().map(list)),
        ("claims", claims),
    ];
    format!("{{ {} }}", together(parts))
}

fn together<const N: usize>(parts: [(&str, Option<String>); N]) -> String {
    let written = parts.into_iter().filter_map(|(name, value)| Some(format!("{name} = {}", value?)));
    written.collect::<Vec<_>>().join(", ")
}

fn list<T: ToString + Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Value>().to_string()
}
