use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use oauth_types::UnixTime;
use tokio::task;

use crate::{Key, RecordStore, StoreError, Swept, Table, Versioned, Write, change};

mod backup;
mod encoding;
mod file;
mod health;
mod held;
mod migration;
mod open;
mod overlay;
mod reader;
mod reopen;
mod restore;
mod rows;
mod schema;
mod settings;
mod slot;
mod verify;
mod writer;

pub use backup::BackupError;
pub use restore::{RestoreError, Restored};
pub use settings::{OpenError, RedbSettings};
pub use verify::{TableContent, Verified};

use health::Health;
use open::Opened;
use reopen::{Open, Reopener};
use rows::Revisions;
use slot::{Loan, OwnedSlot, Slot};
use writer::Writer;

/// A [`RecordStore`] in one file, for one process.
///
/// Every commit is synced to the disk before its changes are answered, and holds all changes that gathered while the
/// commit before it was on its way; so many callers share one sync.
/// After a failed write, sync or read nobody knows what the disk holds: the store then refuses everything
/// ([`StoreError::Unavailable`]) while it opens the file anew, again and again, until it can be read and written.
/// What was answered before is there then, and of what was not each change is there as a whole or not at all.
/// The file stays locked meanwhile.
///
/// Single records are read where the caller runs, in microseconds if the page is in memory; scans run on the blocking
/// pool of tokio. Dropping the store finishes what was asked, and waits for it, before the file is free: scans and backups
/// of which nobody waits for the answer are among that, so do not drop it on a thread of a blocking pool that is full.
#[derive(Debug)]
pub struct RedbStore {
    // Stops before the database is closed: fields are dropped in this order.
    writer: Writer,
    db: OwnedSlot,
    health: Arc<Health>,
    path: PathBuf,
}

/// What a [`RedbStore`] has done since it was opened, and how large it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Commits, each two syncs of the file.
    pub commits: u64,
    /// Changes that were asked for in these commits, also those that changed nothing.
    pub changes: u64,
    /// The length of the file, in bytes.
    pub file_bytes: u64,
}

impl RedbStore {
    /// Opens the store that is there, and brings it to this program's schema if it is of an older one.
    ///
    /// Blocks: for the lock up to [`RedbSettings::lock_wait`], and for the disk.
    /// An older schema is left behind in one transaction, so a crash meanwhile leaves the file as it was.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; the file is not changed.
    pub fn open(settings: &RedbSettings) -> Result<Self, OpenError> {
        let (opened, again) = open::open(settings)?;
        Self::start(settings, opened, again)
    }

    /// Opens the store for a look: what is changed stays in memory and is forgotten, and the file is not touched, not
    /// even by what a database writes when it is opened and closed.
    ///
    /// For whoever must know what is in a store before it may be used, such as whether it belongs to a key.
    ///
    /// # Errors
    ///
    /// [`OpenError`], as of [`RedbStore::open`].
    pub fn look(settings: &RedbSettings) -> Result<Self, OpenError> {
        let its_settings = settings.clone();
        Self::start(settings, open::look(settings)?, Box::new(move || open::look(&its_settings)))
    }

    /// Makes an empty store with mode 0600, unless there is a file: `false` means that there was one.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; a file that was there is not changed.
    pub fn create(settings: &RedbSettings) -> Result<bool, OpenError> {
        open::create(settings)
    }

    /// [`RedbStore::open`], after [`RedbStore::create`].
    ///
    /// # Errors
    ///
    /// [`OpenError`]; a file that was there is not changed.
    pub fn open_or_create(settings: &RedbSettings) -> Result<Self, OpenError> {
        Self::create(settings)?;
        Self::open(settings)
    }

    /// Opens or creates a store on what `backend` gives instead of a file, for the simulation of failing disks.
    ///
    /// `backend` is asked for every opening of the same bytes: to fill them if there are none, to look, and to use them.
    /// Of the settings only the path's text in errors, the cache and the bound of the check are used.
    ///
    /// # Errors
    ///
    /// [`OpenError`], as for a file.
    #[cfg(feature = "contract")]
    pub fn on_backend<B: redb::StorageBackend>(
        settings: &RedbSettings,
        backend: impl Fn() -> B + Send + 'static,
    ) -> Result<Self, OpenError> {
        open::fill(settings, backend())?;
        let its_settings = settings.clone();
        let again: Open = Box::new(move || open::open_backends(&its_settings, || Ok(backend())));
        Self::start(settings, again()?, again)
    }

