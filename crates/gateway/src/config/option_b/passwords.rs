use std::{fs::OpenOptions, io::Write, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use oauth_client::local::{Password, PasswordError};
use oauth_types::{Entropy, SystemEntropy};

/// The argon2id PHC string of a password, for `password_hash`.
///
/// # Errors
/// [`PasswordError`] for one that is too short or too long.
pub fn hash_password(password: String) -> Result<String, PasswordError> {
    let password = Password::new(password);
    oauth_client::local::hash_password(&password, &SystemEntropy).map(|it| it.to_phc())
}

/// A new password of 120 random bits that can be typed, and its hash.
///
/// # Errors
/// [`PasswordError`], which does not happen to a password of this length.
pub fn draw_password() -> Result<(String, String), PasswordError> {
    let mut bytes = [0; 15];
    SystemEntropy.fill(&mut bytes);
    let digits: Vec<String> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|[high, middle, low]| format!("{high:02x}{middle:02x}{low:02x}"))
        .collect();
    let password = digits.join("-");
    hash_password(password.clone()).map(|hash| (password, hash))
}

/// Writes a new master key into `path`, in base64, for nobody but the owner.
///
/// # Errors
/// When the file cannot be written, or is there already: another key could not open what that one has sealed.
pub fn write_master_key(path: &Path) -> std::io::Result<()> {
    let mut key = [0; 32];
    SystemEntropy.fill(&mut key);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", STANDARD.encode(key))?;
    file.sync_all()
}
