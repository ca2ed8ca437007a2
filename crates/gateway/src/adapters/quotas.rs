use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use mcp_policy::{Per, Quota, Quotas, ToolNames};
use oauth_types::{Clock, SystemClock};

use crate::config::{QuotaPer, Server, ServerQuota};

/// What was spent of the quotas of each server, kept over reloads for as long as a quota is the same.
#[derive(Debug, Default)]
pub(crate) struct QuotasOfServers(Mutex<BTreeMap<String, Quotas>>);

impl QuotasOfServers {
    /// Those of `server`, by this clock.
    pub(crate) fn of(&self, server: &Server, clock: &Arc<SystemClock>) -> Quotas {
        let clock: Arc<dyn Clock> = Arc::<SystemClock>::clone(clock);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(server.path.as_str());
        let quotas = Quotas::new(server.quotas.iter().filter_map(quota).collect(), &clock, before);
        all.insert(server.path.to_string(), quotas.clone());
        quotas
    }
}

/// A quota as it counts; `None` for numbers that no configuration passes with.
fn quota(configured: &ServerQuota) -> Option<Quota> {
    let requests = NonZeroU32::new(configured.requests)?;
    let burst = NonZeroU32::new(configured.burst.unwrap_or(configured.requests))?;
    Some(Quota {
        per: configured.per.iter().map(|it| per(*it)).collect(),
        tools: configured.tools.clone().map(ToolNames::new),
        requests,
        period: configured.period.get(),
        burst,
    })
}

const fn per(configured: QuotaPer) -> Per {
    match configured {
        QuotaPer::Principal => Per::Principal,
        QuotaPer::Client => Per::Client,
        QuotaPer::Tool => Per::Tool,
    }
}
