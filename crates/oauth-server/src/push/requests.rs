use std::{
    collections::BTreeSet,
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
    open: Arc<Mutex<BTreeSet<(UnixTime, Key)>>>,
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
    pub(super) async fn keep(&self, parameters: &Parameters) -> Result<RequestUri, PushError> {
        let kept = parameters.to_urlencoded();
        if kept.len() > MOST_BYTES {
            return Err(EndpointError::TooLarge.into());
        }
        let request_uri = RequestUri::random(self.entropy.as_ref());
        let (key, now) = (request_uri.key(), self.clock.now());
        let expires_at = now + Self::LIFETIME;
        if let Some(oldest) = self.admit(key.clone(), expires_at, now)? {
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
        self.open().remove(&(taken.expires_at, key));
        Ok(Some(parameters))
    }

    /// Makes room for one more; answers the one that has to go for it.
    fn admit(&self, key: Key, expires_at: UnixTime, now: UnixTime) -> Result<Option<Key>, PushError> {
        let mut open = self.open();
        // Those that expired are left to the sweep of the store.
        while open.first().is_some_and(|(it, _)| *it <= now) {
            open.pop_first();
        }
        let mut oldest = None;
        if open.len() >= MOST {
            let evictable_at = now + Self::LIFETIME.saturating_sub(PROTECTED);
            let may_go = open.first().is_some_and(|(it, _)| *it <= evictable_at);
            if !may_go {
                return Err(PushError::Busy { retry_after: PROTECTED });
            }
            oldest = open.pop_first().map(|(_, key)| key);
        }
        open.insert((expires_at, key));
        Ok(oldest)
    }

    fn open(&self) -> MutexGuard<'_, BTreeSet<(UnixTime, Key)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for PushedRequests {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PushedRequests").field("open", &self.open().len()).finish_non_exhaustive()
    }
}

const TABLE: Table = Table::new("pushed_requests", 1);
/// Requests that are kept at once.
pub(super) const MOST: usize = 10_000;
/// Bytes that one of them may have: with `state`, `scope` and `redirect_uri` as long as each may be, and every byte
/// escaped where it can be.
const MOST_BYTES: usize = 32 * 1024;
/// How long a request is safe from being pushed out by newer ones.
const PROTECTED: Duration = Duration::from_secs(60);
