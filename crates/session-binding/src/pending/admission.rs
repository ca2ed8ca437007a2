use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth_types::UnixTime;
use storage::Key;

use super::PendingLimits;

/// Counts the open transactions, so that strangers cannot fill the store, and none of them alone all that there is.
#[derive(Debug)]
pub(super) struct Admission {
    max_open: usize,
    max_open_of_a_source: usize,
    /// What a transaction's deadline has left of the step's time when newer ones may push it out.
    evictable_at: Duration,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    transactions: HashMap<Key, (UnixTime, Option<Source>)>,
    by_deadline: BTreeSet<(UnixTime, Key)>,
    by_source: HashMap<Source, BTreeSet<(UnixTime, Key)>>,
}

type Source = Arc<[u8]>;

/// Everything is full, and nothing of it is old enough to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Admission {
    pub(super) fn new(limits: &PendingLimits) -> Self {
        Self {
            max_open: limits.max_open,
            max_open_of_a_source: limits.max_open_of_a_source,
            evictable_at: limits.step_timeout.saturating_sub(limits.protected_for),
            open: Mutex::default(),
        }
    }

    /// Makes room for `key`, which `source` begins if it is known; answers the transaction that has to go for it.
    ///
    /// A source that has all that it may have gives up one of its own.
    pub(super) fn admit(
        &self,
        key: Key,
        source: Option<&[u8]>,
        deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Option<Key>, Full> {
        let mut open = self.open();
        // Those that expired are left to the sweep of the store.
        while open.take_idle(None, now).is_some() {}
        let latest = now + self.evictable_at;
        let gone = if source.is_some_and(|it| open.count_of(it) >= self.max_open_of_a_source) {
            Some(open.take_idle(source, latest).ok_or(Full)?)
        } else if open.by_deadline.len() >= self.max_open {
            Some(open.take_idle(None, latest).ok_or(Full)?)
        } else {
            None
        };
        open.insert(key, source.map(Into::into), deadline);
        Ok(gone)
    }

    /// Counts a transaction of an earlier process; where that began is not known any more.
    pub(super) fn restore(&self, key: Key, deadline: UnixTime) {
        self.open().insert(key, None, deadline);
    }

    /// Notes the new deadline of a transaction that made a step.
    pub(super) fn moved(&self, key: &Key, deadline: UnixTime) {
        let mut open = self.open();
        let source = open.remove(key);
        open.insert(key.clone(), source, deadline);
    }

    pub(super) fn left(&self, key: &Key) {
        self.open().remove(key);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn insert(&mut self, key: Key, source: Option<Source>, deadline: UnixTime) {
        self.remove(&key);
        if let Some(source) = &source {
            self.by_source.entry(Arc::clone(source)).or_default().insert((deadline, key.clone()));
        }
        self.transactions.insert(key.clone(), (deadline, source));
        self.by_deadline.insert((deadline, key));
    }

    /// Its source, if that is known.
    fn remove(&mut self, key: &Key) -> Option<Source> {
        let (deadline, source) = self.transactions.remove(key)?;
        let entry = (deadline, key.clone());
        self.by_deadline.remove(&entry);
        if let Some(source) = &source
            && let Some(its) = self.by_source.get_mut(source)
        {
            its.remove(&entry);
            if its.is_empty() {
                self.by_source.remove(source);
            }
        }
        source
    }

    fn count_of(&self, source: &[u8]) -> usize {
        self.by_source.get(source).map_or(0, BTreeSet::len)
    }

    /// The one that has been idle for longest, of this source if one is given, and if its deadline is not after `latest`.
    fn take_idle(&mut self, source: Option<&[u8]>, latest: UnixTime) -> Option<Key> {
        let those = source.map_or(Some(&self.by_deadline), |it| self.by_source.get(it))?;
        let (_, key) = those.first().filter(|(deadline, _)| *deadline <= latest)?.clone();
        self.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests;
