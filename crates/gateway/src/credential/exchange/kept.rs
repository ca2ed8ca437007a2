use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth_types::{Clock, UnixTime};

use super::Exchanged;
use crate::{
    credential::{CredentialError, UpstreamToken},
    reason::Reason,
};

/// Whose credential it is, as a digest.
pub(super) type Key = [u8; 32];

/// Credentials in memory, each fetched by one request at a time, and again before it ends.
pub(super) struct Kept {
    clock: Arc<dyn Clock>,
    most: usize,
    entries: Mutex<HashMap<Key, Arc<Entry>>>,
}

#[derive(Default)]
struct Entry {
    /// Held by the one who fetches.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Clone, Default)]
enum State {
    #[default]
    Nothing,
    Have {
        token: UpstreamToken,
        refresh_at: UnixTime,
        expires_at: UnixTime,
    },
    /// Those who waited for the same answer get it too.
    Failed {
        error: CredentialError,
        until: UnixTime,
    },
}

impl Kept {
    pub(super) fn new(clock: Arc<dyn Clock>, most: usize) -> Self {
        Self { clock, most, entries: Mutex::default() }
    }

    /// The credential of `key`, by `fetch` if none is kept or it ends soon.
    ///
    /// While it is good and somebody fetches the next one, the others go on with it.
    pub(super) async fn obtain(
        &self,
        key: Key,
        fetch: impl Future<Output = Result<Exchanged, CredentialError>>,
    ) -> Result<UpstreamToken, CredentialError> {
        let entry = self.entry(key);
        let now = self.clock.now();
        if let State::Have { token, refresh_at, expires_at } = entry.state()
            && now < expires_at
        {
            if now < refresh_at {
                return Ok(token);
            }
            let Ok(_flight) = entry.flight.try_lock() else { return Ok(token) };
            return match self.fetch(&entry, fetch).await {
                Err(error) if error.reason == Reason::CredentialUnavailable => {
                    let refresh_at = (self.clock.now() + PATIENCE).min(expires_at);
                    entry.put(State::Have { token: token.clone(), refresh_at, expires_at });
                    Ok(token)
                }
                outcome => outcome,
            };
        }
        let _flight = entry.flight.lock().await;
        let now = self.clock.now();
        match entry.state() {
            State::Have { token, expires_at, .. } if now < expires_at => Ok(token),
            State::Failed { error, until } if now < until => Err(error),
            State::Nothing | State::Have { .. } | State::Failed { .. } => self.fetch(&entry, fetch).await,
        }
    }

    /// The credential of `key` in the place of `refused`, by `fetch` unless it has been replaced already.
    pub(super) async fn replace(
        &self,
        key: Key,
        refused: &UpstreamToken,
        fetch: impl Future<Output = Result<Exchanged, CredentialError>>,
    ) -> Result<UpstreamToken, CredentialError> {
        let entry = self.entry(key);
        let _flight = entry.flight.lock().await;
        let now = self.clock.now();
        match entry.state() {
            State::Have { token, expires_at, .. } if now < expires_at && token != *refused => Ok(token),
            State::Failed { error, until } if now < until => Err(error),
            State::Nothing | State::Have { .. } | State::Failed { .. } => self.fetch(&entry, fetch).await,
        }
    }

    async fn fetch(
        &self,
        entry: &Entry,
        fetch: impl Future<Output = Result<Exchanged, CredentialError>>,
    ) -> Result<UpstreamToken, CredentialError> {
        let outcome = fetch.await;
        let now = self.clock.now();
        match outcome {
            Ok(Exchanged { token, lifetime }) => {
                let ahead = AHEAD.min(lifetime / 4);
                let (refresh_at, expires_at) = (now + lifetime.saturating_sub(ahead), now + lifetime);
                entry.put(State::Have { token: token.clone(), refresh_at, expires_at });
                Ok(token)
            }
            Err(error) => {
                // What is said of a person's token may be otherwise for their next one.
                let is_of_server =
                    matches!(error.reason, Reason::CredentialUnavailable | Reason::CredentialMisconfigured);
                entry.put(if is_of_server {
                    State::Failed { error: error.clone(), until: now + PAUSE }
                } else {
                    State::Nothing
                });
                Err(error)
            }
        }
    }

    fn entry(&self, key: Key) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.most && !entries.contains_key(&key) {
            self.make_room(&mut entries);
        }
        Arc::clone(entries.entry(key).or_default())
    }

    /// Forgets what has ended, or else anyone's that nobody is waiting for.
    fn make_room(&self, entries: &mut MutexGuard<'_, HashMap<Key, Arc<Entry>>>) {
        let now = self.clock.now();
        entries.retain(|_, it| Arc::strong_count(it) > 1 || it.is_good(now));
        if entries.len() >= self.most {
            let idle = entries.iter().find(|(_, it)| Arc::strong_count(it) == 1).map(|(key, _)| *key);
            idle.map(|key| entries.remove(&key));
        }
    }
}

impl Entry {
    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn is_good(&self, now: UnixTime) -> bool {
        matches!(self.state(), State::Have { expires_at, .. } if now < expires_at)
    }
}

/// How long before its end a credential is fetched again, at most a quarter of its life.
const AHEAD: Duration = Duration::from_secs(60);
/// How long the next attempt waits when a good credential could not be fetched again.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long nobody asks again after a failure that is nobody's own.
const PAUSE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
