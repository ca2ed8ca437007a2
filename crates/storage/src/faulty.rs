use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use oauth_types::UnixTime;

use crate::{Key, RecordStore, StoreError, Swept, Table, Versioned, Write};

/// How an operation of a [`FaultyStore`] fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done; the answer is [`StoreError::Unavailable`].
    Refused,
    /// It is done, and its answer lost: [`StoreError::Io`].
    AnswerLost,
}

/// A store whose n-th operation fails, for tests of what its users make of that.
///
/// Reads count like changes.
pub struct FaultyStore {
    inner: Arc<dyn RecordStore>,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    begun: u64,
    nth: Option<(u64, Fault)>,
    down: bool,
}

impl FaultyStore {
    /// A store that works like `inner`, until told otherwise.
    #[must_use]
    pub fn new(inner: Arc<dyn RecordStore>) -> Self {
        Self { inner, plan: Mutex::default() }
    }

    /// Lets one operation fail: the `n`-th from now, counted from 1. It replaces an earlier plan.
    pub fn fail_nth(&self, n: u64, fault: Fault) {
        let mut plan = self.plan();
        plan.nth = Some((plan.begun.saturating_add(n), fault));
    }

    /// Refuses everything from now on, or nothing any more.
    pub fn set_down(&self, down: bool) {
        self.plan().down = down;
    }

    /// How many operations have begun so far.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.plan().begun
    }

    /// Whether a failure that [`FaultyStore::fail_nth`] planned has not happened yet.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.plan().nth.is_some()
    }

    async fn run<T>(
        &self,
        operation: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match self.next() {
            None => operation.await,
            Some(Fault::Refused) => Err(StoreError::Unavailable("as the test wants it".to_owned())),
            Some(Fault::AnswerLost) => {
                operation.await?;
                Err(StoreError::Io("as the test wants it".to_owned()))
            }
        }
    }

    fn next(&self) -> Option<Fault> {
        let mut plan = self.plan();
        plan.begun += 1;
        if plan.down {
            return Some(Fault::Refused);
        }
        let begun = plan.begun;
        plan.nth.take_if(|(nth, _)| *nth == begun).map(|(_, fault)| fault)
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl RecordStore for FaultyStore {
    async fn get(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.run(self.inner.get(table, key)).await
    }

    async fn write(&self, table: Table, key: &Key, write: Write) -> Result<bool, StoreError> {
        self.run(self.inner.write(table, key, write)).await
    }

    async fn take(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.run(self.inner.take(table, key)).await
    }

    async fn remove(&self, table: Table, key: &Key) -> Result<bool, StoreError> {
        self.run(self.inner.remove(table, key)).await
    }

    async fn scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError> {
        self.run(self.inner.scan_prefix(table, prefix, after, limit)).await
    }

    async fn delete_by_owner(&self, owner: &Key) -> Result<usize, StoreError> {
        self.run(self.inner.delete_by_owner(owner)).await
    }

    async fn sweep(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError> {
        self.run(self.inner.sweep(now, limit)).await
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.plan().down {
            return Err(StoreError::Unavailable("as the test wants it".to_owned()));
        }
        self.inner.check()
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FaultyStore").field("inner", &self.inner).field("plan", &self.plan).finish()
    }
}

#[cfg(test)]
mod tests;
