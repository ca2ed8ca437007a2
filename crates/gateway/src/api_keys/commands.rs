//! What `mcp-gateway api-keys` does: it works on the file, whether a gateway runs or not.

use std::{path::Path, time::Duration};

use oauth_types::{Entropy, Scope, ScopeToken, UnixTime};
use serde::Serialize;

use super::{
    ApiKeyText, KeyId,
    file::{self, KeyFileError},
    last_use,
    record::KeyRecord,
};
use crate::config::{Config, Server};

/// Why a command on API keys fails.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// No server of this path, or none with `api_keys`.
    #[error("{0}")]
    Server(String),
    /// The scopes would not do for any request.
    #[error("every request to {path} needs the scopes `{missing}` too")]
    Scopes {
        /// The server.
        path: String,
        /// What is missing.
        missing: Scope,
    },
    /// The label is empty, too long, or holds control characters.
    #[error("a label has 1 to 100 characters, and no control characters")]
    Label,
    /// There is no such key.
    #[error("there is no key {0} here")]
    Unknown(KeyId),
    /// The file of the keys.
    #[error("the file {0}")]
    File(String, #[source] KeyFileError),
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What people call it: 1 to 100 characters.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<ScopeToken>,
    /// How long it is good; `None` for one without an end.
    pub lifetime: Option<Duration>,
}

/// A key that was made; its text is nowhere else.
#[derive(Debug, Serialize)]
pub struct AddedKey {
    /// Names it.
    pub id: KeyId,
    /// The server that takes it.
    pub server: String,
    /// From when on it is good no longer.
    pub expires_at: Option<UnixTime>,
    /// The key itself.
    #[serde(serialize_with = "expose")]
    pub key: ApiKeyText,
}

/// A key as it is listed.
#[derive(Debug, Serialize)]
pub struct ListedKey {
    /// Names it.
    pub id: KeyId,
    /// The server that takes it.
    pub server: String,
    /// What people call it.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<ScopeToken>,
    /// Whether it is good.
    pub state: KeyState,
    /// When it was made.
    pub created_at: UnixTime,
    /// From when on it is good no longer.
    pub expires_at: Option<UnixTime>,
    /// When it was used last, as far as a gateway has written that: with a delay of a minute.
    pub used_at: Option<UnixTime>,
}

/// Whether a key is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It is.
    Live,
    /// Its time is up.
    Expired,
    /// It was revoked.
    Revoked,
}

/// A key that is good no longer.
#[derive(Debug, Serialize)]
pub struct RevokedKey {
    /// Names it.
    pub id: KeyId,
    /// The server that took it.
    pub server: String,
    /// Whether it was revoked before.
    pub already: bool,
}

/// Makes a key for the server at `path`, or for the only one with `api_keys`.
///
/// # Errors
/// [`ApiKeyError`]; no key was made then.
pub fn add(
    config: &Config,
    path: Option<&str>,
    new: NewKey,
    now: UnixTime,
    entropy: &dyn Entropy,
) -> Result<AddedKey, ApiKeyError> {
    let (server, file) = the_one(config, path)?;
    check(server, &new)?;
    let text = ApiKeyText::draw(entropy);
    let record = KeyRecord {
        id: draw_id(entropy),
        label: new.label,
        digest: text.digest(),
        scopes: new.scopes,
        created_at: now,
        expires_at: new.lifetime.map(|it| now + it),
        revoked_at: None,
    };
    let (id, expires_at) = (record.id.clone(), record.expires_at);
    file::change(file, |keys| keys.push(record)).map_err(|it| named(file, it))?;
    Ok(AddedKey { id, server: server.path.to_string(), expires_at, key: text })
}

