use std::{
    fmt::Display,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::StoreError;

/// Whether the store can be used, and what it has done so far.
#[derive(Debug, Default)]
pub(super) struct Health {
    failure: OnceLock<String>,
    commits: AtomicU64,
    changes: AtomicU64,
}

impl Health {
    /// From now on every operation is refused: after a failed write or sync nobody knows what the disk holds,
    /// until the file is opened anew.
    pub(super) fn fail(&self, reason: &dyn Display) {
        self.failure.get_or_init(|| reason.to_string());
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.failure.get().is_some() { Err(self.unavailable()) } else { Ok(()) }
    }

    pub(super) fn unavailable(&self) -> StoreError {
        let reason = self.failure.get().map_or("it is closing", String::as_str);
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
