use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use oauth_types::{ClientId, Clock, Entropy, UnixTime};
use storage::{Key, Record, RecordStore, StoreError, Table};

use super::{error::PushError, request_uri::RequestUri};
use crate::{endpoint::EndpointError, parameters::Parameters};

/// The requests that were pushed and that no browser has brought yet.
///
/// Each is good for one use, by the client that pushed it, for [`PushedRequests::LIFETIME`].
/// As many are kept as there are open transactions of browsers: public clients prove nothing, so anybody can push.
/// Cloning is cheap, and clones share what they know.
#[derive(Clone)]
pub struct PushedRequests {
    store: Arc<dyn RecordStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    open: Arc<Mutex<Open>>,
}

/// The names of the requests that are kept, and how many of them came from where.
#[derive(Debug, Default)]
struct Open {
    all: BTreeSet<(UnixTime, Key)>,
    sources: HashMap<(UnixTime, Key), Box<[u8]>>,
    by_source: HashMap<Box<[u8]>, BTreeSet<(UnixTime, Key)>>,
}

impl PushedRequests {
    /// How long a pushed request waits for its browser (RFC 9126 section 2.2).
    pub const LIFETIME: Duration = Duration::from_secs(90);

    /// None yet; `store` may be one that forgets, since a restart only sends people back to their client.
    #[must_use]
    pub fn new(store: Arc<dyn RecordStore>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy, open: Arc::default() }
    }

    /// Keeps the parameters of a request, after every check, and names it.
    pub(super) async fn keep(
        &self,
        parameters: &Parameters,
        source: Option<&[u8]>,
    ) -> Result<RequestUri, PushError> {
        let kept = parameters.to_urlencoded();
        if kept.len() > MOST_BYTES {
            return Err(EndpointError::TooLarge.into());
        }
        let request_uri = RequestUri::random(self.entropy.as_ref());
        let (key, now) = (request_uri.key(), self.clock.now());
        let expires_at = now + Self::LIFETIME;
        if let Some(oldest) = self.admit((expires_at, key.clone()), source, now)? {
            self.store.remove(TABLE, &oldest).await?;
        }
        let record = Record::new(TABLE, expires_at, kept);
        match self.store.insert_new(TABLE, &key, record).await {
            Ok(true) => Ok(request_uri),
            // 256 random bits repeat when the generator is broken.
            Ok(false) => Err(StoreError::Unavailable("a random name repeated".to_owned()).into()),
            Err(error) => {
                self.open().remove(&(expires_at, key));
                Err(error.into())
            }
        }
    }

    /// The parameters behind `request_uri`, which nobody gets again; `None` if it is unknown, used, too old, or not of
    /// `client_id`, who then uses nothing up.
    pub(crate) async fn take(
        &self,
        request_uri: &RequestUri,
        client_id: &ClientId,
    ) -> Result<Option<Parameters>, StoreError> {
        let key = request_uri.key();
        let Some(found) = self.store.get(TABLE, &key).await? else { return Ok(None) };
        let parameters = Parameters::from_urlencoded(&found.record.body);
        let is_theirs = parameters.one("client_id") == Ok(Some(client_id.as_str()));
        if !is_theirs || found.record.is_expired(self.clock.now()) {
            return Ok(None);
        }
        // Of two browsers one gets it.
        let Some(taken) = self.store.take(TABLE, &key).await? else { return Ok(None) };
        self.open().remove(&(taken.record.expires_at, key));
        Ok(Some(parameters))
    }

    /// Makes room for one more; answers the one that has to go for it. A source that has all that it may have gives up
    /// one of its own.
    fn admit(
        &self,
        new: (UnixTime, Key),
        source: Option<&[u8]>,
        now: UnixTime,
    ) -> Result<Option<Key>, PushError> {
        let mut open = self.open();
        // Those that expired are left to the sweep of the store.
        while open.take_oldest(None, now).is_some() {}
        let evictable_at = now + Self::LIFETIME.saturating_sub(PROTECTED);
        let busy = PushError::Busy { retry_after: PROTECTED };
        let oldest = if source.is_some_and(|it| open.count_of(it) >= MOST_OF_A_SOURCE) {
            Some(open.take_oldest(source, evictable_at).ok_or(busy)?)
        } else if open.all.len() >= MOST {
            Some(open.take_oldest(None, evictable_at).ok_or(busy)?)
        } else {
            None
        };
        open.insert(new, source);
        Ok(oldest)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn insert(&mut self, new: (UnixTime, Key), source: Option<&[u8]>) {
        if let Some(source) = source {
            self.by_source.entry(source.into()).or_default().insert(new.clone());
            self.sources.insert(new.clone(), source.into());
        }
        self.all.insert(new);
    }

    fn remove(&mut self, old: &(UnixTime, Key)) {
        self.all.remove(old);
        let Some(source) = self.sources.remove(old) else { return };
        if let Some(its) = self.by_source.get_mut(&source) {
            its.remove(old);
            if its.is_empty() {
                self.by_source.remove(&source);
            }
        }
    }

    fn count_of(&self, source: &[u8]) -> usize {
        self.by_source.get(source).map_or(0, BTreeSet::len)
    }

    /// The oldest, of this source if one is given, and if its end is not after `latest`.
    fn take_oldest(&mut self, source: Option<&[u8]>, latest: UnixTime) -> Option<Key> {
        let those = source.map_or(Some(&self.all), |it| self.by_source.get(it))?;
        let oldest = those.first().filter(|(end, _)| *end <= latest)?.clone();
        self.remove(&oldest);
        Some(oldest.1)
    }
}

impl fmt::Debug for PushedRequests {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PushedRequests").field("open", &self.open().all.len()).finish_non_exhaustive()
    }
}

const TABLE: Table = Table::new("pushed_requests", 1);
/// Requests that are kept at once.
pub(super) const MOST: usize = 10_000;
/// Requests that are kept of one source, so that nobody alone can fill all places.
pub(super) const MOST_OF_A_SOURCE: usize = 500;
/// Bytes that one of them may have: with `state`, `scope` and `redirect_uri` as long as each may be, and every byte
/// escaped where it can be.
const MOST_BYTES: usize = 32 * 1024;
/// How long a request is safe from being pushed out by newer ones.
const PROTECTED: Duration = Duration::from_secs(60);
