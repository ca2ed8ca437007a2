//! `storage backup`, and what is done with backups while no gateway uses the store.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::Router;
use oauth_server::Registrations;
use session_binding::{BrowserSessions, ThirdPartySessions};
use storage::{OpenError, RedbSettings, RedbStore, RestoreError, Restored, Table};
use token_manager::{Grants, KeyRing, SigningKeys, ThirdPartyIdentities, ThirdPartyTokens};

use super::{
    State,
    answers::{Refused, Reporter, route},
    command,
    protocol::{BackedUp, BackupTo},
};

pub(super) fn routes() -> Router<State> {
    route(command::BACK_UP, back_up)
}

async fn back_up(state: State, to: BackupTo, _: Reporter) -> Result<BackedUp, Refused> {
    let BackupTo { path } = to;
    let Some(file) = &state.file else {
        let why =
            "the state is in no file: back a database up by its own means, and what is in memory cannot be";
        return Err(Refused(why.to_owned()));
    };
    if !path.is_absolute() {
        return Err(Refused(format!("{} is no absolute path", path.display())));
    }
    let records = file.backup(&path).await?;
    tracing::info!(target: "audit", { backup.path = %path.display(), backup.records = records }, "the operator made a backup");
    Ok(BackedUp { records })
}

/// What a file holds, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Records of each table.
    pub tables: BTreeMap<String, u64>,
    /// What is wrong; nothing in a sound file.
    pub problems: Vec<String>,
}

/// Looks at everything in a store that no gateway uses, or in a backup; the file is not touched.
///
/// # Errors
/// When it cannot be opened, which is how most damage shows.
pub fn verify(path: &Path) -> Result<Verdict, OpenError> {
    let verified = RedbStore::verify(&settings(path), &KNOWN)?;
    let tables = verified.tables.into_iter().map(|(name, it)| (name, it.records)).collect();
    Ok(Verdict { tables, problems: verified.problems })
}

/// Why nothing was restored; the store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFailure {
    /// A gateway uses the store.
    #[error("a gateway uses {}: stop it first", .0.display())]
    InUse(PathBuf),
    /// There is a store, and nobody said that it may be replaced.
    #[error("there is a store at {}: `--replace` moves it aside", .0.display())]
    Exists(PathBuf),
    /// The name under which it would be moved aside is taken.
    #[error("{} is there already: move it away", .0.display())]
    Aside(PathBuf),
    /// The backup.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The operating system refused.
    #[error("cannot move {}", path.display())]
    Move {
        /// What.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// Puts what `backup` holds in the place of the store at `store`, without grants and sign-ins unless `keep_grants`.
///
/// Grants that have ended since the backup was made are good in it, and nobody can tell which these are: so all of
/// them, the sign-ins that they rest on, and third-party tokens stay behind, and everybody signs in again.
/// Clients stay registered. A store that is there is moved aside, with `.replaced` at the end of its name, if
/// `replace`. Blocks, for as long as reading and writing takes.
///
/// # Errors
/// [`RestoreFailure`].
pub fn restore(
    backup: &Path,
    store: &Path,
    keep_grants: bool,
    replace: bool,
) -> Result<Restored, RestoreFailure> {
    let (new, aside) = (with_end(store, ".restored"), with_end(store, ".replaced"));
    let is_there = store.symlink_metadata().is_ok();
    if is_there {
        if matches!(RedbStore::look(&settings(store)), Err(OpenError::Locked { .. })) {
            return Err(RestoreFailure::InUse(store.to_owned()));
        }
        if !replace {
            return Err(RestoreFailure::Exists(store.to_owned()));
        }
        if aside.symlink_metadata().is_ok() {
            return Err(RestoreFailure::Aside(aside));
        }
    }
    let without: &[Table] = if keep_grants { &[BrowserSessions::TABLE] } else { &OF_GRANTS };
    let restored = RedbStore::restore(&settings(backup), &new, without)?;
    if is_there {
        rename(store, &aside)?;
    }
    rename(&new, store)?;
    Ok(restored)
}

fn rename(from: &Path, to: &Path) -> Result<(), RestoreFailure> {
    fs::rename(from, to).map_err(|source| RestoreFailure::Move { path: from.to_owned(), source })
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(end);
    name.into()
}

fn settings(path: &Path) -> RedbSettings {
    RedbSettings { lock_wait: LET_GO_WITHIN, ..RedbSettings::new(path) }
}

/// A gateway that uses the file does not let go of it, and one that ends does at once; a process that is just being
/// started has it for a moment, too.
pub(crate) const LET_GO_WITHIN: Duration = Duration::from_millis(250);

/// What may have ended since a backup was made.
const OF_GRANTS: [Table; 5] = [
    Grants::TABLE,
    ThirdPartySessions::TABLE,
    ThirdPartyTokens::TABLE,
    ThirdPartyIdentities::TABLE,
    BrowserSessions::TABLE,
];
const KNOWN: [Table; 8] = [
    Grants::TABLE,
    ThirdPartySessions::TABLE,
    ThirdPartyTokens::TABLE,
    ThirdPartyIdentities::TABLE,
    BrowserSessions::TABLE,
    SigningKeys::TABLE,
    KeyRing::TABLE,
    Registrations::TABLE,
];
