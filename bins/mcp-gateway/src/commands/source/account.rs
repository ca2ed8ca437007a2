use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use gateway::{
    config::{self, TokensOf},
    third_party::admin,
};

use crate::commands::{Failure, environment};

/// The built-in account of `public_url`, whose password hash and keys are in a folder that nobody else can read.
///
/// It is made with an empty state file if it is not there yet, and its password shown this once. A folder whose state
/// file is gone while its key is there gets no other one: `serve` refuses it.
pub(super) fn of(public_url: &str, state: Option<&Path>) -> Result<TokensOf, Failure> {
    let folder = match state {
        Some(folder) => folder.to_owned(),
        None => default_folder(public_url)?,
    };
    let told = |error: io::Error| Failure::asked(format!("{}: {error}", folder.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(told)?;
    admin::begin(&folder.join("master.key"), &folder.join("state.redb")).map_err(told)?;
    let file = folder.join("password-hash");
    let password_hash = match fs::read_to_string(&file) {
        Ok(hash) => hash.trim().to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => make(&file)?,
        Err(error) => return Err(told(error)),
    };
    Ok(TokensOf::Account { username: USERNAME.to_owned(), password_hash, folder })
}

/// Draws a password, shows it, and keeps its hash.
fn make(file: &Path) -> Result<String, Failure> {
    let (password, hash) = config::draw_password().map_err(Failure::asked)?;
    // Shown before it is kept: a hash whose password nobody saw would lock everybody out.
    writeln!(
        io::stderr(),
        "\nThis is shown once. To let a client in, sign in as\n\n    name      {USERNAME}\n    password  {password}\n\nTo have another password, remove {}.\n",
        file.display()
    )?;
    let mut hash_file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(hash_file, "{hash}")?;
    hash_file.sync_all()?;
    Ok(hash)
}

/// A folder for each public URL, so that two gateways do not share a store.
fn default_folder(public_url: &str) -> Result<PathBuf, Failure> {
    let base = environment("STATE_DIRECTORY")
        .filter(|it| !it.contains(':'))
        .map(PathBuf::from)
        .or_else(|| environment("XDG_STATE_HOME").map(|it| Path::new(&it).join("mcp-gateway")))
        .or_else(|| environment("HOME").map(|it| Path::new(&it).join(".local/state/mcp-gateway")))
        .filter(|it| it.is_absolute());
    let base = base.ok_or_else(|| Failure::asked("name a folder for the state with `--state`"))?;
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-');
    let name: String = public_url.chars().map(|it| if is_plain(it) { it } else { '_' }).collect();
    Ok(base.join(name))
}

const USERNAME: &str = "me";
