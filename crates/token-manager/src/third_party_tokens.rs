//! The tokens that third parties gave us for persons: sealed, and refreshed before they expire.

mod error;
mod keeper;
mod record;
mod refresh;
mod refresher;
mod token_set;

use std::{collections::HashMap, fmt, sync::Arc, sync::Mutex, time::Duration};

pub use error::{RefreshFailure, ThirdPartyTokenError};
pub use keeper::ThirdPartyTokenKeeper;
pub use refresher::{RefreshedTokens, Refresher};
pub use token_set::{ThirdPartyAccessToken, ThirdPartyRefreshToken, TokenSet};

pub(crate) use record::{TABLE, sealed_part};

use keeper::Command;
use oauth_types::{Clock, Entropy, ProviderId, UnixTime};
use record::{Header, Stored};
use storage::{Expected, RecordStore, StoreError, Write};
use tokio::sync::{mpsc, oneshot};

use crate::{Grants, KeyRing, SessionKey};

/// The third-party tokens of every third-party session.
///
/// Cloning is cheap, and clones share what they know.
#[derive(Clone)]
pub struct ThirdPartyTokens {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
}

/// What [`ThirdPartyTokens`] work with.
#[derive(Clone, Debug)]
pub struct ThirdPartyTokenParts {
    /// Where the records are.
    pub store: Arc<dyn RecordStore>,
    /// What seals them.
    pub ring: Arc<KeyRing>,
    /// Who asks the third parties.
    pub refresher: Arc<dyn Refresher>,
    /// The grants that end when a third party says so.
    pub grants: Grants,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where the name of this process in leases comes from.
    pub entropy: Arc<dyn Entropy>,
}

/// When third-party tokens are refreshed.
#[derive(Clone, Copy, Debug)]
pub struct ThirdPartyTokenSettings {
    /// How long before its end a token is refreshed, at most a quarter of its life; 5 minutes by default.
    pub refresh_ahead: Duration,
    /// How long one process may take for a refresh before another tries; must be more than the refresher's own
    /// timeouts together; 60 seconds by default.
    pub lease: Duration,
}

struct Shared {
    parts: ThirdPartyTokenParts,
    settings: ThirdPartyTokenSettings,
    /// This process in leases.
    holder: [u8; 16],
    /// Tokens that the store could not take yet; nobody else has them.
    unsaved: Mutex<HashMap<SessionKey, Write>>,
}

impl Default for ThirdPartyTokenSettings {
    fn default() -> Self {
        Self { refresh_ahead: Duration::from_secs(300), lease: Duration::from_secs(60) }
    }
}

impl ThirdPartyTokens {
    /// Where they are kept in a store, for whoever looks at one as a whole.
    pub const TABLE: storage::Table = record::TABLE;

    /// The tokens in a store, and the part that refreshes them: spawn [`ThirdPartyTokenKeeper::run`] once.
    pub fn new(
        parts: ThirdPartyTokenParts,
        settings: ThirdPartyTokenSettings,
    ) -> (Self, ThirdPartyTokenKeeper) {
        let mut holder = [0; 16];
        parts.entropy.fill(&mut holder);
        let shared = Arc::new(Shared { parts, settings, holder, unsaved: Mutex::default() });
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let keeper = ThirdPartyTokenKeeper::new(Arc::clone(&shared), inbox);
        (Self { shared, commands }, keeper)
    }

    /// Keeps the tokens of a session in the place of any earlier ones, until `keep_until` at the latest.
    ///
    /// # Errors
    /// When the store fails, or nothing can be sealed.
    pub async fn store(
        &self,
        session: &SessionKey,
        tokens: TokenSet,
        keep_until: UnixTime,
    ) -> Result<(), ThirdPartyTokenError> {
        self.write(session, Expected::Anything, tokens, keep_until).await.map(drop)
    }

    /// Keeps the tokens of a person who signed in again: like [`ThirdPartyTokens::store`], but the refresh token
    /// that is there stays if `tokens` has none, for many third parties give one at the first sign-in only.
    ///
    /// A session belongs to one person, so the old refresh token is the same person's.
    ///
    /// # Errors
    /// When the store fails, or nothing can be sealed.
    pub async fn renew(
        &self,
        session: &SessionKey,
        tokens: TokenSet,
        keep_until: UnixTime,
    ) -> Result<(), ThirdPartyTokenError> {
        if tokens.refresh_token.is_some() {
            return self.store(session, tokens, keep_until).await;
        }
        for _ in 0..RENEWALS {
            let Some(found) = self.shared.parts.store.get(record::TABLE, session.as_key()).await? else {
                return self.store(session, tokens, keep_until).await;
            };
            let Ok(old) = self.shared.open(session, &found) else {
                // Nobody can open it any more, so nothing of it can stay.
                return self.store(session, tokens, keep_until).await;
            };
            if old.header.lease.is_some() {
                // The old refresh token is being spent: its successor is the one to keep.
                // What comes of it does not matter here, the next look shows it.
                let _ = self.refresh(session).await;
            }
            let (expected, tokens) =
                (Expected::Revision(found.revision), tokens.clone().renewing(old.tokens));
            if self.write(session, expected, tokens, keep_until).await? {
                return Ok(());
            }
        }
        self.store(session, tokens, keep_until).await
    }

