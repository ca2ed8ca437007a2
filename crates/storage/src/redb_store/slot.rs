use std::sync::{Arc, PoisonError, RwLock};

use redb::Database;

/// The database, which is not there while it is opened anew.
#[derive(Debug)]
pub(super) struct Slot(RwLock<Option<Arc<Database>>>);

impl Slot {
    pub(super) fn of(db: Database) -> Self {
        Self(RwLock::new(Some(Arc::new(db))))
    }

    /// The database, for one transaction: it is closed once everybody has let go of it.
    pub(super) fn database(&self) -> Option<Arc<Database>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the database away: nobody gets it any more.
    pub(super) fn take(&self) -> Option<Arc<Database>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn put(&self, db: Database) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(db));
    }
}
