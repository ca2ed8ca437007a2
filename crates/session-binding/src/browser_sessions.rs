use std::{collections::HashSet, fmt, str::FromStr, sync::Arc, time::Duration};

use oauth_types::{Clock, Entropy, UnixTime};
use serde::{Deserialize, Serialize};
use storage::{Key, RecordStore, StoreError, Table};

use crate::{
    Authenticated, CsrfToken, InvalidSecretText, ThirdPartySessionId, ThirdPartySessions,
    random::{digest_of, is_random_text, random_text},
    record::{Typed, decode, encode},
};

oauth_types::secret! {
    /// Proof that a browser is signed in: 256 random bits in its cookie. The store holds the digest only.
    pub struct SessionSecret;
}

/// The browser sessions of signed-in persons.
///
/// A session lives no longer than the third-party session it came from.
/// Cloning is cheap.
#[derive(Clone)]
pub struct BrowserSessions {
    store: Arc<dyn RecordStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    third_party: ThirdPartySessions,
    limits: BrowserSessionLimits,
}

/// How long browser sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrowserSessionLimits {
    /// A session without a request for so long ends. Default 30 minutes.
    pub idle_timeout: Duration,
    /// A session ends so long after the sign-in; also the cookie's age. Default 12 hours.
    pub absolute_timeout: Duration,
}

/// Proof that the browser which sent the request is signed in, and as whom.
///
/// Has no public constructor.
#[derive(Debug)]
pub struct BrowserSession {
    secret: SessionSecret,
    stored: Stored,
}

impl BrowserSessions {
    /// Where they are kept in a store, for whoever looks at one as a whole.
    pub const TABLE: storage::Table = TABLE;

    /// The sessions in `store`, which are bound to those of `third_party`.
    #[must_use]
    pub fn new(
        store: Arc<dyn RecordStore>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        third_party: ThirdPartySessions,
        limits: BrowserSessionLimits,
    ) -> Self {
        Self { store, clock, entropy, third_party, limits }
    }

    /// Signs the browser in as `who`, always under a new secret; the session it had, if any, ends.
    ///
    /// # Errors
    /// When the store gives no answer; then the browser is not signed in anew.
    pub async fn sign_in(
        &self,
        previous: Option<&SessionSecret>,
        who: &Authenticated,
    ) -> Result<BrowserSession, StoreError> {
        if let Some(previous) = previous {
            self.store.remove(TABLE, &previous.key()).await?;
        }
        let now = self.clock.now();
        let secret = SessionSecret::new(random_text(&*self.entropy));
        let stored = Stored { who: who.clone(), created: now, last_seen: now };
        let record = encode(TABLE, stored.deadline(&self.limits), &stored)?;
        self.store.put(TABLE, &secret.key(), record).await?;
        Ok(BrowserSession { secret, stored })
    }

    /// The session of the browser that holds `secret`, if it and its third-party session live; counts as use of it.
    ///
    /// # Errors
    /// When the store gives no answer; the caller then treats nobody as signed in.
    pub async fn resume(&self, secret: &SessionSecret) -> Result<Option<BrowserSession>, StoreError> {
        let Some(found) = self.store.get(TABLE, &secret.key()).await? else {
            return Ok(None);
        };
        let Typed { value: mut stored, revision, .. } = Typed::<Stored>::read(TABLE, &found)?;
        let now = self.clock.now();
        if now >= stored.deadline(&self.limits) {
            return Ok(None);
        }
        if !self.third_party.liveness(stored.who.session()).await?.is_live() {
            return Ok(None);
        }
        if now > stored.last_seen + self.limits.idle_timeout / 50 {
            stored.last_seen = now;
            let record = encode(TABLE, stored.deadline(&self.limits), &stored)?;
            // Whoever was faster used the session too, or ended it: the next request will see that.
            self.store.compare_and_swap(TABLE, &secret.key(), revision, record).await?;
        }
        Ok(Some(BrowserSession { secret: secret.clone(), stored }))
    }

    /// Signs the browser out, and answers who it was.
    ///
    /// The third-party session and its grants live on; [`ThirdPartySessions::end`] ends them too.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn sign_out(&self, session: BrowserSession) -> Result<Option<Authenticated>, StoreError> {
        let taken = self.store.take(TABLE, &session.secret.key()).await?;
        taken.map(|it| decode::<Stored>(TABLE, &it.record).map(|it| it.who)).transpose()
    }

    /// The third-party sessions that some browser is signed in with.
    ///
    /// Goes over all browser sessions; one that cannot be read lets nobody in, and so needs nothing.
    ///
    /// # Errors
    /// When the store gives no answer.
    pub async fn in_use(&self) -> Result<HashSet<ThirdPartySessionId>, StoreError> {
        let now = self.clock.now();
        let (mut after, mut in_use) = (None, HashSet::new());
        loop {
            let page = self.store.scan(TABLE, after.as_ref(), PAGE).await?;
            let read = page.iter().filter_map(|(_, found)| Typed::<Stored>::read(TABLE, found).ok());
            let live = read.filter(|it| now < it.value.deadline(&self.limits));
            in_use.extend(live.map(|it| *it.value.who.session()));
            match page.into_iter().next_back() {
                Some((last, _)) => after = Some(last),
                None => return Ok(in_use),
            }
        }
    }

    /// How long the cookie should be kept.
    #[must_use]
    pub const fn cookie_lifetime(&self) -> Duration {
        self.limits.absolute_timeout
    }
}

impl BrowserSession {
    /// The secret for the browser's cookie.
    #[must_use]
    pub const fn secret(&self) -> &SessionSecret {
        &self.secret
    }

    /// Who is signed in.
    #[must_use]
    pub const fn who(&self) -> &Authenticated {
        &self.stored.who
    }

    /// When the person signed in with this browser.
    #[must_use]
    pub const fn created(&self) -> UnixTime {
        self.stored.created
    }

    /// When the browser was last seen, to about a fiftieth of the idle timeout.
    #[must_use]
    pub const fn last_seen(&self) -> UnixTime {
        self.stored.last_seen
    }

    /// What each form of the signed-in person's pages must send back.
    #[must_use]
    pub fn csrf_token(&self) -> CsrfToken {
        CsrfToken::derive(self.secret.expose(), "browser session")
    }
}

impl SessionSecret {
    fn key(&self) -> Key {
        Key::of(digest_of("browser session", self.expose()))
    }
}

impl FromStr for SessionSecret {
    type Err = InvalidSecretText;

    fn from_str(text: &str) -> Result<Self, InvalidSecretText> {
        if is_random_text(text) { Ok(Self::new(text.to_owned())) } else { Err(InvalidSecretText) }
    }
}

impl Default for BrowserSessionLimits {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(30 * 60),
            absolute_timeout: Duration::from_secs(12 * 60 * 60),
        }
    }
}

impl fmt::Debug for BrowserSessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BrowserSessions").field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    who: Authenticated,
    created: UnixTime,
    last_seen: UnixTime,
}

impl Stored {
    fn deadline(&self, limits: &BrowserSessionLimits) -> UnixTime {
        (self.created + limits.absolute_timeout).min(self.last_seen + limits.idle_timeout)
    }
}

const TABLE: Table = Table::new("browser_sessions", 1);
const PAGE: usize = 512;

#[cfg(test)]
mod tests;
