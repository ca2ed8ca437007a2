use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many of something each key has at the moment; nothing is remembered of a key that has none.
#[derive(Clone, Debug)]
pub(crate) struct Tally<K>(Arc<Mutex<HashMap<K, usize>>>);

/// One of them, which counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted<K: Eq + Hash> {
    key: K,
    tally: Tally<K>,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Copy + Eq + Hash> Tally<K> {
    /// One more of `key`, unless it has `most` already.
    pub(super) fn take(&self, key: K, most: usize) -> Option<Counted<K>> {
        let mut counts = self.lock();
        let count = counts.entry(key).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Counted { key, tally: self.clone() })
    }

    /// One more of `key`, however many it has.
    pub(super) fn add(&self, key: K) -> Counted<K> {
        *self.lock().entry(key).or_default() += 1;
        Counted { key, tally: self.clone() }
    }

    pub(super) fn count(&self, key: &K) -> usize {
        self.lock().get(key).copied().unwrap_or_default()
    }
}

impl<K> Tally<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

impl<K: Eq + Hash> Counted<K> {
    pub(super) const fn key(&self) -> &K {
        &self.key
    }
}

impl<K: Eq + Hash> Drop for Counted<K> {
    fn drop(&mut self) {
        let mut counts = self.tally.lock();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}
