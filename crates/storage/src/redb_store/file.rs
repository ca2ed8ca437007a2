//! The file itself: who may touch it, and how it comes to be.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use redb::backends::FileBackend;

use super::settings::OpenError;

/// Opens the file, if nobody but its owner can write to it or lead us elsewhere.
pub(super) fn open(path: &Path) -> Result<File, OpenError> {
    let seen = fs::symlink_metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => OpenError::Missing(path.to_owned()),
        _ => OpenError::io(path)(error),
    })?;
    refuse_unsafe(path, &seen)?;
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(OpenError::io(path))?;
    let opened = file.metadata().map_err(OpenError::io(path))?;
    if !is_same(&seen, &opened) {
        return Err(OpenError::Unsafe { path: path.to_owned(), why: "it was exchanged while it was opened" });
    }
    if opened.len() == 0 {
        return Err(OpenError::NotAStore { path: path.to_owned(), why: "it is empty" });
    }
    Ok(file)
}

/// Makes a file that `initialize` has filled, for its owner alone. It appears under its name whole, or not at all;
/// `false` means that another process was faster.
pub(super) fn create(
    path: &Path,
    initialize: impl FnOnce(FileBackend) -> Result<(), redb::Error>,
) -> Result<bool, OpenError> {
    let unfinished = unfinished_name(path);
    let created = initialize_and_link(path, &unfinished, initialize);
    // It has its name by now, or is of no use.
    let _ = fs::remove_file(&unfinished);
    match created {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        other => other.map(|()| true).map_err(OpenError::io(path)),
    }
}

fn initialize_and_link(
    path: &Path,
    unfinished: &Path,
    initialize: impl FnOnce(FileBackend) -> Result<(), redb::Error>,
) -> io::Result<()> {
    let file = private().open(unfinished)?;
    initialize(FileBackend::new(file.try_clone()?).map_err(io::Error::other)?).map_err(io::Error::other)?;
    file.sync_all()?;
    fs::hard_link(unfinished, path)?;
    sync_folder(path)
}

fn unfinished_name(path: &Path) -> PathBuf {
    let unique = RandomState::new().hash_one(path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{unique:016x}.new"));
    path.with_file_name(name)
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    options
}

fn refuse_unsafe(path: &Path, seen: &Metadata) -> Result<(), OpenError> {
    let why = if seen.is_symlink() {
        "it is a symbolic link; name the file itself"
    } else if !seen.is_file() {
        "it is not a file"
    } else if is_open_to_others(seen) {
        "everybody may read it, or others than its owner may write to it; run chmod 600 on it"
    } else {
        return Ok(());
    };
    Err(OpenError::Unsafe { path: path.to_owned(), why })
}

#[cfg(unix)]
fn is_open_to_others(seen: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;

    seen.permissions().mode() & 0o026 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn is_same(seen: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    (seen.dev(), seen.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// Makes the file's name durable.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