/// The keys of the server at `path`, or of all servers.
///
/// # Errors
/// [`ApiKeyError`].
pub fn list(config: &Config, path: Option<&str>, now: UnixTime) -> Result<Vec<ListedKey>, ApiKeyError> {
    let mut listed = Vec::new();
    for (server, file) in chosen(config, path)? {
        let used = last_use::read(file);
        for key in file::read(file).map_err(|it| named(file, it))?.unwrap_or_default() {
            listed.push(ListedKey {
                state: state(&key, now),
                used_at: used.get(&key.id).copied(),
                id: key.id,
                server: server.path.to_string(),
                label: key.label,
                scopes: key.scopes,
                created_at: key.created_at,
                expires_at: key.expires_at,
            });
        }
    }
    Ok(listed)
}

/// Ends the key `id`: a gateway that runs refuses it within seconds.
///
/// # Errors
/// [`ApiKeyError`].
pub fn revoke(
    config: &Config,
    path: Option<&str>,
    id: &KeyId,
    now: UnixTime,
) -> Result<RevokedKey, ApiKeyError> {
    for (server, file) in chosen(config, path)? {
        let found = file::change(file, |keys| {
            let key = keys.iter_mut().find(|it| it.id == *id);
            key.map(|it| it.revoked_at.replace(it.revoked_at.unwrap_or(now)).is_some())
        });
        if let Some(already) = found.map_err(|it| named(file, it))? {
            return Ok(RevokedKey { id: id.clone(), server: server.path.to_string(), already });
        }
    }
    Err(ApiKeyError::Unknown(id.clone()))
}

fn check(server: &Server, new: &NewKey) -> Result<(), ApiKeyError> {
    let length = new.label.chars().count();
    if !(1..=100).contains(&length) || new.label.chars().any(char::is_control) {
        return Err(ApiKeyError::Label);
    }
    let scope: Scope = new.scopes.iter().cloned().collect();
    let missing = scope.missing(&server.scopes.iter().cloned().collect());
    if missing.is_empty() {
        return Ok(());
    }
    Err(ApiKeyError::Scopes { path: server.path.to_string(), missing })
}

fn the_one<'a>(config: &'a Config, path: Option<&str>) -> Result<(&'a Server, &'a Path), ApiKeyError> {
    match chosen(config, path)?.as_slice() {
        [one] => Ok(*one),
        several => {
            let paths: Vec<_> = several.iter().map(|(server, _)| server.path.as_str()).collect();
            Err(ApiKeyError::Server(format!(
                "say for which server: `--server` and one of {}",
                paths.join(", ")
            )))
        }
    }
}

/// The servers with keys, or the one at `path`; at least one.
fn chosen<'a>(config: &'a Config, path: Option<&str>) -> Result<Vec<(&'a Server, &'a Path)>, ApiKeyError> {
    let with_keys = config.servers.iter().filter_map(|it| Some((it, it.api_keys.as_ref()?.file.as_path())));
    let chosen: Vec<_> =
        with_keys.filter(|(it, _)| path.is_none_or(|path| it.path.as_str() == path)).collect();
    if chosen.is_empty() {
        let which = path.map_or_else(|| "no server".to_owned(), |it| format!("no server at {it}"));
        return Err(ApiKeyError::Server(format!(
            "{which} takes API keys: set `api_keys = {{ file = … }}` in it"
        )));
    }
    Ok(chosen)
}

fn state(key: &KeyRecord, now: UnixTime) -> KeyState {
    match (key.revoked_at, key.expires_at) {
        (Some(_), _) => KeyState::Revoked,
        (None, Some(at)) if at <= now => KeyState::Expired,
        (None, _) => KeyState::Live,
    }
}

fn draw_id(entropy: &dyn Entropy) -> KeyId {
    let mut random = [0; 8];
    entropy.fill(&mut random);
    KeyId::of_number(u64::from_be_bytes(random))
}

fn named(file: &Path, error: KeyFileError) -> ApiKeyError {
    ApiKeyError::File(file.display().to_string(), error)
}

fn expose<S: serde::Serializer>(key: &ApiKeyText, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.expose())
}
