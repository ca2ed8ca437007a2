//! One refresh of one session, from the lease to the durable result.

use std::{sync::PoisonError, time::Duration};

use oauth_types::UnixTime;
use storage::{ChosenRevision, Expected, Write};

use super::{
    RefreshFailure, RefreshedTokens, Shared, ThirdPartyAccessToken, ThirdPartyTokenError, TokenSet,
    record::{self, Header, Lease, Stored},
};
use crate::{EndCause, RevokeSelector, SessionKey, key_ring::next_revision};

/// What a lease protects: the tokens as they are, in a record that only this process changes for now.
struct Leased {
    stored: Stored,
    revision: u64,
    /// Whoever had the lease before did not come to its end.
    interrupted: bool,
}

enum Attempt {
    /// Nothing to do: the tokens are fresh, by whomever.
    Fresh(Option<UnixTime>),
    /// Another process is at it.
    Busy,
    Leased(Box<Leased>),
}

impl Shared {
    /// Refreshes the tokens of `session` if they want it; answers when they will want it next.
    pub(super) async fn refresh<F: Future<Output = ()> + Send>(
        &self,
        session: &SessionKey,
        sleep: &(impl Fn(Duration) -> F + Sync),
    ) -> Result<Option<UnixTime>, ThirdPartyTokenError> {
        self.save(session).await?;
        for _ in 0..PATIENCE {
            match self.begin(session).await? {
                Attempt::Fresh(due) => return Ok(due),
                Attempt::Busy => sleep(PAUSE).await,
                Attempt::Leased(leased) => return self.ask(session, *leased).await,
            }
        }
        Err(ThirdPartyTokenError::ThirdParty { retry_after: PAUSE })
    }

    /// Notes that the tokens of `session` want to be refreshed now, if `refused` is still among them; answers the access
    /// token in its place if not.
    ///
    /// The note is in the store, so that every process sees it, and it goes with the refresh.
    pub(super) async fn make_due(
        &self,
        session: &SessionKey,
        refused: &ThirdPartyAccessToken,
    ) -> Result<Option<ThirdPartyAccessToken>, ThirdPartyTokenError> {
        let key = session.as_key();
        for _ in 0..ATTEMPTS {
            let found =
                self.parts.store.get(record::TABLE, key).await?.ok_or(ThirdPartyTokenError::Unknown)?;
            let mut stored = self.open(session, &found)?;
            if stored.tokens.access_token != *refused {
                return Ok(Some(stored.tokens.access_token));
            }
            if stored.tokens.refresh_token.is_none() {
                return Err(ThirdPartyTokenError::Expired);
            }
            let now = self.now();
            if stored.header.is_due(now) {
                return Ok(None);
            }
            stored.header.refresh_at = Some(now);
            if self.write(session, Expected::Revision(found.revision), &stored).await?.is_some() {
                return Ok(None);
            }
        }
        Err(ThirdPartyTokenError::ThirdParty { retry_after: PAUSE })
    }

    async fn begin(&self, session: &SessionKey) -> Result<Attempt, ThirdPartyTokenError> {
        let key = session.as_key();
        let found = self.parts.store.get(record::TABLE, key).await?.ok_or(ThirdPartyTokenError::Unknown)?;
        let mut stored = self.open(session, &found)?;
        let now = self.now();
        if !stored.header.is_due(now) || stored.tokens.refresh_token.is_none() {
            return Ok(Attempt::Fresh(stored.header.refresh_at));
        }
        let interrupted = match stored.header.lease {
            Some(lease) if lease.holder == self.holder => false,
            Some(lease) if now < lease.until => return Ok(Attempt::Busy),
            // Its holder may have been kept from the store like everybody else, and be about to store what it was given.
            Some(_) if !self.parts.grants.has_heard_for(SAVED_WITHIN) => return Ok(Attempt::Busy),
            Some(_) => true,
            None => false,
        };
        stored.header.lease = Some(Lease { holder: self.holder, until: now + self.settings.lease });
        Ok(match self.write(session, Expected::Revision(found.revision), &stored).await? {
            Some(leased) => {
                Attempt::Leased(Box::new(Leased { stored, revision: leased.number(), interrupted }))
            }
            None => Attempt::Busy,
        })
    }

