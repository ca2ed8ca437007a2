//! What the tests of this crate share.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use oauth_types::{
    ClientId, CodeChallenge, Entropy, ManualClock, Principal, RedirectUri, ResourceUri, SystemEntropy,
    UnixTime,
};
use storage::{
    ChangeFeed, Changes, ChosenRevision, Expected, FaultyStore, Key, MemoryStore, Position, Record,
    RecordStore, StoreError, Swept, Table, Versioned, Write,
};

use tokio::sync::Semaphore;

use crate::{
    AuthorizationCode, EndCause, GrantEnded, GrantError, GrantEvents, GrantParts, GrantSettings, Grants,
    IssuedTokens, KeyRing, MasterKey, Memberships, NewGrant, RedeemCheck, RefreshToken, Refusal, RotateCheck,
    SessionKey, SigningKeySettings, SigningKeys,
};

/// Grants on a store that fails on demand, a clock that moves on demand, and everything that happened.
pub(crate) struct World {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) events: Arc<Recorder>,
    pub(crate) signing_keys: SigningKeys,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) grants: Grants,
}

/// Remembers every end.
#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Vec<GrantEnded>>);

impl GrantEvents for Recorder {
    fn ended(&self, event: &GrantEnded) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Recorder {
    pub(crate) fn causes(&self) -> Vec<EndCause> {
        self.0.lock().unwrap().iter().map(|it| it.cause).collect()
    }
}

/// A store that makes a change later, whether or not anybody still waits for it.
#[derive(Debug, Default)]
pub(crate) struct SlowStore {
    inner: MemoryStore,
    holds: AtomicBool,
    held: Mutex<Vec<(Table, Key, Write)>>,
}

impl SlowStore {
    /// Keeps the next `compare_and_swap` until [`SlowStore::release`].
    pub(crate) fn hold(&self) {
        self.holds.store(true, Relaxed);
    }

    /// Does what was kept, and answers which of it came in time.
    pub(crate) async fn release(&self) -> Vec<bool> {
        let held = std::mem::take(&mut *self.held.lock().unwrap());
        let mut done = Vec::new();
        for (table, key, write) in held {
            done.push(self.inner.write(table, &key, write).await.unwrap());
        }
        done
    }
}

#[async_trait]
impl RecordStore for SlowStore {
    async fn get(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.inner.get(table, key).await
    }

    async fn write(&self, table: Table, key: &Key, write: Write) -> Result<bool, StoreError> {
        if matches!(write.expected, Expected::Revision(_)) && self.holds.swap(false, Relaxed) {
            self.held.lock().unwrap().push((table, key.clone(), write));
            return std::future::pending().await;
        }
        self.inner.write(table, key, write).await
    }

    async fn take(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.inner.take(table, key).await
    }

    async fn remove(&self, table: Table, key: &Key) -> Result<bool, StoreError> {
        self.inner.remove(table, key).await
    }

    async fn scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError> {
        self.inner.scan_prefix(table, prefix, after, limit).await
    }

    async fn delete_by_owner(&self, owner: &Key) -> Result<usize, StoreError> {
        self.inner.delete_by_owner(owner).await
    }

    async fn sweep(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError> {
        self.inner.sweep(now, limit).await
    }
}

/// Entropy of which the revision comes that it holds.
#[derive(Debug)]
struct Bytes(u64);

impl Entropy for Bytes {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&(self.0 << 2).to_le_bytes());
    }
}

/// What somebody does who can write to a store's file: puts a body in the place of another, whose number stays.
pub(crate) async fn put_body(store: &dyn RecordStore, table: Table, key: &Key, body: Vec<u8>) {
    let present = store.get(table, key).await.unwrap().unwrap();
    let record = Record { body, ..present.record };
    let number = ChosenRevision::random(&Bytes(present.revision));
    let write = Write::new(Expected::Anything, record).numbered(number);
    assert!(store.write(table, key, write).await.unwrap());
    assert_eq!(store.get(table, key).await.unwrap().unwrap().revision, present.revision);
}

/// The body that stands there now.
pub(crate) async fn body_of(store: &dyn RecordStore, table: Table, key: &Key) -> Vec<u8> {
    store.get(table, key).await.unwrap().unwrap().record.body
}

/// A feed that can be cut off, and that can be held between what it has read and its answer.
#[derive(Debug)]
pub(crate) struct TestFeed {
    store: Arc<MemoryStore>,
    pub(crate) is_cut: AtomicBool,
    pub(crate) holds: Semaphore,
    /// How often it was asked for changes.
    pub(crate) looks: AtomicU64,
}

impl TestFeed {
    pub(crate) fn of(store: &Arc<MemoryStore>) -> Arc<Self> {
        let holds = Semaphore::new(1);
        let (is_cut, looks) = (AtomicBool::new(false), AtomicU64::new(0));
        Arc::new(Self { store: Arc::clone(store), is_cut, holds, looks })
    }
}

#[async_trait]
impl ChangeFeed for TestFeed {
    async fn position(&self) -> Result<Position, StoreError> {
        self.store.position().await
    }

