use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use oauth_types::{ClientId, UnixTime};

use super::{DocumentSettings, freshness::Lifetime};
use crate::clients::KnownClient;

/// Documents that were good, a bounded number of them, also those that serve no more.
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
    is_used: bool,
}

/// What is known of a URL, from nothing to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// No good document was ever there, as far as is remembered.
    Unknown,
    /// A good document was there.
    Good,
    /// A person approved its client, or tokens were issued to it.
    Used,
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

    /// Keeps a good document. If there is no room, one goes whose client was never used, or else any, and of these the
    /// one that was not looked at for longest.
    pub(super) fn keep(&self, id: ClientId, cached: Cached) {
        let mut documents = self.documents();
        let looked_at = documents.looks;
        if let Some(entry) = documents.kept.get_mut(&id) {
            entry.cached = cached;
            return;
        }
        if documents.kept.len() >= self.max {
            let least = documents.kept.iter().min_by_key(|(_, it)| (it.is_used, it.looked_at));
            let least = least.map(|(id, _)| id.clone());
            least.and_then(|it| documents.kept.remove(&it));
        }
        if self.max > 0 {
            documents.kept.insert(id, Entry { cached, looked_at, is_used: false });
        }
    }

    /// Lets a document serve no more; that there was one is remembered.
    pub(super) fn withdraw(&self, id: &ClientId) {
        if let Some(entry) = self.documents().kept.get_mut(id) {
            entry.cached.fresh_until = UnixTime::EPOCH;
            entry.cached.stale_until = UnixTime::EPOCH;
        }
    }

    pub(super) fn used(&self, id: &ClientId) {
        if let Some(entry) = self.documents().kept.get_mut(id) {
            entry.is_used = true;
        }
    }

    pub(super) fn standing(&self, id: &ClientId) -> Standing {
        match self.documents().kept.get(id) {
            None => Standing::Unknown,
            Some(entry) if entry.is_used => Standing::Used,
            Some(_) => Standing::Good,
        }
    }

    fn documents(&self) -> MutexGuard<'_, Documents> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
