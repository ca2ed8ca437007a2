use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Environment, Secret,
    strength::{self, Strength},
};
use crate::config::{
    SecretSource,
    report::{KeyPath, Problem},
};

/// Opens what the configuration points at and remembers which files those were.
pub(super) struct Reader<'a> {
    environment: &'a dyn Environment,
    files: Vec<PathBuf>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a dyn Environment, configuration: Option<&Path>) -> Self {
        Self { environment, files: configuration.map(Path::to_owned).into_iter().collect() }
    }

    pub(super) fn into_files(self) -> Vec<PathBuf> {
        self.files
    }

    /// A file that anybody may read.
    pub(super) fn public(&mut self, key: &KeyPath, path: &Path) -> Result<String, Problem> {
        self.read(key, path, |_| Ok(()))
    }

    /// A file that nobody but its owner and group may read.
    pub(super) fn private(&mut self, key: &KeyPath, path: &Path) -> Result<String, Problem> {
        self.read(key, path, check_mode)
    }

    /// The text that `source` points at, without its final line break.
    pub(super) fn text(&mut self, key: &KeyPath, source: &SecretSource) -> Result<String, Problem> {
        match source {
            SecretSource::File(path) => Ok(without_line_break(self.private(&key.key("file"), path)?)),
            SecretSource::Env(name) => self.environment.variable(name).ok_or_else(|| {
                Problem::new(
                    key.key("env"),
                    format!("the environment variable `{name}` is not set, or is no UTF-8 text"),
                )
            }),
        }
    }

    /// The text that `source` points at; that of a file which is no text in base64.
    pub(super) fn key_text(&mut self, key: &KeyPath, source: &SecretSource) -> Result<String, Problem> {
        let SecretSource::File(path) = source else { return self.text(key, source) };
        let bytes = self.bytes(&key.key("file"), path, check_mode)?;
        let text = String::from_utf8(bytes);
        Ok(text.map_or_else(|error| STANDARD.encode(error.as_bytes()), without_line_break))
    }

    /// A secret that nobody could guess.
    pub(super) fn secret(
        &mut self,
        key: &KeyPath,
        source: &SecretSource,
        strength: Strength,
    ) -> Result<Secret, Problem> {
        let secret = Secret::new(self.text(key, source)?);
        strength::check(secret.expose(), strength).map_err(|message| Problem::new(key.clone(), message))?;
        Ok(secret)
    }

    /// The same for a key that may be left out.
    pub(super) fn secret_if_any(
        &mut self,
        key: &KeyPath,
        source: Option<&SecretSource>,
        strength: Strength,
    ) -> Result<Option<Secret>, Problem> {
        source.map(|it| self.secret(key, it, strength)).transpose()
    }

    /// A variable of the environment that is no secret.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.environment.variable(name)
    }

    fn read(
        &mut self,
        key: &KeyPath,
        path: &Path,
        check: fn(&Metadata) -> Result<(), String>,
    ) -> Result<String, Problem> {
        String::from_utf8(self.bytes(key, path, check)?).map_err(|_| {
            let message = "is no text: write PEM, JSON, or a secret in base64 or hex";
            Problem::new(key.clone(), format!("{}: {message}", path.display()))
        })
    }

    fn bytes(
        &mut self,
        key: &KeyPath,
        path: &Path,
        check: fn(&Metadata) -> Result<(), String>,
    ) -> Result<Vec<u8>, Problem> {
        let refuse = |message: String| Problem::new(key.clone(), format!("{}: {message}", path.display()));
        let bytes = read_file(path, check).map_err(refuse)?;
        if !self.files.iter().any(|it| it == path) {
            self.files.push(path.to_owned());
        }
        Ok(bytes)
    }
}

/// What a file holds that nobody but its owner and group may read.
///
/// # Errors
/// Why it cannot be read, or who else may.
pub(crate) fn read_private(path: &Path) -> Result<Vec<u8>, String> {
    read_file(path, check_mode)
}

fn read_file(path: &Path, check: fn(&Metadata) -> Result<(), String>) -> Result<Vec<u8>, String> {
    let say = |error: io::Error| error.to_string();
    // Asked before opening, because opening a pipe would wait for its writer.
    if !fs::metadata(path).map_err(say)?.is_file() {
        return Err("is no regular file".to_owned());
    }
    let file = File::open(path).map_err(say)?;
    check(&file.metadata().map_err(say)?)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(say)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("is larger than 4 MiB".to_owned());
    }
    Ok(bytes)
}

#[cfg(unix)]
fn check_mode(metadata: &Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;

    let mode = metadata.permissions().mode() & 0o777;
    // The group may read: that is how secrets are mounted into containers.
    let too_open = mode & !0o740;
    if too_open == 0 {
        return Ok(());
    }
    Err(format!("has mode {mode:04o}, so others than its owner and group may use it: run `chmod 600` on it"))
}

#[cfg(not(unix))]
fn check_mode(_: &Metadata) -> Result<(), String> {
    Ok(())
}

fn without_line_break(mut text: String) -> String {
    let length = text.strip_suffix('\n').map_or(text.len(), |it| it.strip_suffix('\r').unwrap_or(it).len());
    text.truncate(length);
    text
}

/// More than any bundle of certificates needs.
const MOST_BYTES: u64 = 4 << 20;