    async fn changes(&self, table: Table, since: Position) -> Result<Changes, StoreError> {
        if self.is_cut.load(Relaxed) {
            return Err(StoreError::Unavailable("cut off".to_owned()));
        }
        self.looks.fetch_add(1, Relaxed);
        let changes = self.store.changes(table, since).await;
        drop(self.holds.acquire().await);
        changes
    }
}

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:33418/callback";
pub(crate) const ISSUER: &str = "https://mcp.example";

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut GrantSettings)) -> Self {
        Self::on(Arc::new(MemoryStore::new()), master(1), [], NOW, change).await
    }

    pub(crate) async fn on(
        store: Arc<dyn RecordStore>,
        current: MasterKey,
        older: impl IntoIterator<Item = MasterKey>,
        now: UnixTime,
        change: impl FnOnce(&mut GrantSettings),
    ) -> Self {
        Self::made_of(store, None, (current, older), now, change).await
    }

    /// One of several processes that share `store`.
    pub(crate) async fn replica(
        store: Arc<dyn RecordStore>,
        feed: Arc<dyn ChangeFeed>,
        change: impl FnOnce(&mut GrantSettings),
    ) -> Self {
        Self::replica_at(NOW, store, feed, change).await
    }

    /// One whose clock shows something else.
    pub(crate) async fn replica_at(
        now: UnixTime,
        store: Arc<dyn RecordStore>,
        feed: Arc<dyn ChangeFeed>,
        change: impl FnOnce(&mut GrantSettings),
    ) -> Self {
        Self::made_of(store, Some(feed), (master(1), []), now, change).await
    }

    async fn made_of(
        store: Arc<dyn RecordStore>,
        feed: Option<Arc<dyn ChangeFeed>>,
        (current, older): (MasterKey, impl IntoIterator<Item = MasterKey>),
        now: UnixTime,
        change: impl FnOnce(&mut GrantSettings),
    ) -> Self {
        let store = Arc::new(FaultyStore::new(store));
        let clock = Arc::new(ManualClock::new(now));
        let events = Arc::new(Recorder::default());
        let ring = Arc::new(KeyRing::new(&current, older).unwrap());
        ring.check(store.as_ref()).await.unwrap();
        let signing_keys = SigningKeys::open(
            store.clone(),
            ring.clone(),
            clock.clone(),
            Arc::new(SystemEntropy),
            SigningKeySettings::default(),
        )
        .await
        .unwrap();
        let mut settings = GrantSettings::new(ISSUER.parse().unwrap());
        change(&mut settings);
        let parts = GrantParts {
            store: store.clone(),
            feed,
            ring: ring.clone(),
            signing_keys: signing_keys.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            events: events.clone(),
        };
        let grants = Grants::open(parts, settings).await.unwrap();
        Self { store, clock, events, signing_keys, ring, grants }
    }

    /// The process ends and another begins, at the same time.
    pub(crate) async fn restarted(&self) -> Self {
        let now = oauth_types::Clock::now(self.clock.as_ref());
        Self::on(self.store.clone(), master(1), [], now, |_| {}).await
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn code(&self) -> AuthorizationCode {
        self.grants.issue_code(new_grant()).await.unwrap().1
    }

    /// A grant that is live.
    pub(crate) async fn live(&self) -> IssuedTokens {
        self.redeem(&self.code().await).await.unwrap()
    }

    pub(crate) async fn redeem(&self, code: &AuthorizationCode) -> Result<IssuedTokens, GrantError> {
        self.grants.redeem(code.expose(), redeem_check(&client())).await
    }

    pub(crate) async fn rotate(&self, tokens: &IssuedTokens) -> Result<IssuedTokens, GrantError> {
        self.grants.rotate(refresh_token(tokens), rotate_check(&client())).await
    }
}

pub(crate) fn master(seed: u8) -> MasterKey {
    let bytes: Vec<u8> = (0..32).map(|it| it ^ seed).collect();
    MasterKey::new(&bytes).unwrap()
}

pub(crate) fn client() -> ClientId {
    "client-a".parse().unwrap()
}

pub(crate) fn person(subject: &str) -> Principal {
    Principal { provider: "github".parse().unwrap(), subject: subject.parse().unwrap() }
}

pub(crate) fn resource() -> ResourceUri {
    "https://mcp.example/mcp".parse().unwrap()
}

pub(crate) fn session() -> SessionKey {
    SessionKey::new([7; 32]).unwrap()
}

pub(crate) fn new_grant() -> NewGrant {
    NewGrant {
        client_id: client(),
        principal: person("1"),
        redirect_uri: REDIRECT.parse::<RedirectUri>().unwrap(),
        scope: "files:read mcp".parse().unwrap(),
        resource: resource(),
        code_challenge: CodeChallenge::of(&VERIFIER.parse().unwrap()),
        session: Some(session()),
        refreshable: true,
        key: None,
    }
}

pub(crate) fn redeem_check(client_id: &ClientId) -> RedeemCheck<'_> {
    RedeemCheck {
        client_id,
        redirect_uri: Some(REDIRECT),
        code_verifier: Some(VERIFIER),
        resources: &[],
        key: None,
        is_public: true,
        memberships: Memberships::NONE,
    }
}

pub(crate) fn rotate_check(client_id: &ClientId) -> RotateCheck<'_> {
    RotateCheck { client_id, scope: None, resources: &[], key: None, memberships: Memberships::NONE }
}

pub(crate) fn refresh_token(tokens: &IssuedTokens) -> &str {
    tokens.refresh_token.as_ref().map(RefreshToken::expose).unwrap()
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, GrantError>) -> Refusal {
    match outcome {
        Err(GrantError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn unavailable<T: std::fmt::Debug>(outcome: Result<T, GrantError>) {
    assert!(matches!(outcome, Err(GrantError::Unavailable(_))), "{outcome:?}");
}
