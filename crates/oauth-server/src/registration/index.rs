use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use oauth_types::{ClientId, UnixTime};

/// What has to be known of every client at once: how many there are, and which of them nobody would miss.
#[derive(Debug)]
pub(super) struct Index {
    max: usize,
    clients: Mutex<HashMap<ClientId, Facts>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) seen_at: UnixTime,
    pub(super) is_used: bool,
}

impl Index {
    pub(super) fn new(max: usize) -> Self {
        Self { max, clients: Mutex::default() }
    }

    /// Makes a place for a client; `false` means that there is none.
    pub(super) fn admit(&self, id: &ClientId, now: UnixTime) -> bool {
        let mut clients = self.clients();
        if clients.len() >= self.max && !clients.contains_key(id) {
            return false;
        }
        clients.insert(id.clone(), Facts { seen_at: now, is_used: false });
        true
    }

    pub(super) fn get(&self, id: &ClientId) -> Option<Facts> {
        self.clients().get(id).copied()
    }

    /// Sets what is known of a client, or that it is gone.
    pub(super) fn set(&self, id: &ClientId, facts: Option<Facts>) {
        let mut clients = self.clients();
        match facts {
            Some(facts) => drop(clients.insert(id.clone(), facts)),
            None => drop(clients.remove(id)),
        }
    }

    /// The clients that were never used and not seen after `until`, the oldest first.
    pub(super) fn oldest_unused(&self, until: UnixTime, limit: usize) -> Vec<ClientId> {
        let clients = self.clients();
        let unused = clients.iter().filter(|(_, it)| !it.is_used && it.seen_at <= until);
        let mut unused: Vec<(UnixTime, &ClientId)> = unused.map(|(id, it)| (it.seen_at, id)).collect();
        unused.sort_unstable();
        unused.into_iter().take(limit).map(|(_, id)| id.clone()).collect()
    }

    pub(super) fn ids(&self) -> HashSet<ClientId> {
        self.clients().keys().cloned().collect()
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<ClientId, Facts>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
