use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth_types::UnixTime;
use storage::Key;

use super::PendingLimits;

/// Counts the open transactions, so that strangers cannot fill the store.
#[derive(Debug)]
pub(super) struct Admission {
    max_open: usize,
    /// What a transaction's deadline has left of the step's time when newer ones may push it out.
    evictable_at: Duration,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    deadlines: HashMap<Key, UnixTime>,
    by_deadline: BTreeSet<(UnixTime, Key)>,
}

/// Everything is full, and nothing of it is old enough to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Admission {
    pub(super) fn new(limits: &PendingLimits) -> Self {
        let evictable_at = limits.step_timeout.saturating_sub(limits.protected_for);
        Self { max_open: limits.max_open, evictable_at, open: Mutex::default() }
    }

    /// Makes room for `key`; answers the transaction that has to go for it.
    pub(super) fn admit(&self, key: Key, deadline: UnixTime, now: UnixTime) -> Result<Option<Key>, Full> {
        let mut open = self.open();
        // Those that expired are left to the sweep of the store.
        while open.take_idle(now).is_some() {}
        let full = open.by_deadline.len() >= self.max_open;
        let gone = if full { Some(open.take_idle(now + self.evictable_at).ok_or(Full)?) } else { None };
        open.insert(key, deadline);
        Ok(gone)
    }

    pub(super) fn restore(&self, key: Key, deadline: UnixTime) {
        self.open().insert(key, deadline);
    }

    /// Notes the new deadline of a transaction that made a step.
    pub(super) fn moved(&self, key: &Key, deadline: UnixTime) {
        self.open().insert(key.clone(), deadline);
    }

    pub(super) fn left(&self, key: &Key) {
        self.open().remove(key);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn insert(&mut self, key: Key, deadline: UnixTime) {
        self.remove(&key);
        self.deadlines.insert(key.clone(), deadline);
        self.by_deadline.insert((deadline, key));
    }

    fn remove(&mut self, key: &Key) {
        if let Some(deadline) = self.deadlines.remove(key) {
            self.by_deadline.remove(&(deadline, key.clone()));
        }
    }

    /// The one that has been idle for longest, if its deadline is not after `latest`.
    fn take_idle(&mut self, latest: UnixTime) -> Option<Key> {
        let (deadline, _) = self.by_deadline.first()?;
        if *deadline > latest {
            return None;
        }
        let (_, key) = self.by_deadline.pop_first()?;
        self.deadlines.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests;
