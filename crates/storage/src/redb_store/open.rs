use std::{
    fs::File,
    io,
    panic::{self, AssertUnwindSafe},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use redb::{Builder, Database, StorageBackend};

use super::{
    file,
    held::Held,
    migration,
    overlay::Overlay,
    reopen::Open,
    schema::{self, Found},
    settings::{OpenError, RedbSettings},
};

/// A database that was found good, and where its revisions go on.
pub(super) struct Opened {
    pub(super) db: Database,
    pub(super) revision_limit: u64,
}

/// Opens the file, waiting for another process to let go of it.
///
/// First it is opened with all writes kept in memory, and brought from an older schema there; only if it is a sound
/// store then, it is opened for real. So a file that is refused has not been touched, not even by a repair.
///
/// What opens it again comes with it; the file stays locked for as long as either is there.
pub(super) fn open(settings: &RedbSettings) -> Result<(Opened, Open), OpenError> {
    let its_settings = settings.clone();
    let (opened, file) = patiently(settings, || {
        let file = file::open(&settings.path)?;
        Ok((open_file(settings, &file)?, file))
    })?;
    Ok((opened, Box::new(move || open_file(&its_settings, &file))))
}

fn open_file(settings: &RedbSettings, file: &File) -> Result<Opened, OpenError> {
    open_backends(settings, || held(settings, file))
}

fn held(settings: &RedbSettings, file: &File) -> Result<Held, OpenError> {
    Held::of(file).map_err(OpenError::io(&settings.path))
}

fn look_at(settings: &RedbSettings, backups: Backups) -> Result<Opened, OpenError> {
    patiently(settings, || inspect(settings, backups, held(settings, &file::open(&settings.path)?)?))
}

/// Opens the file with all writes kept in memory, for as long as it is open.
pub(super) fn look(settings: &RedbSettings) -> Result<Opened, OpenError> {
    look_at(settings, Backups::Refused)
}

/// [`look`] at a store or a backup of one.
pub(super) fn look_at_any(settings: &RedbSettings) -> Result<Opened, OpenError> {
    look_at(settings, Backups::Welcome)
}

/// Whether a backup will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backups {
    Refused,
    Welcome,
}

/// Tries for as long as another process has the file, up to the limit of the settings.
fn patiently<T>(
    settings: &RedbSettings,
    open_once: impl Fn() -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    let started = Instant::now();
    loop {
        match open_once() {
            Err(OpenError::Locked { path, .. }) => {
                let waited = started.elapsed();
                if waited >= settings.lock_wait {
                    return Err(OpenError::Locked { path, waited });
                }
                thread::sleep(RETRY.min(settings.lock_wait));
            }
            outcome => return outcome,
        }
    }
}

/// Makes the file if there is none, and tells whether it did. It does nothing to a file that is there.
pub(super) fn create(settings: &RedbSettings) -> Result<bool, OpenError> {
    match settings.path.symlink_metadata() {
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(OpenError::io(&settings.path)(error)),
    }
    file::create(&settings.path, |backend| initialize(settings, backend))
}

/// Makes a store of an empty backend; does nothing to another.
#[cfg(feature = "contract")]
pub(super) fn fill(settings: &RedbSettings, backend: impl StorageBackend) -> Result<(), OpenError> {
    let path = &settings.path;
    match backend.len().map_err(OpenError::io(path))? {
        0 => initialize(settings, backend).map_err(|error| refusal(path, error)),
        _ => Ok(()),
    }
}

fn initialize(settings: &RedbSettings, backend: impl StorageBackend) -> Result<(), redb::Error> {
    let db = Builder::new().set_cache_size(settings.cache_bytes).create_with_backend(backend)?;
    schema::create(&db)?;
    db.close()?;
    Ok(())
}

/// Opens what `backend` gives; it is asked twice, for the look and for the use.
pub(super) fn open_backends<B: StorageBackend>(
    settings: &RedbSettings,
    backend: impl Fn() -> Result<B, OpenError>,
) -> Result<Opened, OpenError> {
    drop(inspect(settings, Backups::Refused, backend()?)?);
    let mut builder = Builder::new();
    builder.set_cache_size(settings.cache_bytes);
    builder.set_check_integrity_on_open(false);
    open_checked(&settings.path, Backups::Refused, &builder, backend()?)
}

fn inspect(
    settings: &RedbSettings,
    backups: Backups,
    backend: impl StorageBackend,
) -> Result<Opened, OpenError> {
    let path = &settings.path;
    let overlay = Overlay::over(backend).map_err(OpenError::io(path))?;
    let len = overlay.len().map_err(OpenError::io(path))?;
    let mut builder = Builder::new();
    builder.set_cache_size(settings.cache_bytes);
    builder.set_check_integrity_on_open(len <= settings.check_up_to);
    open_checked(path, backups, &builder, overlay)
}

/// redb panics on some damage; here that is an answer like any other.
fn open_checked(
    path: &Path,
    backups: Backups,
    builder: &Builder,
    backend: impl StorageBackend,
) -> Result<Opened, OpenError> {
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| open_and_read(builder, backend)));
    let (db, found) = outcome
        .unwrap_or_else(|_| Err(redb::Error::Corrupted("its pages make no sense".to_owned())))
        .map_err(|error| refusal(path, error))?;
    match found {
        Found::Current { revision_limit } => Ok(Opened { db, revision_limit }),
        Found::Backup { revision_limit } if backups == Backups::Welcome => Ok(Opened { db, revision_limit }),
        Found::Backup { .. } => Err(OpenError::Backup(path.to_owned())),
        Found::Newer { schema: found, written_by } => {
            let written_by = written_by.unwrap_or_else(|| "an unknown version".to_owned());
            Err(OpenError::Newer { path: path.to_owned(), found, known: schema::SCHEMA, written_by })
        }
        Found::Older { .. } | Found::Foreign => {
            Err(OpenError::NotAStore { path: path.to_owned(), why: "it is a database of another program" })
        }
    }
}

fn open_and_read(builder: &Builder, backend: impl StorageBackend) -> Result<(Database, Found), redb::Error> {
    let db = builder.create_with_backend(backend)?;
    let found = match schema::read(&db)? {
        Found::Older { schema } => {
            migration::migrate(&db, schema)?;
            schema::read(&db)?
        }
        other => other,
    };
    Ok((db, found))
}

fn refusal(path: &Path, error: redb::Error) -> OpenError {
    let path = path.to_owned();
    match error {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
            OpenError::Locked { path, waited: Duration::ZERO }
        }
        redb::Error::UpgradeRequired(_) => {
            OpenError::NotAStore { path, why: "it is a redb file of an old format" }
        }
        redb::Error::Io(source) => match source.kind() {
            io::ErrorKind::InvalidData => OpenError::NotAStore { path, why: "it is not a redb file" },
            io::ErrorKind::UnexpectedEof => {
                OpenError::Damaged { path, reason: "it ends too early".to_owned() }
            }
            _ => OpenError::Io { path, source },
        },
        other => OpenError::Damaged { path, reason: other.to_string() },
    }
}

const RETRY: Duration = Duration::from_millis(50);
