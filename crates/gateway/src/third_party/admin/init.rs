//! `storage init`, and the store of a built-in account: the ways to a state file where there was none.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use storage::{OpenError, RedbSettings, RedbStore};
use token_manager::KeyRingError;

use crate::{
    config::{Loaded, StorageSettings, write_master_key},
    third_party::state::{OpenStateError, begin_in, make_store},
};

/// Why no state file was made.
#[derive(Debug, thiserror::Error)]
pub enum InitFailure {
    /// The configuration keeps its state nowhere.
    #[error("the configuration has no `third_party.storage` in a file or a database")]
    Nowhere,
    /// There is one, which was not touched.
    #[error("there is a state file at {}, which stays as it is", .0.display())]
    Exists(PathBuf),
    /// A gateway has been in the database, which was not touched.
    #[error("a gateway has been in the database, which stays as it is")]
    InUse,
    /// The master key.
    #[error(transparent)]
    KeyRing(#[from] KeyRingError),
    /// The file or the database.
    #[error("there is no state yet, and none can be made")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where an empty state was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// In this file.
    File(PathBuf),
    /// In the database.
    Database,
}

/// Makes the empty state that `loaded` names, for its master key alone, and answers where it is.
///
/// # Errors
/// [`InitFailure`]; what was there is as it was.
pub async fn init(loaded: &Loaded) -> Result<Made, InitFailure> {
    let third_party = loaded.third_party().ok_or(InitFailure::Nowhere)?;
    let ring = third_party.key_ring()?;
    let failed = |error: OpenStateError| InitFailure::Open(Box::new(error));
    match third_party.storage() {
        StorageSettings::Memory => Err(InitFailure::Nowhere),
        StorageSettings::Redb(redb) => {
            let made = make_store(&redb, &ring).await.map_err(failed)?;
            if made { Ok(Made::File(redb.path)) } else { Err(InitFailure::Exists(redb.path)) }
        }
        StorageSettings::Shared(database) => {
            let made = begin_in(&database, &ring).await.map_err(failed)?;
            if made { Ok(Made::Database) } else { Err(InitFailure::InUse) }
        }
    }
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
