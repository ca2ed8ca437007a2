use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use mcp_policy::{Annotations, Callers, Effect, Otherwise, Rule, Rules, Targets};

use oauth_types::ClaimPath;

use crate::{
    access::{ListUse, Policy},
    config::{RuleAllow, RulesDefault, Server, ServerRule, Upstream},
};

/// What the tools of each server say of themselves, kept over reloads for as long as the upstream is the same.
#[derive(Debug, Default)]
pub(crate) struct AnnotationsOfServers(Mutex<BTreeMap<String, (Upstream, Arc<Annotations>)>>);

impl AnnotationsOfServers {
    /// Those of the server at this path.
    pub(crate) fn of(&self, server: &Server) -> Arc<Annotations> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || (server.upstream.clone(), Arc::default());
        let known = all.entry(server.path.to_string()).or_insert_with(fresh);
        if known.0 != server.upstream {
            *known = fresh();
        }
        Arc::clone(&known.1)
    }
}

/// Who may do what on `server`; `None` when scopes alone decide.
pub(crate) fn policy(server: &Server, annotations: &AnnotationsOfServers) -> Option<Arc<Policy>> {
    if !server.has_rules() {
        return None;
    }
    let log_arguments = server.rules.iter().map(|it| it.log_arguments.clone()).collect();
    let policy = Policy::new(rules(server), annotations.of(server))
        .with_lists(list_use(server))
        .with_log_arguments(log_arguments);
    Some(Arc::new(policy))
}

fn list_use(server: &Server) -> ListUse {
    let asks_tools = |it: &ServerRule| it.read_only.is_some() || it.destructive.is_some();
    match server.filter_lists {
        true => ListUse::Reduced,
        false if server.rules.iter().any(asks_tools) => ListUse::Learned,
        false => ListUse::Unread,
    }
}

/// The same by annotations that are told.
pub(crate) fn policy_by(server: &Server, annotations: Arc<Annotations>) -> Option<Policy> {
    server.has_rules().then(|| Policy::new(rules(server), annotations))
}

/// The rules of `server` as the file has them.
fn rules(server: &Server) -> Rules {
    let otherwise = match server.rules_default {
        None | Some(RulesDefault::Allow) => Otherwise::Allow,
        Some(RulesDefault::Deny) => Otherwise::Deny,
    };
    Rules { rules: server.rules.iter().map(rule).collect(), otherwise }
}

fn rule(rule: &ServerRule) -> Rule {
    let effect = if rule.deny {
        Effect::Deny
    } else {
        Effect::Allow {
            callers: rule.allow.as_ref().map(callers).unwrap_or_default(),
            require: rule.require.iter().cloned().collect(),
        }
    };
    Rule {
        methods: rule.methods.clone().unwrap_or_default(),
        targets: Targets {
            tools: rule.tools.clone().unwrap_or_default(),
            prompts: rule.prompts.clone().unwrap_or_default(),
            resources: rule.resources.clone().unwrap_or_default(),
        },
        read_only: rule.read_only,
        destructive: rule.destructive,
        effect,
    }
}

fn callers(allow: &RuleAllow) -> Callers {
    let claim = |(name, value): (&String, _)| (path(name), RuleAllow::values(value).to_vec());
    Callers {
        subjects: allow.subjects.clone().unwrap_or_default(),
        issuers: allow.issuers.iter().flatten().map(ToString::to_string).collect(),
        clients: allow.clients.clone().unwrap_or_default(),
        claims: allow.claims.iter().flatten().map(claim).collect(),
    }
}

#[expect(clippy::expect_used, reason = "the proof is in the text")]
fn path(name: &str) -> ClaimPath {
    name.parse().expect("a name that is no path was refused when the file was read")
}