    /// Copies the store as it is now to the new file `to`, and answers how many records that are.
    ///
    /// The store goes on meanwhile; what is written later is not in the copy, and what was answered before is.
    /// The file is for its owner alone (mode 0600), is synced, and appears under its name whole or not at all.
    /// It says of itself that it is a backup and cannot be opened as a store ([`OpenError::Backup`]), because what was
    /// revoked since would be good again: [`RedbStore::restore`] makes a store of it.
    ///
    /// # Errors
    ///
    /// [`BackupError`]; a record that cannot be read ends the backup.
    pub async fn backup(&self, to: &Path) -> Result<u64, BackupError> {
        let (db, to) = (self.lend()?, to.to_owned());
        let outcome = task::spawn_blocking(move || backup::back_up(&db, &to)).await;
        match outcome.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string()).into())) {
            Err(BackupError::Store(error)) => self.heed(Err(error)).map_err(BackupError::Store),
            other => other,
        }
    }

    /// Makes the new store `to` of a backup, or of any store that nobody uses, but without the records of the tables
    /// `without`: those whose owner must not find again what has ended since.
    ///
    /// Neither file is changed, and the new one is for its owner alone, is synced, and appears under its name whole or
    /// not at all. Blocks, for as long as reading and writing takes.
    ///
    /// # Errors
    ///
    /// [`RestoreError`]; a record that cannot be read ends it.
    pub fn restore(backup: &RedbSettings, to: &Path, without: &[Table]) -> Result<Restored, RestoreError> {
        restore::restore(backup, to, without)
    }

    /// Looks at everything in a store that nobody uses, such as a backup, and says what is there and what is wrong.
    ///
    /// Every page's checksum is compared, whatever [`RedbSettings::check_up_to`] says, every record is read, and the
    /// indexes are compared with the records. Records of a table in `known` must not be of a newer format than that.
    /// The file is not touched. Blocks, for as long as reading the file takes.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if it cannot be opened, which is how most damage shows.
    pub fn verify(settings: &RedbSettings, known: &[Table]) -> Result<Verified, OpenError> {
        verify::verify(settings, known)
    }

    /// What was done so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let (commits, changes) = self.health.counted();
        let file_bytes = fs::metadata(&self.path).map_or(0, |it| it.len());
        Statistics { commits, changes, file_bytes }
    }

    fn start(settings: &RedbSettings, opened: Opened, again: Open) -> Result<Self, OpenError> {
        let Opened { db, revision_limit } = opened;
        let (db, health) = (Arc::new(Slot::of(db)), Arc::new(Health::default()));
        let reopener = Reopener::new(again, settings.reopen_every);
        let revisions = Revisions::from(revision_limit);
        let writer = Writer::start(Arc::clone(&db), revisions, Arc::clone(&health), reopener)
            .map_err(OpenError::io(&settings.path))?;
        Ok(Self { writer, db: OwnedSlot(db), health, path: settings.path.clone() })
    }

    fn database(&self) -> Result<Arc<redb::Database>, StoreError> {
        self.health.check()?;
        self.db.database().ok_or_else(|| self.health.unavailable())
    }

    /// The same for work on the blocking pool, which goes on when nobody waits for it any more.
    fn lend(&self) -> Result<Loan, StoreError> {
        self.health.check()?;
        self.db.lend().ok_or_else(|| self.health.unavailable())
    }

    /// After an error of the disk redb answers nothing any more, and so do we, until it is opened anew.
    fn heed<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Io(reason)) = &outcome {
            self.health.fail(reason);
            self.writer.wake();
        }
        outcome
    }
}

#[async_trait]
impl RecordStore for RedbStore {
    async fn get(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        let db = self.database()?;
        self.heed(reader::get(&db, table, key))
    }

    async fn write(&self, table: Table, key: &Key, write: Write) -> Result<bool, StoreError> {
        let key = key.clone();
        self.writer.change(move |rows| change::write(rows, table, &key, write)).await
    }

    async fn take(&self, table: Table, key: &Key) -> Result<Option<Versioned>, StoreError> {
        let key = key.clone();
        self.writer.change(move |rows| change::take(rows, table, &key)).await
    }

    async fn remove(&self, table: Table, key: &Key) -> Result<bool, StoreError> {
        let key = key.clone();
        self.writer.change(move |rows| change::remove(rows, table, &key)).await
    }

    async fn scan_prefix(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Versioned)>, StoreError> {
        let (db, prefix, after) = (self.lend()?, prefix.to_vec(), after.cloned());
        let page =
            task::spawn_blocking(move || reader::scan(&db, table, &prefix, after.as_ref(), limit)).await;
        self.heed(page.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string()))))
    }

    async fn delete_by_owner(&self, owner: &Key) -> Result<usize, StoreError> {
        let owner = owner.clone();
        self.writer.change(move |rows| change::delete_by_owner(rows, &owner)).await
    }

    async fn sweep(&self, now: UnixTime, limit: usize) -> Result<Vec<Swept>, StoreError> {
        self.writer.change(move |rows| change::sweep(rows, now, limit)).await
    }

    fn check(&self) -> Result<(), StoreError> {
        self.health.check()
    }
}

#[cfg(test)]
mod tests;
