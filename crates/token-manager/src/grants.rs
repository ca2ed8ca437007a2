//! The life of grants: from the code to the end of the last token.

mod cause;
mod clocks;
mod code;
mod direct;
mod events;
mod exchange;
mod follow;
mod issue;
mod list;
mod machines;
mod record;
mod refresh_token;
mod refusal;
mod resting;
mod revoke;
mod settings;
mod state;
mod step;
mod terms;
mod token_request;
mod transition;
mod upkeep;

use std::{fmt, sync::Arc, time::Duration};

pub use cause::EndCause;
pub use code::AuthorizationCode;
pub use direct::DirectGrant;
pub use events::{AuditLog, GrantEnded, GrantEvents};
pub use exchange::ExchangedToken;
pub use follow::GrantFollower;
pub use issue::{FreshGrantId, IssueError};
pub use list::GrantSummary;
pub(crate) use record::TABLE;
pub use refresh_token::RefreshToken;
pub use refusal::{GrantError, Refusal, Unavailable};
pub use resting::RestsOn;
pub use revoke::RevokeSelector;
pub use settings::{GrantSettings, InvalidSetting};
pub use step::{RedeemCheck, RotateCheck};
pub use terms::{NewGrant, SessionKey};
pub use token_request::IssuedTokens;
pub use upkeep::Upkeep;

use follow::Following;
use futures_util::future;
use machines::Machines;
use oauth_types::{Clock, Entropy, GrantId, ProviderId, UnixTime};
use record::Phase;
use storage::{ChangeFeed, Key, RecordStore, StoreError, Versioned};
use terms::Terms;

use crate::{
    GrantWatch, KeyRing, Liveness, SigningKeys,
    liveness::{Facets, Index, Told, facet},
};

/// Every grant: what persons have allowed clients.
///
/// One record holds a grant, and every change is one compare-and-swap on it.
/// Cloning is cheap, and clones share what they know.
#[derive(Clone)]
pub struct Grants {
    shared: Arc<Shared>,
}

/// What [`Grants`] work with.
#[derive(Clone, Debug)]
pub struct GrantParts {
    /// Where the records are; without a `feed` only this process may write grants there.
    pub store: Arc<dyn RecordStore>,
    /// What other processes change in it, if they may: then [`Grants::follower`] is to be run.
    pub feed: Option<Arc<dyn ChangeFeed>>,
    /// What makes refresh tokens.
    pub ring: Arc<KeyRing>,
    /// What signs access tokens.
    pub signing_keys: SigningKeys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where ids and codes come from.
    pub entropy: Arc<dyn Entropy>,
    /// Who is told of every end; [`AuditLog`] for the log.
    pub events: Arc<dyn GrantEvents>,
}

pub(crate) struct Shared {
    parts: GrantParts,
    settings: GrantSettings,
    index: Arc<Index>,
    /// If other processes change the store too.
    following: Option<Following>,
    machines: Machines,
}

/// Why grants cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenGrantsError {
    /// A setting is out of its range.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The key under which the present refresh token of a stored grant was made, if the grant lives.
pub(crate) fn key_of(body: &[u8]) -> Option<crate::KeyId> {
    match record::decode(body).ok()?.state {
        state::State::Live(live) => Some(live.key_id),
        state::State::CodeIssued(_) | state::State::Ended(_) => None,
    }
}

impl Grants {
    /// Where they are kept in a store, for whoever looks at one as a whole.
    pub const TABLE: storage::Table = record::TABLE;

    /// The grants of a store; reads all of them once.
    ///
    /// # Errors
    /// [`OpenGrantsError`]; a record that cannot be read stops the start, for it may be a revocation.
    pub async fn open(parts: GrantParts, settings: GrantSettings) -> Result<Self, OpenGrantsError> {
        settings.check()?;
        let following = match &parts.feed {
            // Before anything is read, so that no change falls between.
            Some(feed) => Some(Following::begin(Arc::clone(feed), settings.stale_after).await?),
            None => None,
        };
        let new_index = if following.is_some() { Index::shared } else { Index::new };
        let index = Arc::new(new_index(settings.idle_timeout));
        let shared = Arc::new(Shared { parts, settings, index, following, machines: Machines::default() });
        shared.load().await?;
        shared.catch_up().await?;
        Ok(Self { shared })
    }

    /// Whether access tokens of this grant are good now, and notes that it is used.
    ///
    /// A look into memory: it costs well under a microsecond and cannot fail.
    /// Where other processes use the store, [`Grants::ask`] also knows what they have made a moment ago.
    #[must_use]
    pub fn is_live(&self, grant: &GrantId) -> Liveness {
        self.liveness(grant, self.shared.parts.clock.now())
    }

    /// [`Grants::is_live`] at a time that the caller knows already.
    #[must_use]
    pub fn liveness(&self, grant: &GrantId, now: UnixTime) -> Liveness {
        if !self.shared.is_up_to_date() {
            return Liveness::Unknown;
        }
        self.shared.index.touch(grant, now)
    }

