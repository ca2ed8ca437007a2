use oauth_types::{ClientId, UnixTime};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{DocumentError, DocumentSettings, DocumentUrl, cache::Standing};
use crate::clients::Budget;

/// How much is done for documents.
///
/// What strangers spend with URLs that they make up is apart from what is there for clients that are known:
/// nobody can keep the document of a client away by asking for others at its host.
#[derive(Debug)]
pub(super) struct Budgets {
    unknown: Share,
    good: Share,
    used: Share,
    /// Fetches of one URL whose document was good before.
    per_url: Budget<ClientId>,
}

/// What the documents of one standing have together.
#[derive(Debug)]
struct Share {
    slots: Semaphore,
    per_host: Budget<String>,
    all_hosts: Budget<()>,
}

impl Budgets {
    pub(super) fn new(settings: &DocumentSettings) -> Self {
        let reserved = settings.max_concurrent.div_ceil(4);
        Self {
            unknown: Share::new(settings, settings.max_concurrent),
            good: Share::new(settings, reserved),
            used: Share::new(settings, reserved),
            per_url: Budget::new(settings.per_known_url, settings.max_documents),
        }
    }

    /// Counts a fetch, or refuses it; the fetch is under way for as long as the answer is held.
    pub(super) fn spend(
        &self,
        id: &ClientId,
        url: &DocumentUrl,
        standing: Standing,
        now: UnixTime,
    ) -> Result<SemaphorePermit<'_>, DocumentError> {
        let share = match standing {
            Standing::Unknown => &self.unknown,
            Standing::Good => &self.good,
            Standing::Used => &self.used,
        };
        let slot = share.slots.try_acquire().map_err(|_| DocumentError::Busy)?;
        let limited = |_wait| DocumentError::TooOften;
        if standing != Standing::Unknown {
            self.per_url.spend(id.clone(), now).map_err(limited)?;
        }
        share.per_host.spend(url.host().to_owned(), now).map_err(limited)?;
        share.all_hosts.spend((), now).map_err(limited)?;
        Ok(slot)
    }
}

impl Share {
    fn new(settings: &DocumentSettings, concurrent: usize) -> Self {
        Self {
            slots: Semaphore::new(concurrent),
            per_host: Budget::new(settings.per_host, MAX_HOSTS),
            all_hosts: Budget::new(settings.all_hosts, 1),
        }
    }
}

/// More hosts than [`DocumentSettings::all_hosts`] lets through in a window.
const MAX_HOSTS: usize = 10_000;
