//! Asking the issuer about a token (RFC 7662).

mod answer;
mod request;

use std::{fmt, sync::Arc};

use moka::future::Cache;
use oauth_types::{Clock, UnixTime};
use outbound_http::{HttpClient, Limits};
use tokio::sync::Semaphore;
use url::Url;

pub use self::request::introspection_request;

use self::answer::Answer;
use crate::{
    BearerToken, Introspection, IntrospectionScope, IssuerPolicy, Reason, Refusal, keys::KeyStore,
    verified_cache::TokenDigest,
};

/// Asks one issuer about tokens, at most once at a time for each, and remembers active ones for a while.
///
/// Inactive ones are not remembered: bad tokens are free to make, and would push out the good ones.
pub(crate) struct Introspector {
    settings: Introspection,
    keys: Arc<KeyStore>,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    cache: Cache<TokenDigest, Remembered>,
    slots: Semaphore,
    /// Those who ask and those who wait to ask; beyond it a wait would have no bound.
    queue: Semaphore,
}

#[derive(Clone)]
struct Remembered {
    answer: Arc<Answer>,
    until: UnixTime,
}

/// The most questions to one issuer at a time; more wait, so that a flood of bad tokens does not reach it.
const MAX_CONCURRENT: usize = 64;

impl Introspector {
    pub(crate) fn new(
        settings: Introspection,
        keys: Arc<KeyStore>,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        cache_entries: u64,
    ) -> Self {
        let slots = Semaphore::new(MAX_CONCURRENT);
        let queue = Semaphore::new(2 * MAX_CONCURRENT);
        Self { settings, keys, http, clock, cache: Cache::new(cache_entries), slots, queue }
    }

    pub(crate) fn applies_to_every(&self) -> bool {
        self.settings.applies_to == IntrospectionScope::Every
    }

    /// What the issuer says of an active token, now or not longer ago than configured.
    pub(crate) async fn ask(
        &self,
        token: &BearerToken<'_>,
        digest: TokenDigest,
        policy: &IssuerPolicy,
    ) -> Result<Arc<Answer>, Refusal> {
        if let Some(remembered) = self.cache.get(&digest).await {
            if self.clock.now() < remembered.until {
                return Ok(remembered.answer);
            }
            self.cache.invalidate(&digest).await;
        }
        let fetched = self.cache.try_get_with(digest, self.fetch(token, policy)).await;
        fetched.map(|it| it.answer).map_err(|refusal| (*refusal).clone())
    }

    async fn fetch(&self, token: &BearerToken<'_>, policy: &IssuerPolicy) -> Result<Remembered, Refusal> {
        let endpoint = self.endpoint().await?;
        let shown = without_query(&endpoint);
        let request = introspection_request(&endpoint, &self.settings, token.expose())
            .map_err(|error| unavailable(format!("{shown}: {error}")))?;
        let _place = self.queue.try_acquire().map_err(|_| unavailable("too many questions at once"))?;
        let slot = self.slots.acquire().await.map_err(|_| unavailable("shutting down"))?;
        let response = self
            .http
            .send(request, Limits::default())
            .await
            .map_err(|error| unavailable(format!("{shown}: {error}")).with_source(Arc::new(error)))?;
        drop(slot);
        let answer = Answer::read(&response, policy).map_err(|refusal| match refusal.detail() {
            Some(detail) if refusal.reason == Reason::IntrospectionUnavailable => {
                unavailable(format!("{shown} {detail}"))
            }
            _ => refusal,
        })?;
        let now = self.clock.now();
        let longest = now + self.settings.cache.min(Introspection::MAX_CACHE);
        let until = answer.expires_at().map_or(longest, |it| it.min(longest));
        Ok(Remembered { answer: Arc::new(answer), until })
    }

    async fn endpoint(&self) -> Result<Url, Refusal> {
        if let Some(endpoint) = self.known_endpoint() {
            return Ok(endpoint);
        }
        self.keys.progress.ring_and_wait(self.clock.now()).await;
        self.known_endpoint().ok_or_else(|| unavailable("the introspection endpoint is not known yet"))
    }

    fn known_endpoint(&self) -> Option<Url> {
        self.settings.endpoint.clone().or_else(|| self.keys.endpoints()?.introspection_endpoint.clone())
    }
}

impl fmt::Debug for Introspector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Introspector").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn unavailable(detail: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(Reason::IntrospectionUnavailable).with_detail(detail)
}

/// An address for the log; keys hide in queries.
fn without_query(url: &Url) -> &str {
    url.as_str().split_once('?').map_or(url.as_str(), |(before, _)| before)
}