    /// When the grant was last in use, as far as memory tells; the epoch if it was never used.
    ///
    /// `None` if there is no such grant and never will be: it has ended, its code was not redeemed in time, or the id
    /// that was drawn for it was not used.
    /// While nothing is heard of other processes nobody can say so of any.
    #[must_use]
    pub fn seen_at(&self, grant: &GrantId) -> Option<UnixTime> {
        let known = self.shared.index.known_at(grant, self.shared.parts.clock.now());
        if self.shared.is_up_to_date() { known } else { known.or(Some(UnixTime::EPOCH)) }
    }

    /// Watches a live grant for the sake of what must end with it; `None` if it does not live.
    #[must_use]
    pub fn watch_end(&self, grant: &GrantId) -> Option<GrantWatch> {
        self.shared.index.watch(grant)
    }

    /// How long an access token is good, at most, after the last use of its grant that [`Grants::seen_at`] knows of: each
    /// redemption and each rotation is one.
    #[must_use]
    pub fn access_token_lifetime(&self) -> Duration {
        self.shared.settings.access_token_lifetime
    }

    /// How many grants live, and how many codes wait for their redemption.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        self.shared.index.len()
    }

    /// The background work: spawn [`Upkeep::run`] once.
    pub fn upkeep(&self) -> Upkeep {
        Upkeep::new(Arc::clone(&self.shared))
    }
}

impl Shared {
    /// Reads all grants, several parts of them at once: their ids are random, so the parts are equal.
    async fn load(&self) -> Result<(), StoreError> {
        let borders: Vec<Key> = (1..PARTS).map(|part| Key::of([part * (u8::MAX / PARTS + 1)])).collect();
        let begins = std::iter::once(None).chain(borders.iter().cloned().map(Some));
        let ends = borders.iter().map(Some).chain([None]);
        let parts = begins.zip(ends).map(|(after, last)| self.load_part(after, last));
        future::try_join_all(parts).await.map(drop)
    }

    /// Those after `after`, up to `last`.
    async fn load_part(&self, mut after: Option<Key>, last: Option<&Key>) -> Result<(), StoreError> {
        loop {
            let page = self.parts.store.scan(record::TABLE, after.as_ref(), PAGE).await?;
            for (key, found) in &page {
                if last.is_some_and(|it| key > it) {
                    return Ok(());
                }
                self.load_one(key, found)?;
            }
            match page.into_iter().next_back() {
                Some((key, _)) => after = Some(key),
                None => return Ok(()),
            }
        }
    }

    fn load_one(&self, key: &Key, found: &Versioned) -> Result<(), StoreError> {
        let (Some(id), Ok(summary)) = (record::id(key), record::summary(&found.record.body)) else {
            return Err(StoreError::Corrupt(format!("the grant {key:?} cannot be read")));
        };
        self.remember(id, &summary);
        Ok(())
    }

    fn remember(&self, id: GrantId, summary: &record::Summary<'_>) {
        match told(summary) {
            Told::CodeIssued { expires_at, facets } => self.index.reserve(id, expires_at, facets),
            Told::Live { expires_at, used_at, facets } => {
                self.remember_machine(id, summary);
                self.index.load(id, expires_at, used_at, facets);
            }
            Told::Ended => {}
        }
    }

    /// Notes what another process did to a grant.
    fn note_of_another(&self, id: GrantId, summary: &record::Summary<'_>) {
        let told = told(summary);
        if matches!(told, Told::Live { .. }) && !self.index.knows(&id) {
            self.remember_machine(id, summary);
        }
        self.index.note(id, &told);
    }
}

fn told(summary: &record::Summary<'_>) -> Told {
    let facets = Facets {
        client: facet(summary.client_id),
        principal: facet((summary.provider, summary.subject)),
        session: summary.session.map_or(0, facet),
    };
    let (expires_at, used_at) = (summary.expires_at, summary.last_used_at);
    match summary.phase {
        Phase::CodeIssued => Told::CodeIssued { expires_at, facets },
        Phase::Live => Told::Live { expires_at, used_at, facets },
        Phase::Ended => Told::Ended,
    }
}

impl Shared {
    /// Of another process; their order does not matter.
    fn remember_machine(&self, id: GrantId, summary: &record::Summary<'_>) {
        if summary.provider != ProviderId::CLIENT {
            return;
        }
        if let Ok(client) = summary.client_id.parse() {
            let now = self.parts.clock.now();
            self.machines.note(&client, id, |it| self.index.peek(it, now) == Liveness::Live);
        }
    }
}

impl Terms {
    /// Whether it is of a client that acts for itself.
    pub(crate) fn is_of_a_machine(&self) -> bool {
        self.principal.provider.as_str() == ProviderId::CLIENT
    }

    pub(crate) fn facets(&self) -> Facets {
        Facets {
            client: facet(self.client_id.as_str()),
            principal: facet((self.principal.provider.as_str(), self.principal.subject.as_str())),
            session: self.session.as_ref().map_or(0, |it| facet(it.as_bytes())),
        }
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Grants").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

const PAGE: usize = 1024;
/// As many as a small machine has processors, and some more.
const PARTS: u8 = 8;

#[cfg(test)]
mod tests;
