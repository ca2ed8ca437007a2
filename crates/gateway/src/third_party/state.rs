//! What the authorization server knows: opened once, and kept for as long as the process lives.

mod settings;

use std::{path::PathBuf, sync::Arc};

use oauth_server::PushedRequests;
use oauth_types::{Clock, Entropy, Issuer};
use session_binding::{BrowserSessions, PendingAuthorizations, ThirdPartySessionLimits, ThirdPartySessions};
use storage::{ChangeFeed, MemoryStore, OpenError, RecordStore, RedbSettings, RedbStore, StoreError};
use token_manager::{
    AuditLog, GrantEnded, GrantEvents, GrantParts, GrantSettings, Grants, KeyRing, KeyRingError,
    OpenGrantsError, SigningError, SigningKeySettings, SigningKeys, ThirdPartyIdentities,
    ThirdPartyTokenKeeper, ThirdPartyTokenParts, ThirdPartyTokenSettings, ThirdPartyTokens,
};
use token_validate::{Algorithm, InvalidKeySet, IssuerPolicy, KeySet, KeySource, SharedKeys};
use tokio::{sync::mpsc, task};
use tokio_util::task::TaskTracker;

pub(crate) use self::settings::{Opened, StateSettings, StorageSettings};
use super::{
    Registered,
    adapters::{Foundations, GrantAccess, OwnGrants, OwnTokens, Providers, Remembered, TrustInForce},
    database::{Database, DatabaseError, DatabaseSettings},
    tasks::Work,
};
use crate::{adapters::DpopMemory, own_authorization_server::Hindrance, serve::StateFile};

/// Everything that outlives a configuration.
///
/// Cloning is cheap, and clones share what they know.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// The `iss` of what is issued here.
    pub(crate) issuer: Issuer,
    /// Where all of it is kept.
    pub(crate) store: Arc<dyn RecordStore>,
    /// The same, if it is a file.
    pub(crate) file: Option<Arc<RedbStore>>,
    /// What seals secrets in the store.
    pub(crate) ring: Arc<KeyRing>,
    /// What signs access tokens.
    pub(crate) signing_keys: SigningKeys,
    /// Which proofs of token requests were used.
    pub(crate) dpop: Arc<DpopMemory>,
    /// The public halves, for the validator.
    pub(crate) keys: SharedKeys,
    /// Browsers on their way to a code.
    pub(crate) pending: PendingAuthorizations,
    /// Requests that clients pushed, on their way to a browser.
    pub(crate) pushed: PushedRequests,
    /// The clients that registered themselves, once a configuration is in force.
    pub(crate) registered: Registered,
    /// The requests that have begun.
    pub(crate) requests: TaskTracker,
    /// Grants, the sessions they rest on, browsers that are signed in, third-party tokens, and the third parties
    /// themselves.
    pub(crate) foundations: Foundations,
    clock: Arc<dyn Clock>,
}

/// Where things are kept.
#[derive(Debug)]
pub(crate) struct Stores {
    /// What must survive.
    pub(crate) store: Arc<dyn RecordStore>,
    /// What need not survive: what browsers are in the middle of.
    pub(crate) passing: Arc<dyn RecordStore>,
    /// What other processes do in `store`, if they may.
    pub(crate) feed: Option<Arc<dyn ChangeFeed>>,
}

