use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth_types::UnixTime;

/// How often something may happen: at most `count` times in each window of `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many times; 0 means never.
    pub count: u32,
    /// The length of a window, in whole seconds.
    pub per: Duration,
}

/// Counts what happened for each key, in windows that begin with the first event.
///
/// It remembers a bounded number of keys.
#[derive(Debug)]
pub struct Budget<K> {
    rate: Rate,
    max_keys: usize,
    windows: Mutex<HashMap<K, Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    begun: UnixTime,
    spent: u32,
}

impl Rate {
    /// At most `count` times a minute.
    #[must_use]
    pub const fn per_minute(count: u32) -> Self {
        Self { count, per: Duration::from_secs(60) }
    }
}

impl<K: Eq + Hash> Budget<K> {
    /// Nothing has happened yet; at most `max_keys` keys are remembered.
    #[must_use]
    pub fn new(rate: Rate, max_keys: usize) -> Self {
        Self { rate, max_keys, windows: Mutex::default() }
    }

    /// Counts one event, or says how long to wait.
    ///
    /// A key that there is no more room for is let through: whoever has many keys is for another budget to stop.
    ///
    /// # Errors
    /// The time to wait.
    pub fn spend(&self, key: K, now: UnixTime) -> Result<(), Duration> {
        let mut windows = self.windows();
        if windows.len() >= self.max_keys && !windows.contains_key(&key) {
            windows.retain(|_, it| !self.is_over(*it, now));
            if windows.len() >= self.max_keys {
                return Ok(());
            }
        }
        let window = windows.entry(key).or_insert(Window { begun: now, spent: 0 });
        if self.is_over(*window, now) {
            *window = Window { begun: now, spent: 0 };
        }
        if window.spent >= self.rate.count {
            return Err(self.wait(*window, now));
        }
        window.spent += 1;
        Ok(())
    }

    /// Says how long to wait if nothing is left, without counting anything.
    ///
    /// # Errors
    /// The time to wait.
    pub fn check(&self, key: &K, now: UnixTime) -> Result<(), Duration> {
        match self.windows().get(key) {
            Some(window) if !self.is_over(*window, now) && window.spent >= self.rate.count => {
                Err(self.wait(*window, now))
            }
            _ => Ok(()),
        }
    }

    fn is_over(&self, window: Window, now: UnixTime) -> bool {
        // A clock that was set back must not lock anybody out for longer than a window.
        now >= window.begun + self.rate.per || now < window.begun
    }

    fn wait(&self, window: Window, now: UnixTime) -> Duration {
        (window.begun + self.rate.per).saturating_since(now).max(Duration::from_secs(1))
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<K, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