    /// An access token of the session that is good now.
    ///
    /// One that ends soon is refreshed first, once however many ask.
    /// While the third party or the store is in trouble, the old one is answered as long as it holds.
    /// One that cannot be refreshed just ends: what rests on the session does not depend on it.
    ///
    /// # Errors
    /// [`ThirdPartyTokenError`]; after [`ThirdPartyTokenError::Ended`] the session's grants have ended.
    pub async fn access_token(
        &self,
        session: &SessionKey,
    ) -> Result<ThirdPartyAccessToken, ThirdPartyTokenError> {
        let tokens = self.shared.read(session).await?.ok_or(ThirdPartyTokenError::Unknown)?;
        if !tokens.header.is_due(self.shared.now()) {
            return tokens.tokens.usable_at(self.shared.now());
        }
        let failure = match self.refresh(session).await {
            Ok(()) => {
                let tokens = self.shared.read(session).await?.ok_or(ThirdPartyTokenError::Unknown)?;
                return Ok(tokens.tokens.access_token);
            }
            Err(failure) => failure,
        };
        if failure.is_temporary() && tokens.tokens.holds_at(self.shared.now()) {
            return Ok(tokens.tokens.access_token);
        }
        Err(failure)
    }

    /// An access token in the place of `refused`, which the third party takes no more whatever its end.
    ///
    /// Refreshes now, once however many ask with the same token; where that one has been replaced already, the one in
    /// its place is answered.
    ///
    /// # Errors
    /// [`ThirdPartyTokenError`]: `Expired` when there is nothing to refresh it with; after
    /// [`ThirdPartyTokenError::Ended`] the session's grants have ended.
    pub async fn replace_refused(
        &self,
        session: &SessionKey,
        refused: &ThirdPartyAccessToken,
    ) -> Result<ThirdPartyAccessToken, ThirdPartyTokenError> {
        if let Some(replaced) = self.shared.make_due(session, refused).await? {
            return Ok(replaced);
        }
        self.refresh(session).await?;
        let tokens = self.shared.read(session).await?.ok_or(ThirdPartyTokenError::Unknown)?;
        Ok(tokens.tokens.access_token)
    }

    /// Removes the tokens of a session and hands them out a last time, for their revocation at the third party.
    ///
    /// # Errors
    /// When the store fails, or the record cannot be opened; it is gone then all the same.
    pub async fn take(&self, session: &SessionKey) -> Result<Option<TokenSet>, ThirdPartyTokenError> {
        let taken = self.shared.parts.store.take(record::TABLE, session.as_key()).await?;
        let stored = taken.map(|it| self.shared.open(session, &it)).transpose()?;
        Ok(stored.map(|it| it.tokens))
    }

    /// The names, beginning with `prefix`, under which tokens are kept.
    ///
    /// For whoever keeps tokens under further names beside that of a session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn beginning_with(&self, prefix: &[u8]) -> Result<Vec<SessionKey>, ThirdPartyTokenError> {
        let (store, mut found) = (&self.shared.parts.store, Vec::new());
        loop {
            let after = found.last().map(SessionKey::as_key);
            let page = store.scan_prefix(record::TABLE, prefix, after, PAGE).await?;
            if page.is_empty() {
                return Ok(found);
            }
            found.extend(page.into_iter().map(|(key, _)| SessionKey::from_key(key)));
        }
    }

    /// Who gave the tokens of a session; `None` if there are none.
    ///
    /// # Errors
    /// When the store fails, or the record cannot be opened.
    pub async fn provider(&self, session: &SessionKey) -> Result<Option<ProviderId>, ThirdPartyTokenError> {
        Ok(self.shared.read(session).await?.map(|it| it.tokens.provider))
    }

    /// Puts new `tokens` in the place of what is expected there; `false` if others were faster.
    async fn write(
        &self,
        session: &SessionKey,
        expected: Expected,
        tokens: TokenSet,
        keep_until: UnixTime,
    ) -> Result<bool, ThirdPartyTokenError> {
        let due = self.shared.refresh_at(&tokens);
        let stored = Stored { header: Header::new(due), tokens, keep_until };
        let written = self.shared.write(session, expected, &stored).await?.is_some();
        if let Some(at) = due.filter(|_| written) {
            // Should the keeper be gone, the token is still refreshed when it is wanted.
            let _ = self.commands.send(Command::Schedule(session.clone(), at)).await;
        }
        Ok(written)
    }

    async fn refresh(&self, session: &SessionKey) -> Result<(), ThirdPartyTokenError> {
        let (answer, answered) = oneshot::channel();
        let command = Command::Refresh(session.clone(), answer);
        self.commands.send(command).await.map_err(|_| ThirdPartyTokenError::Stopped)?;
        answered.await.map_err(|_| ThirdPartyTokenError::Stopped)?
    }
}

impl Shared {
    fn now(&self) -> UnixTime {
        self.parts.clock.now()
    }

    async fn read(&self, session: &SessionKey) -> Result<Option<Stored>, ThirdPartyTokenError> {
        let found = self.parts.store.get(record::TABLE, session.as_key()).await?;
        found.map(|it| self.open(session, &it)).transpose()
    }

    /// When to refresh tokens that were given now: never if the third party gave nothing to do it with.
    fn refresh_at(&self, tokens: &TokenSet) -> Option<UnixTime> {
        let now = self.now();
        let expires_at = tokens.expires_at?;
        tokens.refresh_token.as_ref()?;
        let life = expires_at.saturating_since(now);
        Some(now + life.saturating_sub(self.settings.refresh_ahead.min(life / 4)))
    }
}

impl fmt::Debug for ThirdPartyTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ThirdPartyTokens")
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

impl From<StoreError> for ThirdPartyTokenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Requests that wait for the keeper before senders have to.
const COMMANDS: usize = 1024;
const PAGE: usize = 64;
/// How often tokens are renewed when others keep changing them.
const RENEWALS: usize = 3;

#[cfg(test)]
mod tests;
