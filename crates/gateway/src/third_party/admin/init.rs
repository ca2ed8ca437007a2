//! `storage init`, and the store of a built-in account: the ways to a state file where there was none.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use storage::{OpenError, RedbSettings, RedbStore};
use token_manager::KeyRingError;

use crate::{
    config::{Loaded, StorageSettings, write_master_key},
    third_party::state::{OpenStateError, make_store},
};

/// Why no state file was made.
#[derive(Debug, thiserror::Error)]
pub enum InitFailure {
    /// The configuration keeps its state in no file.
    #[error("the configuration has no `third_party.storage` in a file")]
    NoFile,
    /// There is one, which was not touched.
    #[error("there is a state file at {}, which stays as it is", .0.display())]
    Exists(PathBuf),
    /// The master key.
    #[error(transparent)]
    KeyRing(#[from] KeyRingError),
    /// The file.
    #[error("the state file cannot be made")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Makes the empty state file that `loaded` names, for its master key alone, and answers where it is.
///
/// # Errors
/// [`InitFailure`]; a file that was there is as it was.
pub async fn init(loaded: &Loaded) -> Result<PathBuf, InitFailure> {
    let third_party = loaded.third_party().ok_or(InitFailure::NoFile)?;
    let StorageSettings::Redb(redb) = third_party.storage() else { return Err(InitFailure::NoFile) };
    let made = make_store(&redb, &third_party.key_ring()?).await;
    let made = made.map_err(|error: OpenStateError| InitFailure::Open(Box::new(error)))?;
    if made { Ok(redb.path) } else { Err(InitFailure::Exists(redb.path)) }
}

/// Makes a master key and an empty store beside it, unless there is a key: whoever has one may have had a store.
///
/// The store comes first, so that a process that ends in between has not made a key without one.
///
/// # Errors
/// What the operating system said of the store or the key; no key was made then.
pub fn begin(master_key: &Path, store: &Path) -> io::Result<()> {
    if master_key.symlink_metadata().is_ok() {
        return Ok(());
    }
    RedbStore::create(&RedbSettings::new(store)).map_err(|error| match error {
        OpenError::Io { source, .. } => source,
        other => io::Error::other(other),
    })?;
    match write_master_key(master_key) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
