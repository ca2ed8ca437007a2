//! How often somebody may ask.

mod cells;
pub(crate) mod names;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use oauth_types::Clock;

use self::cells::Cells;

pub use self::names::ToolNames;

/// So many requests in so much time, counted for each of something.
///
/// Requests flow back evenly: 60 in a minute are one in each second, and `burst` of them may come at once.
/// Time is counted in whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What has a count of its own; with several, each combination of them.
    pub per: Vec<Per>,
    /// Counts calls of these tools only; `None` for every request.
    pub tools: Option<ToolNames>,
    /// How many, in one period.
    pub requests: NonZeroU32,
    /// The time in which they may be spent; at least a second.
    pub period: Duration,
    /// How many may come at once; at most `requests`, and at least what one second brings back.
    pub burst: NonZeroU32,
}

/// What has a count of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Per {
    /// Whoever the token speaks for.
    Principal,
    /// The client that the token was issued to.
    Client,
    /// The tool that is called.
    Tool,
}

/// Who asks: names that were verified, and that belong to nobody else.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// Whoever the token speaks for.
    pub principal: &'a str,
    /// The client that the token was issued to.
    pub client: &'a str,
}

/// A quota is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("quota {} is spent", .number)]
pub struct QuotaSpent {
    /// Which of the quotas, counted from 1.
    pub number: usize,
    /// When the next request may come, in whole seconds; at least one.
    pub retry_after: Duration,
}

/// The quotas of one server, with what was spent of them.
///
/// The memory of each is bounded: what has come back in full is forgotten, and beyond [`Quotas::MOST_COUNTS`] newcomers
/// share a few thousand counts.
#[derive(Clone, Debug, Default)]
pub struct Quotas(Vec<Arc<Cells>>);

impl Quotas {
    /// How many counts one quota keeps apart.
    pub const MOST_COUNTS: usize = 1 << 18;

    /// These quotas by this clock; what was spent of equal ones in `before` stays spent.
    #[must_use]
    pub fn new(quotas: Vec<Quota>, clock: &Arc<dyn Clock>, before: Option<&Self>) -> Self {
        let mut known: Vec<_> = before.map(|it| it.0.clone()).unwrap_or_default();
        let cells = quotas.into_iter().map(|quota| {
            let same = known.iter().position(|it| *it.quota() == quota);
            match same {
                Some(at) => known.swap_remove(at),
                None => Arc::new(Cells::new(quota, Arc::clone(clock), Self::MOST_COUNTS)),
            }
        });
        Self(cells.collect())
    }

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a quota depends on the tool, so that [`Quotas::spend_call`] must be asked.
    #[must_use]
    pub fn need_tool(&self) -> bool {
        self.0.iter().any(|it| it.quota().is_of_calls())
    }

    /// Takes one request from each quota that counts all of them, in their order.
    ///
    /// # Errors
    /// [`QuotaSpent`] for the first that has none left; the ones before it have counted the request.
    pub fn spend_request(&self, asker: Asker<'_>) -> Result<(), QuotaSpent> {
        self.spend(|quota| (!quota.is_of_calls()).then(|| quota.key(asker, "")))
    }

    /// Takes one call of `tool` from each quota that counts calls of it, in their order.
    ///
    /// # Errors
    /// As [`Quotas::spend_request`].
    pub fn spend_call(&self, asker: Asker<'_>, tool: &str) -> Result<(), QuotaSpent> {
        self.spend(|quota| quota.counts_call(tool).then(|| quota.key(asker, tool)))
    }

    fn spend<'a>(&self, key: impl Fn(&Quota) -> Option<Key<'a>>) -> Result<(), QuotaSpent> {
        for (number, cells) in (1..).zip(&self.0) {
            if let Some(key) = key(cells.quota()) {
                cells.take(key).map_err(|retry_after| QuotaSpent { number, retry_after })?;
            }
        }
        Ok(())
    }
}

/// The count that a request belongs to.
type Key<'a> = [Option<&'a str>; 3];

impl Quota {
    /// Whether it counts calls of tools and nothing else.
    fn is_of_calls(&self) -> bool {
        self.tools.is_some() || self.per.contains(&Per::Tool)
    }

    fn counts_call(&self, tool: &str) -> bool {
        self.is_of_calls() && self.tools.as_ref().is_none_or(|it| it.contain(tool))
    }

    fn key<'a>(&self, asker: Asker<'a>, tool: &'a str) -> Key<'a> {
        let part = |per, text| self.per.contains(&per).then_some(text);
        [part(Per::Principal, asker.principal), part(Per::Client, asker.client), part(Per::Tool, tool)]
    }
}

#[cfg(test)]
mod tests;
