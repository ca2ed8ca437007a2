use std::{
    fmt::Display,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::StoreError;

/// Whether the store can be used, and what it has done so far.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Why it cannot; the first reason, until the file was opened anew.
    failure: RwLock<Option<String>>,
    commits: AtomicU64,
    changes: AtomicU64,
}

impl Health {
    /// From now on every operation is refused: after a failed write or sync nobody knows what the disk holds,
    /// until the file is opened anew.
    pub(super) fn fail(&self, reason: &dyn Display) {
        let mut failure = self.failure.write().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert_with(|| reason.to_string());
    }

    /// The file was opened anew, and can be written.
    pub(super) fn recover(&self) {
        *self.failure.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.has_failed() { Err(self.unavailable()) } else { Ok(()) }
    }

    pub(super) fn unavailable(&self) -> StoreError {
        let failure = self.failure.read().unwrap_or_else(PoisonError::into_inner);
        let reason = failure.as_deref().unwrap_or("it is closing");
        StoreError::Unavailable(format!("it must be opened again: {reason}"))
    }

    pub(super) fn count_commit(&self, changes: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.changes.fetch_add(changes as u64, Ordering::Relaxed);
    }

    /// How many commits, and how many changes were asked for in them.
    pub(super) fn counted(&self) -> (u64, u64) {
        (self.commits.load(Ordering::Relaxed), self.changes.load(Ordering::Relaxed))
    }
}
