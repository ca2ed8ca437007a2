use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use oauth_types::{ClientId, UnixTime};

use super::{DocumentSettings, freshness::Lifetime};
use crate::clients::KnownClient;

/// Documents that were good, a bounded number of them.
#[derive(Debug)]
pub(super) struct Cache {
    max: usize,
    documents: Mutex<Documents>,
}

#[derive(Debug, Default)]
struct Documents {
    kept: HashMap<ClientId, Entry>,
    /// Counts looks, to find out which document was not looked at for longest.
    looks: u64,
}

#[derive(Debug)]
struct Entry {
    cached: Cached,
    looked_at: u64,
}

/// A document, and until when it serves.
#[derive(Debug)]
pub(super) struct Cached {
    pub(super) known: Arc<KnownClient>,
    fetched_at: UnixTime,
    fresh_until: UnixTime,
    stale_until: UnixTime,
}

/// What is there.
#[derive(Debug)]
pub(super) enum Found {
    /// A document that needs no fetch.
    Fresh(Arc<KnownClient>),
    /// A document that serves only while a new one cannot be had.
    Stale(Arc<KnownClient>),
    Nothing,
}

impl Cached {
    pub(super) fn new(
        known: Arc<KnownClient>,
        now: UnixTime,
        lifetime: Lifetime,
        settings: &DocumentSettings,
    ) -> Self {
        let (age, longest) = match lifetime {
            Lifetime::Kept(age) => (age, settings.max_age),
            Lifetime::Transaction(age) => (age, age),
        };
        Self { known, fetched_at: now, fresh_until: now + age, stale_until: now + longest }
    }
}

impl Cache {
    pub(super) fn new(max: usize) -> Self {
        Self { max, documents: Mutex::default() }
    }

    pub(super) fn find(&self, id: &ClientId, now: UnixTime) -> Found {
        let mut documents = self.documents();
        documents.looks += 1;
        let looks = documents.looks;
        let Some(entry) = documents.kept.get_mut(id) else { return Found::Nothing };
        entry.looked_at = looks;
        let cached = &entry.cached;
        if now < cached.fetched_at || now >= cached.stale_until {
            return Found::Nothing;
        }
        if now < cached.fresh_until {
            return Found::Fresh(cached.known.clone());
        }
        Found::Stale(cached.known.clone())
    }

    pub(super) fn keep(&self, id: ClientId, cached: Cached, now: UnixTime) {
        let mut documents = self.documents();
        let looked_at = documents.looks;
        if documents.kept.len() >= self.max && !documents.kept.contains_key(&id) {
            documents.kept.retain(|_, it| now < it.cached.stale_until);
        }
        if documents.kept.len() >= self.max && !documents.kept.contains_key(&id) {
            let oldest = documents.kept.iter().min_by_key(|(_, it)| it.looked_at).map(|(id, _)| id.clone());
            oldest.and_then(|it| documents.kept.remove(&it));
        }
        if self.max > 0 {
            documents.kept.insert(id, Entry { cached, looked_at });
        }
    }

    pub(super) fn forget(&self, id: &ClientId) {
        self.documents().kept.remove(id);
    }

    fn documents(&self) -> MutexGuard<'_, Documents> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
