use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use oauth_types::{Clock, Issuer, UnixTime};
use outbound_http::HttpClient;
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use crate::{
    Algorithm, JwsError, KeySet, VerifiedJws,
    jws::UnverifiedToken,
    keys::{
        discovery::discover,
        fetch::{KeyFetchError, fetch},
    },
};

/// Key sets at addresses that others name, fetched when a token needs them.
///
/// There is one fetch at a time for each address, and no token can cause more than one in 30 s, however many keys it
/// makes up. Which addresses may be called is for the [`HttpClient`] to decide; whom to trust with which address is for
/// the caller, who should keep the addresses of strangers apart from those of third parties: there is room for a
/// limited number, and the one longest unused makes room.
pub struct RemoteKeySets {
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    entries: Mutex<HashMap<Source, Entry>>,
    most: usize,
}

/// Where a key set is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Source {
    /// At this address.
    Address(Url),
    /// Wherever the metadata of this issuer says.
    Metadata(Issuer),
}

/// One address.
struct Entry {
    last_used: UnixTime,
    /// Locked by whoever fetches; others wait for what he gets.
    keys: Arc<AsyncMutex<Fetched>>,
}

/// What is known of one address.
#[derive(Default)]
struct Fetched {
    keys: Option<(Arc<KeySet>, UnixTime)>,
    last_attempt: Option<UnixTime>,
    last_error: Option<Arc<KeyFetchError>>,
}

/// Why a token proves nothing, or cannot be judged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RemoteJwsError {
    /// The token is at fault.
    #[error(transparent)]
    Token(#[from] JwsError),
    /// There are no keys at the moment; the same token may pass later.
    #[error("the key set cannot be fetched")]
    Keys(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl RemoteKeySets {
    /// Room for `most` addresses, at least one.
    #[must_use]
    pub fn new(http: Arc<dyn HttpClient>, clock: Arc<dyn Clock>, most: usize) -> Self {
        Self { http, clock, entries: Mutex::default(), most: most.max(1) }
    }

    /// Checks that `token` was signed by a key of the set at `jwks_uri` with one of `algorithms`, like
    /// [`verify_jws`](crate::verify_jws).
    ///
    /// A key set is used for 10 minutes, and fetched anew for a token with an unknown key, at most once in 30 s.
    /// What can be refused without a key causes no fetch.
    ///
    /// # Errors
    /// [`RemoteJwsError`].
    pub async fn verify(
        &self,
        jwks_uri: &Url,
        token: &str,
        algorithms: &[Algorithm],
    ) -> Result<VerifiedJws, RemoteJwsError> {
        self.verify_at(Source::Address(jwks_uri.clone()), token, algorithms).await
    }

    /// [`RemoteKeySets::verify`] by the keys that the metadata of `issuer` name (RFC 8414 section 2); fetching both
    /// counts as one.
    ///
    /// # Errors
    /// [`RemoteJwsError`].
    pub async fn verify_of_issuer(
        &self,
        issuer: &Issuer,
        token: &str,
        algorithms: &[Algorithm],
    ) -> Result<VerifiedJws, RemoteJwsError> {
        self.verify_at(Source::Metadata(issuer.clone()), token, algorithms).await
    }

    async fn verify_at(
        &self,
        source: Source,
        token: &str,
        algorithms: &[Algorithm],
    ) -> Result<VerifiedJws, RemoteJwsError> {
        let token = UnverifiedToken::read(token, algorithms)?;
        let entry = self.entry(&source);
        let mut fetched = entry.lock().await;
        let now = self.clock.now();
        if fetched.needs_fetch(&token, now) {
            self.refresh(&mut fetched, &source, now).await;
        }
        let keys = fetched.usable(self.clock.now())?;
        drop(fetched);
        Ok(token.verify(&keys)?)
    }

    async fn refresh(&self, fetched: &mut Fetched, source: &Source, now: UnixTime) {
        // Noted first: whoever gives up on a slow address does not clear the way for the next fetch of it.
        fetched.last_attempt = Some(now);
        match self.fetch(source).await {
            Ok(keys) => {
                fetched.keys = Some((Arc::new(keys), self.clock.now()));
                fetched.last_error = None;
            }
            Err(error) => {
                tracing::debug!(?source, %error, "a key set was not fetched");
                fetched.last_error = Some(Arc::new(error));
            }
        }
    }

    async fn fetch(&self, source: &Source) -> Result<KeySet, KeyFetchError> {
        let url = match source {
            Source::Address(url) => url.clone(),
            Source::Metadata(issuer) => {
                let endpoints = discover(self.http.as_ref(), issuer).await?;
                endpoints.jwks_uri.ok_or(KeyFetchError::NoJwksUri)?
            }
        };
        let body = fetch(self.http.as_ref(), &url).await?;
        let read = KeySet::from_jwks_json(&body);
        let (keys, _) = read.map_err(|source| KeyFetchError::KeySet { url, source })?;
        Ok(keys)
    }

    fn entry(&self, source: &Source) -> Arc<AsyncMutex<Fetched>> {
        let now = self.clock.now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(source) {
            entry.last_used = now;
            return Arc::clone(&entry.keys);
        }
        if entries.len() >= self.most {
            let oldest = entries.iter().min_by_key(|(_, it)| it.last_used).map(|(source, _)| source.clone());
            oldest.and_then(|it| entries.remove(&it));
        }
        let keys = Arc::<AsyncMutex<Fetched>>::default();
        entries.insert(source.clone(), Entry { last_used: now, keys: Arc::clone(&keys) });
        keys
    }
}

impl Fetched {
    fn needs_fetch(&self, token: &UnverifiedToken<'_>, now: UnixTime) -> bool {
        let wanted = match self.fresh(now) {
            Some(keys) => token.is_unknown_to(keys),
            None => true,
        };
        let pause = if self.last_error.is_some() { RETRY_PAUSE } else { COOL_DOWN };
        let rested = self.last_attempt.is_none_or(|it| now.saturating_since(it) >= pause);
        wanted && rested
    }

    fn fresh(&self, now: UnixTime) -> Option<&Arc<KeySet>> {
        let (keys, at) = self.keys.as_ref()?;
        (now.saturating_since(*at) < KEPT).then_some(keys)
    }

    fn usable(&self, now: UnixTime) -> Result<Arc<KeySet>, RemoteJwsError> {
        if let Some(keys) = self.fresh(now) {
            return Ok(Arc::clone(keys));
        }
        let abandoned = || Arc::new(KeyFetchError::Abandoned);
        Err(RemoteJwsError::Keys(self.last_error.clone().unwrap_or_else(abandoned)))
    }
}

impl fmt::Debug for RemoteKeySets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RemoteKeySets").field("most", &self.most).finish_non_exhaustive()
    }
}

/// How long a key set is used.
const KEPT: Duration = Duration::from_secs(10 * 60);
/// How often tokens can cause a fetch of one address that answers.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// How soon an address that failed is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
