//! The way back after a failed write, sync or read.
//!
//! What the process knows of the file is forgotten, and the file is opened anew as after a crash: by its last commit that
//! reached the disk. The file stays open and locked meanwhile, so nobody else can have changed it.
//! After a failed sync the operating system may show what the disk does not hold. It can only be what was not answered:
//! pages of a commit are synced before its header is, no page that a commit uses is overwritten, and the header is
//! written and synced again by the opening.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use redb::Database;

use super::{open::Opened, rows::Revisions, schema, settings::OpenError, slot::Slot};

/// Opens the same bytes once more.
pub(super) type Open = Box<dyn Fn() -> Result<Opened, OpenError> + Send>;

/// Opens the database anew, as often as it takes.
pub(super) struct Reopener {
    open: Open,
    every: Option<Duration>,
    /// What readers still use of the database that failed.
    closing: Option<Arc<Database>>,
    next_at: Option<Instant>,
}

/// What came of the time until now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// It was not yet time for the next attempt, which is in so long; never if there is none.
    NotYet(Option<Duration>),
    /// The database cannot be opened, or not be written.
    Failed(String),
}

impl Reopener {
    /// Tries at once, and then again after `every`; never if there is none.
    pub(super) const fn new(open: Open, every: Option<Duration>) -> Self {
        Self { open, every, closing: None, next_at: None }
    }

    /// Opens the database anew if it is time to, and answers where its revisions go on.
    pub(super) fn attempt(&mut self, slot: &Slot) -> Result<Revisions, Attempt> {
        let now = Instant::now();
        let Some(every) = self.every else { return Err(Attempt::NotYet(None)) };
        if let Some(wait) =
            self.next_at.map(|it| it.saturating_duration_since(now)).filter(|it| !it.is_zero())
        {
            return Err(Attempt::NotYet(Some(wait)));
        }
        let opened = self.close(slot).and_then(|()| self.open_to_write());
        match opened {
            Ok(Opened { db, revision_limit }) => {
                slot.put(db);
                self.next_at = None;
                Ok(Revisions::from(revision_limit))
            }
            Err(reason) => {
                self.next_at = Some(now + every);
                Err(Attempt::Failed(reason))
            }
        }
    }

    /// Closes the database that failed, once nobody uses it any more: two on the same file would destroy it.
    fn close(&mut self, slot: &Slot) -> Result<(), String> {
        let Some(failed) = slot.take().or_else(|| self.closing.take()) else { return Ok(()) };
        match Arc::try_unwrap(failed) {
            Ok(db) => drop(db),
            Err(used) => {
                self.closing = Some(used);
                return Err("the database that failed is still being read".to_owned());
            }
        }
        Ok(())
    }

    /// A full disk can be opened, so what counts is that something can be written to it.
    fn open_to_write(&self) -> Result<Opened, String> {
        let opened = (self.open)().map_err(|error| error.to_string())?;
        match schema::prove_writable(&opened.db) {
            Ok(()) => Ok(opened),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl fmt::Debug for Reopener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reopener").field("every", &self.every).finish_non_exhaustive()
    }
}
