use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use crate::{
    check::{FindingCode, Findings},
    config::Config,
};

/// Whether lines can go where the configuration says, and whether the file can make room for itself.
///
/// The file is not made, nor is anything written to it: it is opened as it is, and its folder is tried with a file of
/// another name, which is removed at once.
pub(super) fn check(config: &Config, findings: &mut Findings) {
    let Some(path) = config.audit.as_ref().and_then(|it| it.file.as_deref()) else { return };
    let (code, error) = match (opens(path), folder_takes_files(path)) {
        (Err(error), _) | (Ok(State::Missing), Err(error)) => (FindingCode::AuditUnwritable, error),
        (Ok(State::Regular), Err(error)) => (FindingCode::AuditNotRotated, error),
        (Ok(State::Other), _) | (Ok(State::Missing | State::Regular), Ok(())) => return,
    };
    let message = format!("{}: {error}", path.display());
    findings.add(code, "audit.file", message);
}

/// What is there.
enum State {
    Missing,
    Regular,
    /// A pipe or a device, which is never renamed.
    Other,
}

fn opens(path: &Path) -> io::Result<State> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
        metadata => metadata?,
    };
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        // Opening a pipe would wait for whoever reads it.
        return Ok(State::Other);
    }
    OpenOptions::new().append(true).open(path)?;
    Ok(State::Regular)
}

fn folder_takes_files(path: &Path) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".check-{}", std::process::id()));
    let probe = PathBuf::from(name);
    File::create_new(&probe)?;
    fs::remove_file(probe)
}
