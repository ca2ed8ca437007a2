use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// Where a [`RedbStore`](crate::RedbStore) lies and how it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedbSettings {
    /// The file. Its folder must exist.
    pub path: PathBuf,
    /// Memory for pages of the file, in bytes; 16 MiB by default.
    pub cache_bytes: usize,
    /// How long to wait for another process to let go of the file; 5 s by default, because a rolling restart overlaps.
    pub lock_wait: Duration,
    /// Files up to this many bytes are read as a whole when they are opened, and every page's checksum is compared;
    /// 32 MiB by default. In a longer file damage is found only where a record is read.
    pub check_up_to: u64,
    /// After a failed write, sync or read: how long after a failed attempt to open the file anew the next one is made;
    /// 1 s by default. The first is made at once; without a period there is none.
    pub reopen_every: Option<Duration>,
}

impl RedbSettings {
    /// The defaults, for this file.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            cache_bytes: 16 << 20,
            lock_wait: Duration::from_secs(5),
            check_up_to: 32 << 20,
            reopen_every: Some(Duration::from_secs(1)),
        }
    }
}

/// Why a [`RedbStore`](crate::RedbStore) was not opened. The file is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no file, and making an empty one would forget every revocation.
    #[error("there is no store at {}: check the path, or create the store explicitly", .0.display())]
    Missing(PathBuf),
    /// Others than the file's owner could write to it, or have it written elsewhere.
    #[error("the store {} is not safe: {why}", path.display())]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        why: &'static str,
    },
    /// Another process, or another store of this one, has the file open.
    #[error("the store {} is in use by another process (waited {waited:?})", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// For how long it was tried.
        waited: Duration,
    },
    /// The file is empty, or something else than a store.
    #[error("{} is not a store: {why}", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        why: &'static str,
    },
    /// The file is a store, but a damaged one: restore a backup.
    #[error("the store {} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What redb says.
        reason: String,
    },
    /// The file is a backup: grants that have ended since it was made would be good again.
    #[error("{} is a backup: restore it instead of using it", .0.display())]
    Backup(PathBuf),
    /// A newer program has written the file.
    #[error(
        "the store {} has schema {found}, this program knows {known}: it was written by {written_by}, use that version or a newer one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's schema.
        found: u32,
        /// This program's schema.
        known: u32,
        /// The version of the program that wrote it.
        written_by: String,
    },
    /// The operating system refused.
    #[error("cannot open the store {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl OpenError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
