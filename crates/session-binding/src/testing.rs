//! What the tests of this crate share: a world that stands still, and a store that interleaves and fails on demand.

use std::sync::Arc;

use async_trait::async_trait;
use oauth_types::{ManualClock, Principal, ProviderId, SeededEntropy, UnixTime};
use storage::{FaultyStore, Key, MemoryStore, RecordStore, StoreError, Swept, Table, Versioned, Write};
use tokio::task::yield_now;

use crate::*;

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
pub(crate) const STATE: &str = "kq3v9Jm0Zt5cW1yB7rXe2A";

pub(crate) struct World {
    pub(crate) store: Arc<TestStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) pending: PendingAuthorizations,
    pub(crate) sessions: ThirdPartySessions,
    pub(crate) browsers: BrowserSessions,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(PendingLimits::default(), ThirdPartySessionLimits::default()).await
    }

    pub(crate) async fn with(pending: PendingLimits, third_party: ThirdPartySessionLimits) -> Self {
        let store = Arc::new(TestStore::default());
        let clock = Arc::new(ManualClock::new(NOW));
        let entropy = Arc::new(SeededEntropy::new(7));
        let pending = PendingAuthorizations::open(store.clone(), clock.clone(), entropy.clone(), pending)
            .await
            .unwrap();
        let sessions = ThirdPartySessions::new(store.clone(), clock.clone(), entropy.clone(), third_party);
        let limits = BrowserSessionLimits::default();
        let browsers = BrowserSessions::new(store.clone(), clock.clone(), entropy, sessions.clone(), limits);
        Self { store, clock, pending, sessions, browsers }
    }

    pub(crate) async fn signed_in(&self, who: &Principal) -> Authenticated {
        self.signed_in_as(who, None).await.who
    }

    /// The person whom most tests are about.
    pub(crate) async fn ada(&self) -> Authenticated {
        self.signed_in(&person("github", "1")).await
    }

    pub(crate) async fn signed_in_as(&self, who: &Principal, sid: Option<&str>) -> SignInOutcome {
        let sid = sid.map(str::to_owned);
        let display_name = Some("Ada".to_owned());
        self.sessions.sign_in(SignIn { principal: who.clone(), display_name, sid }).await.unwrap()
    }
}

pub(crate) fn provider(id: &str) -> ProviderId {
    id.parse().unwrap()
}

pub(crate) fn person(provider_id: &str, subject: &str) -> Principal {
    Principal { provider: provider(provider_id), subject: subject.parse().unwrap() }
}

pub(crate) fn state(text: &str) -> ThirdPartyState {
    text.parse().unwrap()
}

/// Lets the other tasks make `turns` turns before `future` begins.
pub(crate) async fn after_turns<T>(turns: usize, future: impl Future<Output = T>) -> T {
    for _ in 0..turns {
        yield_now().await;
    }
    future.await
}

/// A store in which every operation first lets the other tasks run, over one that fails on demand.
#[derive(Debug)]
pub(crate) struct TestStore {
    pub(crate) faults: FaultyStore,
    bare: Arc<MemoryStore>,
}

impl Default for TestStore {
    fn default() -> Self {
        let bare = Arc::new(MemoryStore::new());
        Self { faults: FaultyStore::new(bare.clone()), bare }
    }
}

impl TestStore {
    /// Everything in a table, without counting as an operation.
    pub(crate) async fn all(&self, table: &'static str) -> Vec<(Key, Versioned)> {
        self.bare.scan(Table::new(table, 1), None, usize::MAX).await.unwrap()
    }
}

#[async_trait]
impl RecordStore for TestStore {
    async fn get(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        yield_now().await;
        self.faults.get(table, key).await
    }

    async fn write(&self, table: Table, key: &Key, write: Write) -> Result<bool, StoreError> {
        yield_now().await;
        self.faults.write(table, key, write).await
    }

    async fn take(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        yield_now().await;
        self.faults.take(table, key).await
    }

    async fn remove(&self, table: Table, key: &Key) -> Result<bool, StoreError> {
        yield_now().await;
        self.faults.remove(table, key).await
    }

    async fn scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError> {
        yield_now().await;
        self.faults.scan_prefix(table, prefix, after, limit).await
    }

    async fn delete_by_owner(&self, owner: &Key) -> Result<usize, StoreError> {
        yield_now().await;
        self.faults.delete_by_owner(owner).await
    }

    async fn sweep(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError> {
        yield_now().await;
        self.faults.sweep(now, limit).await
    }
}
