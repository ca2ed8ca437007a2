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

use keeper::Command;
use oauth_types::{Clock, Entropy, UnixTime};
use record::{Header, Stored};
use refresh::Unsaved;
use storage::{RecordStore, StoreError};
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
    unsaved: Mutex<HashMap<SessionKey, Unsaved>>,
}

impl Default for ThirdPartyTokenSettings {
    fn default() -> Self {
        Self { refresh_ahead: Duration::from_secs(300), lease: Duration::from_secs(60) }
    }
}

impl ThirdPartyTokens {
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
        let stored = Stored { header: Header::new(self.shared.refresh_at(&tokens)), tokens, keep_until };
        let due = stored.header.refresh_at;
        let record = self.shared.seal(session, &stored)?;
        self.shared.parts.store.put(record::TABLE, session.as_key(), record).await?;
        if let Some(at) = due {
            // Should the keeper be gone, the token is still refreshed when it is wanted.
            let _ = self.commands.send(Command::Schedule(session.clone(), at)).await;
        }
        Ok(())
    }

    /// An access token of the session that is good now.
    ///
    /// One that ends soon is refreshed first, once however many ask.
    /// While the third party or the store is in trouble, the old one is answered as long as it holds.
    ///
    /// # Errors
    /// [`ThirdPartyTokenError`]; after [`ThirdPartyTokenError::Ended`] the session's grants have ended.
    pub async fn access_token(
        &self,
        session: &SessionKey,
    ) -> Result<ThirdPartyAccessToken, ThirdPartyTokenError> {
        let tokens = self.shared.read(session).await?.ok_or(ThirdPartyTokenError::Unknown)?;
        if !tokens.header.is_due(self.shared.now()) {
            return Ok(tokens.tokens.access_token);
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

    /// Removes the tokens of a session and hands them out a last time, for their revocation at the third party.
    ///
    /// # Errors
    /// When the store fails, or the record cannot be opened; it is gone then all the same.
    pub async fn take(&self, session: &SessionKey) -> Result<Option<TokenSet>, ThirdPartyTokenError> {
        let taken = self.shared.parts.store.take(record::TABLE, session.as_key()).await?;
        let stored = taken.map(|it| self.shared.open(session, &it)).transpose()?;
        Ok(stored.map(|it| it.tokens))
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
        found.map(|it| self.open(session, &it.record)).transpose()
    }

    /// When to refresh tokens that were given now: at their very end if nothing can be done about it.
    fn refresh_at(&self, tokens: &TokenSet) -> Option<UnixTime> {
        let now = self.now();
        let expires_at = tokens.expires_at?;
        if tokens.refresh_token.is_none() {
            return Some(expires_at);
        }
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

#[cfg(test)]
mod tests;
