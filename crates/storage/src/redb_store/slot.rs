use std::{
    ops::Deref,
    sync::{Arc, Condvar, Mutex, PoisonError, RwLock},
};

use redb::Database;

/// The database, which is not there while it is opened anew.
#[derive(Debug)]
pub(super) struct Slot {
    db: RwLock<Option<Arc<Database>>>,
    loans: Arc<Loans>,
}

impl Slot {
    pub(super) fn of(db: Database) -> Self {
        Self { db: RwLock::new(Some(Arc::new(db))), loans: Arc::default() }
    }

    /// The database, for one transaction: it is closed once everybody has let go of it.
    pub(super) fn database(&self) -> Option<Arc<Database>> {
        self.db.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The database, for one transaction of somebody who may outlive whoever asked for it.
    pub(super) fn lend(&self) -> Option<Loan> {
        let db = self.database()?;
        Some(Loan { db, _returned: Loans::begin(&self.loans) })
    }

    /// Takes the database away: nobody gets it any more.
    pub(super) fn take(&self) -> Option<Arc<Database>> {
        self.db.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn put(&self, db: Database) {
        *self.db.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(db));
    }
}

/// A slot whose database is closed when it is dropped, which waits for every [`Loan`] of it.
#[derive(Debug)]
pub(super) struct OwnedSlot(pub(super) Arc<Slot>);

impl Deref for OwnedSlot {
    type Target = Slot;

    fn deref(&self) -> &Slot {
        &self.0
    }
}

impl Drop for OwnedSlot {
    fn drop(&mut self) {
        drop(self.0.take());
        self.0.loans.wait_for_all();
    }
}

/// The database in the hands of somebody else.
#[derive(Debug)]
pub(super) struct Loan {
    // Closed, if this was the last use, before it counts as returned: fields are dropped in this order.
    db: Arc<Database>,
    _returned: Returned,
}

impl Deref for Loan {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.db
    }
}

/// How many loans there are.
#[derive(Debug, Default)]
struct Loans {
    open: Mutex<usize>,
    returned: Condvar,
}

impl Loans {
    fn begin(loans: &Arc<Self>) -> Returned {
        *loans.open.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Returned(Arc::clone(loans))
    }

    fn wait_for_all(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let _none = self.returned.wait_while(open, |it| *it > 0).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Ends a loan when it is dropped.
#[derive(Debug)]
struct Returned(Arc<Loans>);

impl Drop for Returned {
    fn drop(&mut self) {
        *self.0.open.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.returned.notify_all();
    }
}