    async fn ask(
        &self,
        session: &SessionKey,
        leased: Leased,
    ) -> Result<Option<UnixTime>, ThirdPartyTokenError> {
        let tokens = &leased.stored.tokens;
        let Some(refresh_token) = &tokens.refresh_token else {
            // Such tokens are never due; they have no place here.
            return Ok(None);
        };
        if leased.interrupted {
            tracing::warn!(
                provider = %tokens.provider,
                "an earlier refresh of third-party tokens was interrupted; its refresh token is tried again"
            );
        }
        match self.parts.refresher.refresh(&tokens.provider, session, refresh_token).await {
            Ok(new) => self.keep(session, leased, new).await,
            Err(RefreshFailure::Ended) => {
                let cause = if leased.interrupted {
                    EndCause::ThirdPartyRefreshLost
                } else {
                    EndCause::ThirdPartyEnded
                };
                self.end(session, leased.revision, cause).await
            }
            Err(RefreshFailure::Temporary { retry_after }) => {
                self.release(session, leased).await;
                Err(ThirdPartyTokenError::ThirdParty { retry_after: retry_after.unwrap_or_default() })
            }
        }
    }

    /// Stores what the third party gave, before anybody gets any of it: the old refresh token may be spent.
    async fn keep(
        &self,
        session: &SessionKey,
        leased: Leased,
        new: RefreshedTokens,
    ) -> Result<Option<UnixTime>, ThirdPartyTokenError> {
        let tokens: TokenSet = leased.stored.tokens.refreshed(new, self.now());
        let refresh_at = self.refresh_at(&tokens);
        let stored = Stored { header: Header::new(refresh_at), tokens, keep_until: leased.stored.keep_until };
        let write = self.replacement(session, leased.revision, &stored)?;
        self.unsaved().insert(session.clone(), write);
        self.save(session).await?;
        Ok(refresh_at)
    }

    /// Stores what could not be stored before; until then this process alone has the new refresh token.
    async fn save(&self, session: &SessionKey) -> Result<(), ThirdPartyTokenError> {
        let Some(write) = self.unsaved().get(session).cloned() else { return Ok(()) };
        let (key, ours) = (session.as_key(), write.revision.map(ChosenRevision::number));
        if !self.parts.store.write(record::TABLE, key, write).await? {
            // After a lost answer it may be there.
            let found = self.parts.store.get(record::TABLE, key).await?;
            if found.is_none_or(|it| Some(it.revision) != ours) {
                tracing::warn!("refreshed third-party tokens were given up: others have taken their place");
            }
        }
        self.unsaved().remove(session);
        Ok(())
    }

    /// The last attempt to store what this process alone has.
    pub(super) async fn save_what_is_left(&self) {
        let sessions: Vec<SessionKey> = self.unsaved().keys().cloned().collect();
        for session in sessions {
            if let Err(error) = self.save(&session).await {
                tracing::error!(%error, "refreshed third-party tokens were not stored before the stop, and are lost");
            }
        }
    }

    /// Ends what rests on the session, then forgets its tokens, unless others have taken their place.
    async fn end(
        &self,
        session: &SessionKey,
        revision: u64,
        cause: EndCause,
    ) -> Result<Option<UnixTime>, ThirdPartyTokenError> {
        let found = self.parts.store.get(record::TABLE, session.as_key()).await?;
        if found.is_some_and(|it| it.revision != revision) {
            return Err(ThirdPartyTokenError::ThirdParty { retry_after: Duration::ZERO });
        }
        self.parts.grants.revoke(&RevokeSelector::Session(session.clone()), cause).await?;
        self.parts.store.remove(record::TABLE, session.as_key()).await?;
        Err(ThirdPartyTokenError::Ended(cause))
    }

    /// Gives the lease back; should that fail, this process still may take it again.
    async fn release(&self, session: &SessionKey, mut leased: Leased) {
        leased.stored.header.lease = None;
        let Ok(write) = self.replacement(session, leased.revision, &leased.stored) else { return };
        if let Err(error) = self.parts.store.write(record::TABLE, session.as_key(), write).await {
            tracing::warn!(%error, "the lease of third-party tokens was not given back");
        }
    }

    /// The write that puts `stored` in the place of what is leased.
    fn replacement(
        &self,
        session: &SessionKey,
        leased: u64,
        stored: &Stored,
    ) -> Result<Write, ThirdPartyTokenError> {
        let revision = next_revision();
        let record = self.seal(session, revision, stored)?;
        Ok(Write::new(Expected::Revision(leased), record).numbered(revision))
    }

    /// Whether this process alone has what the third party gave last.
    pub(super) fn has_unsaved(&self, session: &SessionKey) -> bool {
        self.unsaved().contains_key(session)
    }

    fn unsaved(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<SessionKey, Write>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often another process's refresh is waited for.
const PATIENCE: usize = 40;
/// How often the note is tried while others write.
const ATTEMPTS: usize = 3;
const PAUSE: Duration = Duration::from_millis(250);
/// How long after the store is back everybody has stored what they could not store before.
const SAVED_WITHIN: Duration = Duration::from_secs(8);
