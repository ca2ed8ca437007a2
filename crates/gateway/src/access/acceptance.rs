use std::{sync::Arc, time::Duration};

use oauth_types::{ResourceUri, Scope};
use token_validate::{IssuerPolicy, ResourcePolicy};
use tokio_util::sync::CancellationToken;

use crate::config::{Anonymous, ApiKeys, DpopMode, Loopback, RulesDefault, ServerRule};

/// What decides whether a token is accepted at one server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Acceptance {
    pub(crate) resource: ResourceUri,
    /// What every token must have.
    pub(crate) scopes: Scope,
    /// The audiences that mean it, and whose tokens count.
    pub(crate) policy: ResourcePolicy,
    /// What is accepted of each authorization server: keys, clients, claims, introspection.
    pub(crate) issuers: Arc<Vec<IssuerPolicy>>,
    pub(crate) leeway: Duration,
    /// Who may do what there; a stream that only listens rests on it too.
    pub(crate) rules: (Vec<ServerRule>, Option<RulesDefault>),
    /// Whether its tokens must be bound to a key, or may be.
    pub(crate) dpop: DpopMode,
    /// What is taken in place of a token.
    pub(crate) ways: (Option<ApiKeys>, Option<Anonymous>, Option<Loopback>),
}

/// The servers of one configuration, each with the end of the streams that were opened there.
#[derive(Debug, Default)]
pub(crate) struct Acceptances(Vec<(Acceptance, CancellationToken)>);

impl Acceptances {
    /// Takes a server in; its streams go on where `before` accepted the same.
    ///
    /// The answer is cancelled when its tokens may be accepted no longer.
    pub(crate) fn add(&mut self, acceptance: Acceptance, before: Option<&Self>) -> CancellationToken {
        let ends = before.and_then(|it| it.ends_of(&acceptance)).cloned().unwrap_or_default();
        self.0.push((acceptance, ends.clone()));
        ends
    }

    /// Ends the streams of the servers that `next` does not know just like this: whoever still may, connects again.
    pub(crate) fn give_way_to(&self, next: &Self) {
        for (acceptance, ends) in &self.0 {
            if next.ends_of(acceptance).is_none() {
                ends.cancel();
            }
        }
    }

    fn ends_of(&self, acceptance: &Acceptance) -> Option<&CancellationToken> {
        self.0.iter().find(|(it, _)| it == acceptance).map(|(_, ends)| ends)
    }
}
