use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use oauth_types::{Issuer, UnixTime};
use url::Url;

use super::progress::Progress;
use crate::{Algorithm, IssuerPolicy, IssuerStatus, KeySet, KeySource, Reason, key::Key};

/// What is known of one issuer's keys and endpoints.
#[derive(Debug)]
pub(crate) struct KeyStore {
    pub(crate) issuer: Issuer,
    pub(crate) source: KeySource,
    /// Whether the introspection endpoint must be found in the metadata.
    pub(crate) wants_endpoint: bool,
    pub(crate) progress: Progress,
    stale_limit: Duration,
    keys: Arc<ArcSwapOption<Generation>>,
    endpoints: ArcSwapOption<Endpoints>,
    health: Mutex<Health>,
}

/// A key set and the number of changes before it.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    keys: KeySet,
    /// `None` for keys that nobody fetches, which never go stale.
    fetched_at: Option<UnixTime>,
}

/// What a metadata document said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) jwks_uri: Option<Url>,
    pub(crate) introspection_endpoint: Option<Url>,
}

#[derive(Clone, Debug, Default)]
struct Health {
    last_success: Option<UnixTime>,
    last_error: Option<String>,
}

impl KeyStore {
    /// An empty store for `policy`, or one with what `previous` knows if it has the same source.
    pub(crate) fn new(policy: &IssuerPolicy, stale_limit: Duration, previous: Option<&Self>) -> Self {
        let previous = previous.filter(|it| it.issuer == policy.issuer && it.source == policy.keys);
        let endpoint = policy.introspection.as_ref().map(|it| it.endpoint.is_none());
        let keys = match &policy.keys {
            KeySource::Shared(keys) => keys.generations(),
            KeySource::Static(keys) => {
                Arc::new(ArcSwapOption::from_pointee(Generation::unfetched(0, keys.clone())))
            }
            KeySource::Discovery | KeySource::JwksUri(_) | KeySource::None => {
                Arc::new(ArcSwapOption::from(previous.and_then(|it| it.keys.load_full())))
            }
        };
        Self {
            issuer: policy.issuer.clone(),
            source: policy.keys.clone(),
            wants_endpoint: endpoint.unwrap_or(false),
            progress: Progress::new(previous.and_then(|it| it.progress.last_rung())),
            stale_limit,
            keys,
            endpoints: ArcSwapOption::from(previous.and_then(|it| it.endpoints.load_full())),
            health: Mutex::new(previous.map(|it| it.health().clone()).unwrap_or_default()),
        }
    }

    /// Whether anything of this issuer must be fetched.
    pub(crate) fn needs_fetching(&self) -> bool {
        self.wants_endpoint || self.fetches_keys()
    }

    pub(crate) fn fetches_keys(&self) -> bool {
        matches!(self.source, KeySource::Discovery | KeySource::JwksUri(_))
    }

    /// The keys, unless there are none or they have not been confirmed for longer than the stale limit.
    pub(crate) fn current(&self, now: UnixTime) -> Option<Arc<Generation>> {
        let current = self.keys.load_full()?;
        let fresh = current.fetched_at.is_none_or(|it| now.saturating_since(it) <= self.stale_limit);
        fresh.then_some(current)
    }

    pub(crate) fn endpoints(&self) -> Option<Arc<Endpoints>> {
        self.endpoints.load_full()
    }

    /// Takes a fetched key set over; the number grows only if it differs from the one before.
    ///
    /// Keys that are in it no longer are withdrawn from then on.
    pub(crate) fn publish_keys(&self, keys: KeySet, now: UnixTime) {
        replace(&self.keys, keys, Some(now));
    }

    /// Takes over what a validated metadata document said, and says so when that is a change.
    pub(crate) fn publish_endpoints(&self, endpoints: Endpoints) {
        if self.endpoints().is_some_and(|before| *before != endpoints) {
            tracing::warn!(
                issuer = %self.issuer,
                jwks_uri = endpoints.jwks_uri.as_ref().map(Url::as_str),
                introspection_endpoint = endpoints.introspection_endpoint.as_ref().map(Url::as_str),
                "the authorization server has changed its endpoints"
            );
        }
        self.endpoints.store(Some(Arc::new(endpoints)));
    }

    pub(crate) fn succeeded(&self, now: UnixTime) {
        *self.health() = Health { last_success: Some(now), last_error: None };
    }

    pub(crate) fn failed(&self, error: String) {
        self.health().last_error = Some(error);
    }

    pub(crate) fn status(&self, now: UnixTime) -> IssuerStatus {
        let health = self.health().clone();
        let usable_keys = self.current(now).map_or(0, |it| it.keys.len());
        let has_endpoint = || self.endpoints().is_some_and(|it| it.introspection_endpoint.is_some());
        IssuerStatus {
            issuer: self.issuer.clone(),
            ready: (usable_keys > 0 || self.source == KeySource::None)
                && (!self.wants_endpoint || has_endpoint()),
            usable_keys,
            last_success: health.last_success,
            last_error: health.last_error,
        }
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generation {
    /// Keys that never go stale.
    pub(crate) const fn unfetched(number: u64, keys: KeySet) -> Self {
        Self { number, keys, fetched_at: None }
    }

    pub(crate) const fn keys(&self) -> &KeySet {
        &self.keys
    }

    pub(crate) fn select(&self, algorithm: Algorithm, id: Option<&str>) -> Result<&Key, Reason> {
        self.keys.select(algorithm, id)
    }
}

/// Puts `keys` in the place of those before; the number grows only if they differ.
///
/// Keys that are in both live on, and the others are withdrawn.
pub(crate) fn replace(place: &ArcSwapOption<Generation>, mut keys: KeySet, fetched_at: Option<UnixTime>) {
    let before = place.load_full();
    let mut number = 0;
    if let Some(before) = &before {
        number = if before.keys == keys { before.number } else { before.number + 1 };
        keys.live_on(&before.keys);
    }
    let next = Arc::new(Generation { number, keys, fetched_at });
    place.store(Some(Arc::clone(&next)));
    if let Some(before) = before {
        before.keys.give_way_to(&next.keys);
    }
}
