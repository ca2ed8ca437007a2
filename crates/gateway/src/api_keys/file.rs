//! The file with the digests of keys: JSON, for nobody but its owner, replaced whole.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::record::KeyRecord;
use crate::config;

/// The file as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    version: u32,
    keys: Vec<KeyRecord>,
}

/// Why a file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read, or others may read or change it.
    #[error("{0}")]
    Unreadable(String),
    /// It is no file of keys.
    #[error("is no file of keys: {0}")]
    Malformed(#[source] serde_json::Error),
    /// It was written by a later version of this program.
    #[error("has version {0}, and this program knows version 1")]
    Version(u32),
    /// Two keys have one id, or one digest.
    #[error("holds the key {0} twice")]
    Twice(String),
    /// It cannot be written.
    #[error("cannot be written")]
    Write(#[from] io::Error),
}

/// The keys of the file at `path`; `None` if there is no such file yet.
///
/// # Errors
/// All of [`KeyFileError`] but [`KeyFileError::Write`].
pub(crate) fn read(path: &Path) -> Result<Option<Vec<KeyRecord>>, KeyFileError> {
    match read_bytes(path)? {
        None => Ok(None),
        Some(bytes) => parse(&bytes).map(Some),
    }
}

/// The bytes of the file at `path`, which nobody but its owner and group may read.
pub(super) fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, KeyFileError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        _ => config::read_private(path).map(Some).map_err(KeyFileError::Unreadable),
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<KeyRecord>, KeyFileError> {
    let contents: Contents = serde_json::from_slice(bytes).map_err(KeyFileError::Malformed)?;
    if contents.version != VERSION {
        return Err(KeyFileError::Version(contents.version));
    }
    let (mut ids, mut digests) = (HashSet::new(), HashSet::new());
    match contents.keys.iter().find(|it| !ids.insert(&it.id) || !digests.insert(it.digest)) {
        Some(key) => Err(KeyFileError::Twice(key.id.to_string())),
        None => Ok(contents.keys),
    }
}

/// Reads the keys, lets `change` work on them, and writes them back; no other process can come between.
///
/// # Errors
/// Those of [`read`], and [`KeyFileError::Write`].
pub(super) fn change<T>(
    path: &Path,
    change: impl FnOnce(&mut Vec<KeyRecord>) -> T,
) -> Result<T, KeyFileError> {
    let lock = lock(path)?;
    let mut keys = read(path)?.unwrap_or_default();
    let outcome = change(&mut keys);
    let text = serde_json::to_vec_pretty(&Contents { version: VERSION, keys });
    replace(path, &text.map_err(|it| KeyFileError::Write(it.into()))?)?;
    drop(lock);
    Ok(outcome)
}

/// Puts `bytes` at `path` in one step: whoever reads sees all of the old or all of the new.
///
/// A file that was there keeps its owner, group and mode, so that the gateway can read what somebody else has changed.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(path, &format!("{}.new", std::process::id()));
    let outcome = write_new(&new, path, bytes).and_then(|()| fs::rename(&new, path));
    if outcome.is_err() {
        fs::remove_file(&new).ok();
        return outcome;
    }
    File::open(path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new(".")))?.sync_all()
}

fn write_new(new: &Path, old: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::remove_file(new).ok();
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(new)?;
    keep_owner(&file, old)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn lock(path: &Path) -> io::Result<File> {
    let file =
        private(OpenOptions::new().write(true).create(true).truncate(false)).open(beside(path, "lock"))?;
    file.lock()?;
    Ok(file)
}

/// `path` with `.suffix` at its end.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn keep_owner(new: &File, old: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let Ok(old) = fs::metadata(old) else { return Ok(()) };
    let mine = new.metadata()?;
    if (mine.uid(), mine.gid()) != (old.uid(), old.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid()))?;
    }
    new.set_permissions(fs::Permissions::from_mode(old.mode() & 0o640))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

const VERSION: u32 = 1;
