use std::{fmt, future::Future, pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, join_all, select};
use oauth_types::{Clock, Entropy};
use outbound_http::HttpClient;

use super::{
    discovery::discover,
    fetch::{KeyFetchError, fetch},
    store::{Endpoints, KeyStore},
};
use crate::{KeySet, KeySource};

/// The one part that fetches metadata and keys.
///
/// Spawn [`KeyRefresher::run`] once.
/// Dropping it stops all fetching: validators go on with the keys they have, and refuse what needs others.
#[must_use = "no keys are fetched until `run` is polled"]
pub struct KeyRefresher {
    stores: Vec<Arc<KeyStore>>,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// The longest time between two fetches, so that a withdrawn key is gone within 10 minutes.
const PERIOD: Duration = Duration::from_secs(5 * 60);
/// How long requests wait for a fetch.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a fetch may go on after requests have stopped waiting for it.
const GRACE: Duration = Duration::from_secs(25);
/// The pause after the first failure; it doubles with each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest pause between failures.
const LAST_RETRY: Duration = Duration::from_secs(30);

impl KeyRefresher {
    pub(crate) fn new(
        stores: Vec<Arc<KeyStore>>,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { stores: stores.into_iter().filter(|it| it.needs_fetching()).collect(), http, clock, entropy }
    }

    /// Fetches at once, then every 4 to 5 minutes, when a request meets an unknown key (at most once in 30 s), and
    /// after a failure with growing pauses of up to 30 s; each issuer by itself.
    ///
    /// Never ends if there is anything to fetch.
    /// `sleep` waits for a time, as `tokio::time::sleep` does.
    pub async fn run<S, F>(self, sleep: S)
    where
        S: Fn(Duration) -> F + Send + Sync,
        F: Future<Output = ()> + Send,
    {
        join_all(self.stores.iter().map(|store| self.keep_fresh(store, &sleep))).await;
    }

    async fn keep_fresh<F: Future<Output = ()> + Send>(
        &self,
        store: &KeyStore,
        sleep: &(impl Fn(Duration) -> F + Sync),
    ) {
        let mut failures = 0;
        loop {
            store.progress.begin();
            let outcome = self.attempt(store, sleep).await;
            failures = if outcome.is_ok() { 0 } else { failures + 1 };
            self.record(store, outcome);
            store.progress.end();
            let pause = self.jittered(pause_after(failures));
            select(pin!(sleep(pause)), pin!(store.progress.rung())).await;
        }
    }

    /// One fetch with its deadlines.
    async fn attempt<F: Future<Output = ()> + Send>(
        &self,
        store: &KeyStore,
        sleep: &(impl Fn(Duration) -> F + Sync),
    ) -> Result<(), KeyFetchError> {
        let refresh = pin!(self.refresh(store));
        let refresh = match select(refresh, pin!(sleep(PATIENCE))).await {
            Either::Left((outcome, _)) => return outcome,
            Either::Right(((), refresh)) => refresh,
        };
        store.progress.overdue();
        match select(refresh, pin!(sleep(GRACE))).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(KeyFetchError::Abandoned),
        }
    }

    async fn refresh(&self, store: &KeyStore) -> Result<(), KeyFetchError> {
        let endpoints = self.endpoints(store).await?;
        let jwks_uri = match &store.source {
            KeySource::Discovery => {
                Some(endpoints.and_then(|it| it.jwks_uri).ok_or(KeyFetchError::NoJwksUri)?)
            }
            KeySource::JwksUri(url) => Some(url.clone()),
            KeySource::Static(_) | KeySource::Shared(_) | KeySource::None => None,
        };
        let Some(url) = jwks_uri else { return Ok(()) };
        let body = fetch(self.http.as_ref(), &url).await?;
        let (keys, warnings) = KeySet::from_jwks_json(&body)
            .map_err(|source| KeyFetchError::KeySet { url: url.clone(), source })?;
        for warning in warnings.iter().filter(|it| it.kind.is_alarm()) {
            tracing::error!(issuer = %store.issuer, jwks_uri = %url, %warning, "a published key is not acceptable");
        }
        store.publish_keys(keys, self.clock.now());
        Ok(())
    }

    /// The endpoints by discovery, if any of them is needed.
    async fn endpoints(&self, store: &KeyStore) -> Result<Option<Endpoints>, KeyFetchError> {
        if store.source != KeySource::Discovery && !store.wants_endpoint {
            return Ok(None);
        }
        let endpoints = discover(self.http.as_ref(), &store.issuer).await?;
        if store.wants_endpoint && endpoints.introspection_endpoint.is_none() {
            return Err(KeyFetchError::NoIntrospectionEndpoint);
        }
        store.publish_endpoints(endpoints.clone());
        Ok(Some(endpoints))
    }

    fn record(&self, store: &KeyStore, outcome: Result<(), KeyFetchError>) {
        match outcome {
            Ok(()) => store.succeeded(self.clock.now()),
            Err(error) => {
                tracing::warn!(issuer = %store.issuer, %error, "the keys of the authorization server were not fetched");
                store.failed(error.to_string());
            }
        }
    }

    /// Between 80 and 100 % of `pause`, so that replicas do not come in step.
    fn jittered(&self, pause: Duration) -> Duration {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        pause.mul_f64(0.8 + 0.2 * f64::from(byte[0]) / 255.0)
    }
}

impl Drop for KeyRefresher {
    fn drop(&mut self) {
        for store in &self.stores {
            store.progress.stop();
        }
    }
}

impl fmt::Debug for KeyRefresher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<_> = self.stores.iter().map(|it| it.issuer.as_str()).collect();
        formatter.debug_struct("KeyRefresher").field("issuers", &issuers).finish_non_exhaustive()
    }
}

fn pause_after(failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => PERIOD,
        Some(doublings) => FIRST_RETRY.saturating_mul(2_u32.saturating_pow(doublings)).min(LAST_RETRY),
    }
}