/// Why the authorization server does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenStateError {
    /// There is no file, and nobody said that one may be made.
    #[error(
        "there is no state file at {}, and a new one would know nobody who is signed in and nothing that was revoked: \
         put back the file that was there, or a backup with `mcp-gateway storage restore`; if there was none yet, make \
         one with `mcp-gateway storage init`, or start with `mcp-gateway serve --init`",
        .0.display()
    )]
    Missing(PathBuf),
    /// The store's file.
    #[error(transparent)]
    Open(OpenError),
    /// There is nothing in the database, and nobody said that a gateway may begin there.
    #[error(
        "no gateway has been in the database, and one that begins there knows nobody who is signed in and nothing that \
         was revoked: see to it that the URL names the right database; if no gateway was in it yet, begin with \
         `mcp-gateway storage init`, or start with `mcp-gateway serve --init`"
    )]
    EmptyDatabase,
    /// The database.
    #[error("the database cannot be used")]
    Database(#[source] DatabaseError),
    /// The master key.
    #[error(transparent)]
    KeyRing(#[from] KeyRingError),
    /// The signing keys.
    #[error("the signing keys cannot be used")]
    SigningKeys(#[from] SigningError),
    /// The signing keys are none that the validator takes.
    #[error("the signing keys cannot be used")]
    Keys(#[from] InvalidKeySet),
    /// The grants.
    #[error("the grants cannot be read")]
    Grants(#[from] OpenGrantsError),
    /// Something else in the store.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// The thread that opens the file panicked.
    #[error("the store was not opened")]
    Thread(#[from] task::JoinError),
}

impl State {
    /// Opens the store, after making it if it is not there and may be made, proves that the master key belongs to it, and reads what must be in memory; the work that is
    /// to be spawned comes with it.
    ///
    /// # Errors
    /// [`OpenStateError`]; nothing runs then, and a store with another master key is as it was.
    pub(crate) async fn open(
        settings: StateSettings,
        state_file: StateFile,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Self, Work), OpenStateError> {
        let storage = settings.storage.clone();
        let OpenedStores { stores, file } = open_stores(storage, state_file, &settings.ring).await?;
        let (state, work) = Self::on(stores, settings, clock, entropy).await?;
        Ok((Self { file, ..state }, work))
    }

    /// [`State::open`] on stores that are open.
    pub(super) async fn on(
        stores: Stores,
        settings: StateSettings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Self, Work), OpenStateError> {
        let Stores { store, passing, feed } = stores;
        let ring = Arc::new(settings.ring);
        prove_to_fit(&ring, store.as_ref()).await?;
        let means = Means { store, feed, ring, clock, entropy };
        let signing_keys = means.signing_keys(settings.signing_keys).await?;
        let published = signing_keys.subscribe();
        let keys = SharedKeys::new(KeySet::from_jwks_json(signing_keys.jwks().as_json().as_bytes())?.0);
        let (ends, ended) = mpsc::channel(ENDS);
        let issuer = settings.grants.issuer.clone();
        let grants = means.grants(&signing_keys, settings.grants, Events { ends }).await?;
        let sessions = means.sessions(settings.sessions);
        let remembered = means.remembered(&sessions);
        let providers = Providers::new(Arc::clone(&means.clock), remembered.clone());
        let (tokens, keeper) = means.third_party_tokens(&grants, &providers, settings.third_party_tokens);
        let Means { store, ring, clock, entropy, .. } = means;
        let (shared, random) = (|| Arc::clone(&clock), || Arc::clone(&entropy));
        let (limits, third_party) = (settings.browser_sessions, sessions.clone());
        let browsers = BrowserSessions::new(Arc::clone(&store), shared(), random(), third_party, limits);
        let pending =
            PendingAuthorizations::open(Arc::clone(&passing), shared(), random(), settings.pending).await?;
        let dpop = Arc::new(DpopMemory::new(entropy.as_ref()));
        let pushed = PushedRequests::new(Arc::clone(&passing), shared(), random());
        let trust = TrustInForce::default();
        let foundations = Foundations { grants, sessions, browsers, tokens, remembered, providers, trust };
        let registered = Registered::default();
        let work = Work {
            registered: Arc::clone(&registered),
            upkeep: foundations.grants.upkeep(),
            follower: foundations.grants.follower(),
            rotator: signing_keys.rotator(),
            keeper,
            published,
            keys: keys.clone(),
            ended,
            foundations: foundations.clone(),
            passing,
            clock: shared(),
        };
        let state = Self {
            issuer,
            store,
            file: None,
            ring,
            signing_keys,
            dpop,
            keys,
            pending,
            pushed,
            registered,
            requests: TaskTracker::new(),
            foundations,
            clock,
        };
        Ok((state, work))
    }

    /// The rules for access tokens that this gateway issued itself.
    pub(crate) fn issuer_policy(&self) -> IssuerPolicy {
        let mut policy = IssuerPolicy::new(self.issuer.clone());
        policy.keys = KeySource::Shared(self.keys.clone());
        policy.algorithms = vec![Algorithm::Es256];
        policy
    }

    /// What keeps it from its work.
    ///
    /// While the store cannot be used nothing is issued. Tokens that are out stay good, unless other gateways use the
    /// store too and are not heard of.
    pub(crate) fn hindrance(&self) -> Hindrance {
        let (store, grants) = (Arc::clone(&self.store), self.foundations.grants.clone());
        Hindrance::new(move || match store.check() {
            Err(error) => Some(error.to_string()),
            Ok(()) if grants.is_up_to_date() => None,
            Ok(()) => Some("what other gateways did to grants is not known".to_owned()),
        })
    }

    /// What tells of each request whether the grant behind its token lives.
    pub(crate) fn grant_check(&self) -> OwnGrants {
        OwnGrants::new(self.issuer.clone(), self.foundations.grants.clone())
    }

    /// The grants, for the endpoints of the authorization server.
    pub(crate) fn grant_access(&self) -> GrantAccess {
        let tokens = OwnTokens::new(self.issuer.clone(), self.keys.clone(), Arc::clone(&self.clock));
        GrantAccess::new(self.foundations.clone(), tokens)
    }
}

impl Stores {
    /// A store that no other process uses.
    ///
    /// What passes is in memory: anybody can begin it, so it costs no write to the disk, and a restart sends people back
    /// to their client.
    pub(crate) fn of_one_process(store: Arc<dyn RecordStore>) -> Self {
        Self { store, passing: Arc::new(MemoryStore::new()), feed: None }
    }
}

/// What the parts that keep secrets are made of.
struct Means {
    store: Arc<dyn RecordStore>,
    feed: Option<Arc<dyn ChangeFeed>>,
    ring: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Means {
    async fn signing_keys(&self, settings: SigningKeySettings) -> Result<SigningKeys, SigningError> {
        let Self { store, ring, clock, entropy, .. } = self;
        SigningKeys::open(
            Arc::clone(store),
            Arc::clone(ring),
            Arc::clone(clock),
            Arc::clone(entropy),
            settings,
        )
        .await
    }

    async fn grants(
        &self,
        signing_keys: &SigningKeys,
        settings: GrantSettings,
        events: Events,
    ) -> Result<Grants, OpenGrantsError> {
        let parts = GrantParts {
            store: Arc::clone(&self.store),
            feed: self.feed.clone(),
            ring: Arc::clone(&self.ring),
            signing_keys: signing_keys.clone(),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            events: Arc::new(events),
        };
        Grants::open(parts, settings).await
    }

    fn sessions(&self, limits: ThirdPartySessionLimits) -> ThirdPartySessions {
        let Self { store, clock, entropy, .. } = self;
        ThirdPartySessions::new(Arc::clone(store), Arc::clone(clock), Arc::clone(entropy), limits)
    }

    fn remembered(&self, sessions: &ThirdPartySessions) -> Remembered {
        let kept = ThirdPartyIdentities::new(Arc::clone(&self.store), Arc::clone(&self.ring));
        Remembered::new(kept, sessions.clone())
    }

    fn third_party_tokens(
        &self,
        grants: &Grants,
        providers: &Providers,
        settings: ThirdPartyTokenSettings,
    ) -> (ThirdPartyTokens, ThirdPartyTokenKeeper) {
        let parts = ThirdPartyTokenParts {
            store: Arc::clone(&self.store),
            ring: Arc::clone(&self.ring),
            refresher: Arc::new(providers.clone()),
            grants: grants.clone(),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
        };
        ThirdPartyTokens::new(parts, settings)
    }
}

/// Opens the store after a look whether the master key belongs to it: a database writes to its file as soon as it is
/// opened for real.
async fn open_stores(
    settings: StorageSettings,
    state_file: StateFile,
    ring: &KeyRing,
) -> Result<OpenedStores, OpenStateError> {
    let redb = match settings {
        StorageSettings::Memory => {
            return Ok(OpenedStores::without_file(Stores::of_one_process(Arc::new(MemoryStore::new()))));
        }
        StorageSettings::Shared(database) => {
            let begins = state_file == StateFile::MayBeMade;
            let Database { store, passing, feed } = Database::open(&database, begins).await?;
            return Ok(OpenedStores::without_file(Stores { store, passing, feed: Some(feed) }));
        }
        StorageSettings::Redb(redb) => redb,
    };
    if state_file == StateFile::MayBeMade && blocking(&redb, RedbStore::create).await? {
        let file = redb.path.display();
        tracing::warn!(%file, "there was no state file, so a new one was made, in which nobody is signed in");
    }
    ring.check(&blocking(&redb, RedbStore::look).await?).await?;
    let file = Arc::new(blocking(&redb, RedbStore::open).await?);
    let stores = Stores::of_one_process(Arc::<RedbStore>::clone(&file));
    Ok(OpenedStores { stores, file: Some(file) })
}

struct OpenedStores {
    stores: Stores,
    file: Option<Arc<RedbStore>>,
}

impl OpenedStores {
    const fn without_file(stores: Stores) -> Self {
        Self { stores, file: None }
    }
}

impl From<DatabaseError> for OpenStateError {
    fn from(error: DatabaseError) -> Self {
        if error.is_empty() { Self::EmptyDatabase } else { Self::Database(error) }
    }
}

async fn prove_to_fit(ring: &KeyRing, store: &dyn RecordStore) -> Result<(), KeyRingError> {
    ring.check(store).await?;
    if ring.opens_older_texts() {
        tracing::warn!(
            "an earlier version has sealed what is in the store: run `mcp-gateway keys reseal` once"
        );
    }
    Ok(())
}

/// Makes an empty store that belongs to the master key of `ring`, unless there is a file: `false` means that there is.
pub(crate) async fn make_store(redb: &RedbSettings, ring: &KeyRing) -> Result<bool, OpenStateError> {
    if !blocking(redb, RedbStore::create).await? {
        return Ok(false);
    }
    ring.check(&blocking(redb, RedbStore::open).await?).await?;
    Ok(true)
}

/// Begins in a database, for the master key of `ring`, unless a gateway has been there: `false` means that one has.
pub(crate) async fn begin_in(settings: &DatabaseSettings, ring: &KeyRing) -> Result<bool, OpenStateError> {
    match Database::look(settings).await {
        Ok(_) => return Ok(false),
        Err(error) if error.is_empty() => {}
        Err(error) => return Err(error.into()),
    }
    ring.check(Database::open(settings, true).await?.store.as_ref()).await?;
    Ok(true)
}

async fn blocking<T: Send + 'static>(
    settings: &RedbSettings,
    work: fn(&RedbSettings) -> Result<T, OpenError>,
) -> Result<T, OpenStateError> {
    let settings = settings.clone();
    Ok(task::spawn_blocking(move || work(&settings)).await??)
}

impl From<OpenError> for OpenStateError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Missing(path) => Self::Missing(path),
            other => Self::Open(other),
        }
    }
}

/// Writes the audit line of each end, and passes it on to whoever tidies up after it.
#[derive(Debug)]
struct Events {
    ends: mpsc::Sender<GrantEnded>,
}

impl GrantEvents for Events {
    fn ended(&self, event: &GrantEnded) {
        AuditLog.ended(event);
        // Should there be more ends than anybody can follow, sessions list grants that have ended: the walk over the
        // sessions puts that right.
        let _ = self.ends.try_send(event.clone());
    }
}

const ENDS: usize = 4096;

#[cfg(test)]
mod tests;
